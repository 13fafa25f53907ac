"""`judgeline doctor` on the queues' keys of a real server."""

import json

import pytest
from click.testing import CliRunner

from judgeline.cli import cli, doctor
from judgeline.cli import repair as repairing
from judgeline.queues.job import NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists import ListsEngine
from judgeline.queues.lists.audit import auditor
from judgeline.queues.options import PriorityOptions, QueueOptions

KEYS = Keys("submissions")


@pytest.fixture
def run(redis_url, tmp_path, monkeypatch):
    (tmp_path / "queues.toml").write_text(
        "[queues.submissions]\nhandler = 'judge'\n"
        "[queues.emails]\nhandler = 'email'\nengine = 'rq'\n"
        "[judge]\nproblems = 'none'\n"
    )
    monkeypatch.setenv("JUDGELINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUDGELINE_CONFIG", str(tmp_path / "queues.toml"))
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setattr(doctor, "diagnose", lambda _cache: [])
    monkeypatch.setattr(auditor.Auditor.__init__, "__kwdefaults__", {"between_s": 0})

    def invoke(*arguments, code=0):
        result = CliRunner().invoke(cli, ["doctor", *arguments])
        assert result.exit_code == code, result.output
        return result.output

    return invoke


@pytest.fixture
def engine(redis_client):
    engine = ListsEngine(redis_client, "submissions", QueueOptions(handler="judge"))
    engine.enqueue([NewJob(id=job_id, priority="low", payload=b"{}") for job_id in "abc"])
    return engine


def findings(run, code):
    return {
        finding["name"]: finding
        for finding in json.loads(run("--json", code=code))
        if "queue " in finding["name"]
    }


def test_a_sound_queue_is_said_to_be(run, engine):
    found = findings(run, 1)  # the problems are missing
    assert found["queue submissions"]["ok"]
    assert found["queue submissions"]["detail"] == "3 jobs, each in one place"
    assert "RQ" in found["queue emails"]["detail"]
    assert "3 jobs, each in one place" in run("--repair")


def test_faults_are_found_with_their_cure_and_mended(run, engine, redis_client):
    redis_client.delete(KEYS.waiting("low"))
    found = findings(run, 1)["queue submissions"]
    assert not found["ok"]
    assert "queued, but on no list (3 of them)" in found["detail"]
    assert found["cure"].endswith("judgeline doctor --repair")
    shown = run("--repair")
    assert "queue submissions: 3 mended, 0 left, of 3 jobs" in shown
    assert shown.count("queued, but on no list") == 3
    assert redis_client.llen(KEYS.waiting("low")) == 3
    assert findings(run, 1)["queue submissions"]["ok"]


def test_a_server_that_is_away_is_a_finding_only_where_one_was_named(run, monkeypatch, tmp_path):
    monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/nobody")
    found = findings(run, 1)
    assert not found["queue submissions"]["ok"]
    assert "cannot be reached" in found["queue submissions"]["detail"]
    monkeypatch.delenv("REDIS_URL")
    assert findings(run, 1) == {}
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "redis.url").write_text(f"unix://{tmp_path}/nobody")
    assert "queue submissions" not in findings(run, 1)


def test_repairs_as_json(run, engine, redis_client):
    redis_client.lrem(KEYS.waiting("low"), 0, "b")
    [audit] = json.loads(run("--repair", "--json"))
    assert audit["queue"] == "submissions"
    assert audit["faults"] == [{"kind": "job", "name": "b", "what": "queued, but on no list", "mended": True}]


def test_what_is_left_is_said_and_ends_with_1(run, engine, redis_client):
    redis_client.set(KEYS.named("notes"), "x")
    shown = run("--repair", code=1)
    assert "0 mended, 1 left" in shown
    assert "LEFT" in shown


def test_jobs_of_a_priority_that_is_gone_go_where_they_are_sent(run, redis_client):
    old = QueueOptions(handler="judge", priorities={"old": PriorityOptions(2), "low": PriorityOptions(1)})
    ListsEngine(redis_client, "submissions", old).enqueue([NewJob(id="a", priority="old", payload=b"{}")])
    assert "a priority that queues.toml does not name" in run("--repair", "--to", "high")
    assert redis_client.lrange(KEYS.waiting("high"), 0, -1) == [b"a"]


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--to", "low"], "--to goes with --repair"), (["--repair", "--to", "best"], "there are: high, low")],
)
def test_a_wrong_call_says_what_is_right(run, options, said):
    assert said in run(*options, code=2)


def test_many_faults_are_summed_up(run, engine, redis_client):
    for number in range(40):
        engine.enqueue([NewJob(id=f"j{number}", priority="low", payload=b"{}")])
    redis_client.delete(KEYS.waiting("low"))
    shown = run("--repair")
    assert "and 23 more; --json shows all" in shown
    assert repairing._SHOWN == 20
