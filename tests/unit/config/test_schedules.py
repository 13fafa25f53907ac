"""What [schedules.*] of queues.toml may say, and where the errors point."""

import re

import pytest

from judgeline.config import load_config
from judgeline.config.errors import ConfigError
from judgeline.config.schedules import schedules_of

QUEUES = """
[queues.submissions]
handler = "judge"
[queues.emails]
handler = "email"
max_payload_bytes = 50
[queues.emails.priorities]
urgent = { weight = 4 }
quiet = { weight = 1 }
[schedules.first]
queue = "submissions"
cron = "@daily"
[schedules.digest]
"""
FIRST = QUEUES.count("\n") + 1  # the line after [schedules.digest]


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "queues.toml"
        path.write_text(QUEUES + text)
        return load_config(path)

    return load


def test_a_schedule_is_read_with_its_defaults(load):
    config = load('queue = "emails"\ncron = "0 8 * * mon-fri"\npayload = { kind = "email" }\n')
    [digest] = schedules_of(config, "emails")
    assert (digest.name, digest.priority, digest.timezone, digest.missed) == (
        "digest",
        "quiet",
        "UTC",
        "skip",
    )
    assert digest.payload == b'{"kind":"email"}'
    assert [one.name for one in schedules_of(config, "submissions")] == ["first"]


@pytest.mark.parametrize(
    ("text", "line", "key", "reason"),
    [
        ('queue = "emails"\ncron = "0 0 31 2 *"', 1, "cron", "never fires"),
        ('queue = "emails"\ncron = "@dayly"', 1, "cron", "did you mean '@daily'"),
        (
            'queue = "email"\ncron = "@daily"',
            0,
            "queue",
            "there is no [queues.email] (did you mean 'emails'?)",
        ),
        ('queue = "emails"\ncron = "@daily"\npriority = "quite"', 2, "priority", "did you mean 'quiet'"),
        (
            'queue = "emails"\ncron = "@daily"\ntimezone = "Europe/Berln"',
            2,
            "timezone",
            "did you mean 'Europe/Berlin'",
        ),
        ('queue = "emails"\ncrom = "@daily"', 1, "crom", "unknown key (did you mean 'cron'?)"),
        ('queue = "emails"\ncron = "@daily"\nmissed = "all"', 2, "missed", "Invalid enum value 'all'"),
        ('queue = "emails"\ncron = 5', 1, "cron", "Expected `str`"),
        ('queue = "emails"', -1, "", "missing required field `cron`"),
        ('queue = "emails"\ncron = "@daily"\npayload = { x = "' + "y" * 50 + '" }', 2, "payload", "takes 50"),
        (
            'queue = "emails"\ncron = "@daily"\n[schedules.digest.payload]\nx = "' + "y" * 50 + '"',
            2,
            "payload",
            "takes 50",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(load, tmp_path, text, line, key, reason):
    with pytest.raises(ConfigError) as error:
        load(text + "\n")
    path = "schedules.digest" + (f".{key}" if key else "")
    assert str(error.value).startswith(f"{tmp_path}/queues.toml:{FIRST + line}: {path}: ")
    assert reason in error.value.reason


def test_a_name_that_no_job_may_have_is_refused(load):
    with pytest.raises(ConfigError, match=re.escape("schedules")):
        load('queue = "emails"\ncron = "@daily"\n[schedules."a b"]\nqueue = "emails"\ncron = "@daily"\n')


def test_a_typo_in_the_second_queue_has_its_own_line(tmp_path):
    path = tmp_path / "queues.toml"
    first, second = (
        '[queues.submissions]\nhandler = "judge"\nfair = "off"\n',
        '[queues.emails]\nhandler = "email"\n',
    )
    path.write_text(first + second + "fair = 3\n")
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert error.value.source == f"{path}:6"
