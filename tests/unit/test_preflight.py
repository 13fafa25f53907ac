import msgspec
import pytest

from judgeline import preflight
from judgeline.config import Settings, load_config
from judgeline.config.errors import ConfigError


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "queues.toml"
    path.write_text("[queues.submissions]\nhandler = 'judge'\n[queues.emails]\nhandler = 'email'\n")
    return load_config(path)


def test_the_defaults_are_good(config):
    preflight.check(Settings.from_environment({}), config)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REDIS_URL", "redis://:secret@h?socket_timeout=soon"),
        ("DATABASE_URL", "mysql://u:secret@h/judge"),
        ("DATABASE_URL", "postgresql://u:secret@h:port/judge"),
        ("SMTP_URL", "smtp://u:secret@h?tls=perhaps"),
        ("SMTP_URL", "smtp://u:secret@h?tls=none"),
    ],
)
def test_a_variable_that_its_part_refuses_is_named(config, variable, value):
    with pytest.raises(ConfigError) as caught:
        preflight.check(Settings.from_environment({variable: value}), config)
    assert caught.value.key == variable
    assert "secret" not in str(caught.value)


def test_a_sender_that_is_no_address_is_named(config):
    config = msgspec.structs.replace(config, mail=msgspec.structs.replace(config.mail, sender="nobody"))
    with pytest.raises(ConfigError, match=r"mail\.sender"):
        preflight.check(Settings.from_environment({}), config)


def test_a_table_of_languages_that_is_not_there_is_named(config):
    config = msgspec.structs.replace(
        config, judge=msgspec.structs.replace(config.judge, languages="none.toml")
    )
    with pytest.raises(ConfigError, match=r"judge\.languages: .*none\.toml"):
        preflight.check(Settings.from_environment({}), config)
