from pathlib import Path

import pytest

from judgeline.config import Settings
from judgeline.config.errors import ConfigError
from judgeline.store.database import parse_url


def test_an_empty_environment_gives_the_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({})
    assert settings.home == tmp_path / "var"
    assert settings.config_file == tmp_path / "queues.toml"
    assert settings.database_url == f"sqlite:///{tmp_path / 'var' / 'judgeline.db'}"
    assert settings.redis_url == ""
    assert (settings.api_host, settings.api_port) == ("127.0.0.1", 8000)


def test_the_bundled_server_is_found_by_its_file(tmp_path):
    (tmp_path / "redis.url").write_text("unix:///x/redis.sock?db=0\n")
    environ = {"JUDGELINE_HOME": str(tmp_path)}
    assert Settings.from_environment(environ).redis_url == "unix:///x/redis.sock?db=0"
    assert Settings.from_environment(environ | {"REDIS_URL": "redis://h"}).redis_url == "redis://h"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REDIS_URL", "http://localhost"),
        ("REDIS_URL", "redis://:secret@localhost:port"),
        ("REDIS_URL", "redis://:secret@[::1"),
        ("SMTP_URL", "localhost:25"),
        ("API_PORT", "0"),
        ("API_PORT", "65536"),
        ("API_PORT", "80 80"),
        ("API_PORT", "²"),
    ],
)
def test_a_wrong_variable_is_named(variable, value):
    with pytest.raises(ConfigError) as caught:
        Settings.from_environment({variable: value})
    assert caught.value.key == variable
    assert "secret" not in str(caught.value)


def test_a_relative_home_is_fixed_at_the_start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({"JUDGELINE_HOME": "data"})
    monkeypatch.chdir("/")
    assert settings.home == Path(tmp_path / "data")


def test_a_home_that_is_a_file_has_no_bundled_server(tmp_path):
    (tmp_path / "file").write_text("")
    assert Settings.from_environment({"JUDGELINE_HOME": str(tmp_path / "file")}).redis_url == ""


def test_a_server_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "redis.url").mkdir()
    with pytest.raises(ConfigError, match=r"JUDGELINE_HOME: cannot read .*redis\.url"):
        Settings.from_environment({"JUDGELINE_HOME": str(tmp_path)})


def test_any_home_gives_a_database_address_that_means_it(tmp_path):
    home = tmp_path / "ho me%41#?"
    url = Settings.from_environment({"JUDGELINE_HOME": str(home)}).database_url
    assert parse_url(url).database == str(home / "judgeline.db")


@pytest.mark.parametrize(("host", "address"), [("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80")])
def test_the_api_has_an_address(host, address):
    assert Settings.from_environment({"API_HOST": host, "API_PORT": "80"}).api_address == address
