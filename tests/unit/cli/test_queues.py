import json

import pytest
from click.testing import CliRunner

from judgeline.cli import cli, drain, queues
from judgeline.cli.drain import Remaining
from judgeline.cli.screens import size, stage
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueFull, QueueUnavailable
from judgeline.queues.job import NewJob
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions
from judgeline.store.errors import StoreError


@pytest.fixture
def engines(monkeypatch):
    made = {
        name: MemoryEngine(name, QueueOptions(handler="noop", store=False))
        for name in ("submissions", "emails")
    }
    monkeypatch.setattr(queues, "open_engines", lambda names=(): {name: made[name] for name in names or made})
    return made


def run(*arguments, code=0):
    result = CliRunner().invoke(cli, ["queues", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def put(engine, *ids, priority="low"):
    for job_id in ids:
        engine.enqueue([NewJob(id=job_id, priority=priority, payload=b"{}")])


def test_the_screen_fits_80_columns_and_says_it_all(engines):
    engine = engines["submissions"]
    job_id = "01a20c05-a6ff-7a92-8497-5c2b6384d483"
    put(engine, job_id, priority="high")
    put(engine, *(f"j{number}" for number in range(900)))
    claim = engine.claim("host-12-1", 1)
    engine.progress(claim, b'{"stage": "testing", "test": 7, "tests_total": 40}')
    engine.pause("low")
    shown = run()
    assert max(map(len, shown.splitlines())) <= 80
    for words in (job_id, "testing 7/40", "low (paused)", "900", "1.8 K", "15.0", "emails"):
        assert words in shown, words
    assert "submissions: low is paused" in shown


def test_every_queue_as_json(engines):
    put(engines["submissions"], "a")
    engines["submissions"].claim("w", 1)
    told = json.loads(run("--json"))
    assert list(told) == ["submissions", "emails"]
    assert told["submissions"]["stats"]["running"] == 1
    [worker] = told["submissions"]["workers"]
    assert (worker["name"], worker["job"], worker["attempt"]) == ("w", "a", 1)


def test_a_server_that_is_away_is_a_reason_and_no_traceback(engines, monkeypatch):
    put(engines["submissions"], "a")
    asked = []

    def away():
        asked.append(1)
        raise QueueUnavailable("queue emails: Redis cannot be reached: refused")

    monkeypatch.setattr(engines["emails"], "stats", away)
    shown = run(code=3)
    assert "emails: Redis cannot be reached: refused" in shown
    assert "submissions" in shown
    told = json.loads(run("--json", code=3))
    assert told["emails"]["away"] == "Redis cannot be reached: refused"
    assert told["emails"]["stats"] is None


def test_one_server_that_is_away_is_waited_for_once(engines, monkeypatch):
    asked = []

    def away():
        asked.append(1)
        raise QueueUnavailable("gone")

    for engine in engines.values():
        monkeypatch.setattr(engine, "stats", away)
    assert run(code=3).count("gone") == 2
    assert len(asked) == 1


def test_the_help_teaches_the_words(engines):
    told = run("--help")
    for word in ("waiting", "oldest", "in/s", "retried", "crashed", "drain", "pause", "Ctrl-C"):
        assert word in told


def test_a_drain_closes_waits_and_says_how_to_open(engines, monkeypatch):
    engine = engines["submissions"]
    put(engine, "a", "b")
    claim = engine.claim("w", 1)

    def work(_seconds):
        nonlocal claim
        if claim:
            _, claim = engine.finish(claim, Ending(kind=Finish.DONE), next_sequence=work.sequence)
            work.sequence += 1

    work.sequence = 2
    monkeypatch.setattr(drain.time, "sleep", work)
    shown = run("drain", "submissions", "--timeout", "60")
    assert "1 waiting, 1 running" in shown
    assert "empty and closed" in shown
    with pytest.raises(QueueFull):
        put(engine, "c")
    run("open", "submissions")
    put(engine, "c")


def test_a_drain_whose_time_is_up_says_what_is_left_and_why(engines):
    put(engines["submissions"], "a")
    said = run("drain", "submissions", "--timeout", "0", code=1)
    assert "is closed, and not empty after 0 s: 1 waiting, 0 running, 0 delayed, no worker" in said
    assert engines["submissions"].stats().closed


def test_a_drain_that_is_broken_off_says_that_the_queue_stays_closed(engines, monkeypatch):
    put(engines["submissions"], "a")

    def interrupt(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(drain.time, "sleep", interrupt)
    result = CliRunner().invoke(cli, ["queues", "drain", "submissions"])
    assert result.exit_code == 1  # 130 by main, which click's runner does not call
    assert "submissions stays closed" in result.output
    assert engines["submissions"].stats().closed


def test_a_database_that_cannot_be_asked_leaves_the_queue_open(monkeypatch, tmp_path):
    engine = MemoryEngine("submissions", QueueOptions(handler="noop"))
    monkeypatch.setattr(queues, "open_engines", lambda _names: {"submissions": engine})
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    result = CliRunner().invoke(cli, ["queues", "drain", "submissions"])
    assert isinstance(result.exception, StoreError)
    assert not engine.stats().closed


def test_what_is_empty_must_be_seen_empty_twice(engines, monkeypatch):
    engine = engines["submissions"]
    looks = []

    def late(_seconds):  # a submit that was let in just before the queue was closed
        if not looks:
            engine.enqueue([NewJob(id="late", priority="low", payload=b"{}", admitted=True)])
        elif claim := engine.claim("w", len(looks)):
            engine.finish(claim, Ending(kind=Finish.DONE))
        looks.append(1)

    monkeypatch.setattr(drain.time, "sleep", late)
    run("drain", "submissions")
    assert engine.look("late").state == "done"


def test_pause_and_resume(engines):
    run("pause", "emails", "--priority", "low")
    assert engines["emails"].stats().priorities["low"].paused
    run("resume", "emails")
    assert not engines["emails"].stats().priorities["low"].paused


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ({"waiting": 2, "workers": 1}, "2 waiting, 0 running, 0 delayed"),
        ({"waiting": 2, "workers": 1, "paused": True}, "2 waiting, 0 running, 0 delayed, paused"),
        ({"unrecorded": 3, "pending": 5}, "0 waiting, 0 running, 0 delayed, 5 not recorded"),
        ({"waiting": 3, "pending": 3, "workers": 1}, "3 waiting, 0 running, 0 delayed"),
        ({"waiting": 3, "pending": 4, "workers": 1}, "3 waiting, 0 running, 0 delayed, 1 not recorded"),
    ],
)
def test_what_remains_in_words(left, said):
    nothing = dict.fromkeys(("waiting", "running", "delayed", "unrecorded", "pending", "workers"), 0)
    assert str(Remaining(**nothing | {"paused": False} | left)) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0"), (1023, "1023"), (1024, "1.0 K"), (20_000, "20 K"), (268_435_456, "256 M"), (2**50, "1024 T")],
)
def test_sizes_read_as_a_person_says_them(count, said):
    assert size(count) == said


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ({"stage": "testing", "test": 7, "tests_total": 40}, "testing 7/40"),
        ({"stage": "compiling", "test": 0, "tests_total": 0}, "compiling"),
        ({"step": 2, "steps": 5}, "2/5"),
        (None, ""),
        (["odd"], ""),
        ({"stage": "x" * 50}, "x" * 20),
    ],
)
def test_a_note_in_a_few_words(note, said):
    assert stage(note) == said


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_priority_there_is_none_of_is_a_wrong_call_that_names_those_there_are(engines, verb):
    said = run(verb, "emails", "--priority", "hihg", code=2)
    assert "queue emails has no priority 'hihg'; there are: high, low" in said
    assert not any(now.paused for now in engines["emails"].stats().priorities.values())
