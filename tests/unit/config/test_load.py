import re
from pathlib import Path

import pytest

from judgeline.config import load_config
from judgeline.config.errors import ConfigError

GOOD = """
[queues.submissions]
handler = "judge"
[queues.emails]
handler = "email"
[queues.emails.priorities]
high = { weight = 4 }
low = { weight = 1 }
"""


@pytest.fixture
def load(tmp_path):
    def load(text: str):
        path = tmp_path / "queues.toml"
        path.write_text(text)
        return load_config(path)

    return load


def test_the_shipped_file_is_good():
    config = load_config(Path(__file__).parents[3] / "queues.toml")
    assert config.queues["submissions"].priorities["high"].weight == 10
    assert config.queues["submissions"].priorities["low"].weight == 3


def test_defaults_fill_what_is_left_out(load, tmp_path):
    config = load(GOOD)
    assert config.queues["submissions"].max_queued == 20_000
    assert config.queues["emails"].priorities["high"].weight == 4
    assert config.folder == str(tmp_path)


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (GOOD + "[api]\ntreads = 4\n", "api.treads", "did you mean 'threads'"),
        (GOOD + "[api]\nthreads = 'x'\n", "api.threads", "Expected `int`, got `str`"),
        (GOOD + "[nonsense]\nx = 1\n", "nonsense", "unknown key"),
        ("folder = '/'\n" + GOOD, "folder", "unknown key"),
        (GOOD.replace('"judge"', '"judge"\nmax_queued = 0'), "queues.submissions.max_queued", ">= 1"),
        (
            GOOD.replace('"judge"', '"judge"\nengine = "celery"'),
            "queues.submissions.engine",
            "Invalid enum value 'celery'",
        ),
        (GOOD.replace("weight = 4", "weight = -1"), "weight", ">= 1"),
        (
            GOOD.replace('"judge"', '"judge"\npriorities = {}'),
            "queues.submissions",
            "at least one",
        ),
        (GOOD.replace('"judge"', '"judge"\nmax_queued = 5'), "max_queued_per_user", "is over max_queued"),
        (GOOD.replace('"judge"', '"judge"\nmax_queued_bytes = 5'), "max_queued_bytes", "nothing would fit"),
        (GOOD + "[judge]\nqueue = 'submission'\n", "judge.queue", "did you mean 'submissions'"),
        (GOOD.replace('"judge"', '"jugde"'), "queues.submissions.handler", "did you mean 'judge'"),
        (GOOD + "[api]\ntrusted_proxies = ['proxy.example']\n", "api.trusted_proxies", "proxy.example"),
        ("[queues]\n", "queues", "no queue is defined"),
        (GOOD.replace("[queues.submissions]", "[queues.Sub]"), "queues", "matching regex"),
    ],
)
def test_a_wrong_file_is_refused_with_its_key_and_reason(load, text, key, reason):
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert key in caught.value.key
    assert reason in caught.value.reason
    assert "queues.toml" in str(caught.value)


def test_the_line_is_named(load):
    with pytest.raises(ConfigError) as caught:
        load("[queues.submissions]\nhandler = 'judge'\nmax_quued = 4\n[queues.emails]\nhandler = 'email'\n")
    assert caught.value.source.endswith("queues.toml:3")
    assert "max_queued" in caught.value.reason


def test_a_syntax_error_says_where(load):
    with pytest.raises(ConfigError, match=r"line 2"):
        load("[queues.submissions]\nhandler = \n")


def test_a_missing_file_says_which_variable_names_another(tmp_path):
    with pytest.raises(ConfigError, match=re.escape(str(tmp_path / "none.toml")) + ".*JUDGELINE_CONFIG"):
        load_config(tmp_path / "none.toml")


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    path = tmp_path / "queues.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="utf-8"):
        load_config(path)
