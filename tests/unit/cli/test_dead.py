import datetime as dt
import json
import time
from contextlib import closing

import pytest
from click.testing import CliRunner

from judgeline.cli import cli, dead
from judgeline.cli.moments import Moment
from judgeline.config import Settings
from judgeline.dead_letters import every_dead
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import UnknownJob
from judgeline.queues.job import NewJob
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions
from judgeline.store import jobs
from judgeline.store.database import open_store
from judgeline.store.migrate import migrate
from judgeline.store.recording import record
from judgeline.store.rows import NewJobRow


@pytest.fixture
def engine(monkeypatch):
    engine = MemoryEngine("submissions", QueueOptions(handler="judge"))
    monkeypatch.setattr(dead, "open_engines", lambda _names: {"submissions": engine})
    return engine


def bury(engine, count):
    for number in range(count):
        engine.enqueue([NewJob(id=f"job-{number:03}", priority="low", payload=b"{}")])
        claim = engine.claim("worker", number + 1)
        engine.finish(claim, Ending(kind=Finish.DEAD, reason="broke", evidence=b'{"signal": 9}'))


def run(*arguments):
    result = CliRunner().invoke(cli, ["dead", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(("limit", "shown"), [(1, 1), (100, 100), (1000, 130)])
def test_as_many_dead_letters_are_listed_as_were_asked_for(engine, limit, shown):
    bury(engine, 130)
    listed = json.loads(run("list", "--limit", str(limit), "--json"))
    assert len({letter["id"] for letter in listed}) == shown


def test_one_is_shown_with_its_evidence(engine):
    bury(engine, 1)
    shown = json.loads(run("show", "submissions", "job-000"))
    assert (shown["reason"], shown["evidence"]["signal"]) == ("broke", 9)


def test_one_that_is_not_there_is_an_error_that_names_it(engine):
    result = CliRunner().invoke(cli, ["dead", "show", "submissions", "job-000"])
    assert "no dead letter job-000 on queue submissions" in str(result.exception)


@pytest.fixture
def letters(monkeypatch):
    """Five dead letters of a queue without a store, a second apart."""
    engine = MemoryEngine("jobs", QueueOptions(handler="noop", store=False))
    monkeypatch.setattr(dead, "open_engines", lambda _names: {"jobs": engine})
    now_ms = time.time_ns() // 1_000_000
    for number, (priority, user) in enumerate(
        [("low", "ada"), ("low", "bob"), ("high", "ada"), ("low", "ada"), ("high", "bob")]
    ):
        job_id = "abcde"[number]
        engine.enqueue([NewJob(id=job_id, priority=priority, user=user, payload=b"{}")])
        engine.finish(engine.claim("w", number + 1), Ending(kind=Finish.DEAD, reason=f"Broke {number % 2}"))
        engine._ledger.jobs[job_id].finished_ms = now_ms - (5 - number) * 3_600_000
    return engine


def left(engine):
    return "".join(sorted(letter.id for letter in engine.dead()))


@pytest.mark.parametrize(
    ("options", "gone"),
    [
        (["--all"], "abcde"),
        (["--reason", "broke 1"], "bd"),
        (["--user", "ada"], "acd"),
        (["--priority", "high"], "ce"),
        (["--user", "ada", "--priority", "low"], "ad"),
        (["--since", "210m"], "cde"),
        (["--before", "3.5h"], "ab"),
        (["--since", "2020-01-01", "--before", "2020-01-02T12:00+01:00"], ""),
        (["--all", "--limit", "2"], "ab"),
        (["c", "a"], "ac"),
    ],
)
@pytest.mark.parametrize("verb", ["requeue", "forget"])
def test_those_that_are_meant_are_moved_the_oldest_first(letters, verb, options, gone):
    shown = run(verb, "jobs", *options, "--dry-run")
    assert sorted(word for word in shown.split() if len(word) == 1 and word.isalpha()) == list(gone)
    assert left(letters) == "abcde"
    said = run(verb, "jobs", *options)
    assert left(letters) == "".join(sorted(set("abcde") - set(gone)))
    if "--all" in options or "--user" in options:
        assert f"{'requeued' if verb == 'requeue' else 'forgot'} {len(gone)} of {len(gone)}" in said
    if verb == "requeue" and options == ["--all"]:
        assert list(letters._ledger.lanes["low"].ring)[::-1][:1] == ["a"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "say which"),
        (["--limit", "5"], "say which"),
        (["a", "--all"], "not both"),
        (["a", "--user", "ada"], "not both"),
        (["--all", "--reason", "x"], "--all is all of them"),
        (["--priority", "best"], "there are: high, low"),
        (["--since", "yesterday"], "'yesterday' is neither"),
        (["--before", "5y"], "'5y' is neither"),
        (["--limit", "0", "--all"], "0 is not in the range"),
    ],
)
def test_a_choice_that_says_nothing_or_too_much_is_a_wrong_call(letters, options, said):
    result = CliRunner().invoke(cli, ["dead", "forget", "jobs", *options])
    assert result.exit_code == 2
    assert said in result.output
    assert left(letters) == "abcde"


def test_more_than_one_call_takes_are_moved_and_one_that_is_gone_is_left_out(letters, monkeypatch):
    for number in range(230):
        letters.enqueue([NewJob(id=f"job-{number:03}", priority="low", payload=b"{}")])
        letters.finish(letters.claim("w", 100 + number), Ending(kind=Finish.DEAD, reason="many"))
    requeue = letters.requeue

    def somebody_was_faster(job_id):
        if job_id == "job-007":
            raise UnknownJob(job_id)
        requeue(job_id)

    monkeypatch.setattr(letters, "requeue", somebody_was_faster)
    assert "requeued 229 of 230" in run("requeue", "jobs", "--reason", "many")


def test_the_rows_of_requeued_letters_are_pending_again(tmp_path, monkeypatch, engine):
    monkeypatch.setenv("JUDGELINE_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    bury(engine, 3)
    migrate(Settings.from_environment().database_url)
    with closing(open_store(Settings.from_environment().database_url)) as store:
        for number in range(3):
            row = NewJobRow(
                id=f"job-{number:03}",
                queue="submissions",
                kind="run",
                owner="ada",
                user="ada",
                priority="low",
                payload=b"{}",
                digest="x",
            )
            with store.writer() as connection:
                jobs.accept(connection, row)
        with store.writer() as connection:
            record(connection, "submissions", engine.unrecorded())
        run("requeue", "submissions", "--all", "--limit", "2")
        with store.reader() as connection:
            states = [jobs.get(connection, f"job-{number:03}").state for number in range(3)]
    assert states == ["pending", "pending", "dead"]


def test_times_without_an_offset_are_local(monkeypatch):
    given = Moment().convert("2026-01-31T12:00", None, None)
    assert given == dt.datetime(2026, 1, 31, 12).astimezone().timestamp() * 1000
    assert Moment().convert("2026-01-31T12:00Z", None, None) == 1769860800000
    monkeypatch.setattr("judgeline.cli.moments.time.time", lambda: 1000.0)
    assert [Moment().convert(text, None, None) for text in ("90s", "2m", "0.1h")] == [910000, 880000, 640000]


def test_each_is_given_once_though_the_one_a_page_ends_with_goes_meanwhile(engine):
    bury(engine, 130)
    seen = []
    for letter in every_dead(engine):
        seen.append(letter.id)
        if len(seen) == 100:
            engine.forget(letter.id)
    assert seen == [f"job-{number:03}" for number in reversed(range(130))]
