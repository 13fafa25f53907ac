import json

import pytest
from click.testing import CliRunner

from judgeline.cli import cli
from judgeline.config import load_config
from judgeline.config.schedules import schedules_of
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.open import open_timetable
from workers.timekeeper import Timekeeper

QUEUES = """
[queues.submissions]
handler = "judge"
[queues.emails]
handler = "email"
"""
SCHEDULES = """
[schedules.digest]
queue = "emails"
cron = "0 8 * * *"
timezone = "Europe/Berlin"
[schedules.night]
queue = "submissions"
cron = "@daily"
priority = "high"
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("JUDGELINE_HOME", str(tmp_path))
    monkeypatch.setenv("JUDGELINE_CONFIG", str(tmp_path / "queues.toml"))
    monkeypatch.delenv("REDIS_URL", raising=False)
    (tmp_path / "queues.toml").write_text(QUEUES + SCHEDULES)
    return lambda *arguments: CliRunner().invoke(cli, ["schedules", *arguments])


def test_schedules_are_listed_with_the_slot_they_have_come_to_and_the_next(
    run, redis_url, tmp_path, monkeypatch
):
    monkeypatch.setenv("REDIS_URL", redis_url)
    config = load_config(tmp_path / "queues.toml")
    Timekeeper(
        open_timetable("emails", config.queues["emails"], redis_url), schedules_of(config, "emails")
    ).keep()
    night, digest = json.loads(run("--json").output)
    assert (night["name"], night["queue"], night["priority"], night["last"]) == (
        "night",
        "submissions",
        "high",
        None,
    )
    assert (digest["name"], digest["cron"], digest["timezone"]) == ("digest", "0 8 * * *", "Europe/Berlin")
    assert digest["last"] < digest["next"]
    assert night["next"].endswith("T00:00:00Z")
    table = run().output
    assert "0 8 * * *" in table
    assert digest["last"][:10] in table


def test_a_file_without_schedules_needs_no_server(run, tmp_path):
    (tmp_path / "queues.toml").write_text(QUEUES)
    result = run()
    assert (result.exit_code, result.output) == (0, "queues.toml has no schedules\n")
    assert json.loads(run("--json").output) == []


def test_without_a_server_it_says_what_to_do(run):
    assert isinstance(run().exception, QueueUnavailable)
