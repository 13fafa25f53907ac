import itertools
import json
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from judgeline.cli import cli, rejudge
from judgeline.config import Settings
from judgeline.ids import new_id
from judgeline.payloads import SubmissionPayload, encode
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions
from judgeline.rejudging import RejudgeError
from judgeline.store import jobs
from judgeline.store.database import open_store
from judgeline.store.errors import RejudgeUnfinished
from judgeline.store.migrate import migrate
from judgeline.store.rows import NewJobRow
from workers.recorder.recording import record_ended
from workers.recorder.sweeping import Sweeper

PROBLEMS = Path(__file__).parents[3] / "problems"


@pytest.fixture
def engine(monkeypatch):
    engine = MemoryEngine("submissions", QueueOptions(handler="judge"))
    monkeypatch.setattr(rejudge, "open_engines", lambda _names: {"submissions": engine})
    return engine


@pytest.fixture
def store(tmp_path, monkeypatch):
    (tmp_path / "queues.toml").write_text(
        "[queues.submissions]\nhandler = 'judge'\n[queues.emails]\nhandler = 'email'\n"
        f"[judge]\nproblems = '{PROBLEMS}'\n"
    )
    for name in ("REDIS_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUDGELINE_HOME", str(tmp_path))
    monkeypatch.setenv("JUDGELINE_CONFIG", str(tmp_path / "queues.toml"))
    url = Settings.from_environment().database_url
    migrate(url)
    with closing(open_store(url)) as store:
        yield store


@pytest.fixture
def work(store, engine):
    """Have all that waits judged with one verdict, and recorded."""
    sequence = itertools.count(1)

    def work(verdict):
        Sweeper(store, engine, 0, lambda: None).sweep(everything=True)
        while claim := engine.claim("w", next(sequence)):
            result = msgspec.json.encode({"verdict": verdict, "time_ms": 12})
            engine.finish(claim, Ending(kind=Finish.DONE, result=result))
        record_ended(store, engine)

    return work


@pytest.fixture
def judged(store, work):
    """Three accepted submissions."""
    payload = encode(SubmissionPayload(problem="aplusb", language="python3", source="x"))
    for owner in ("ada", "ada", "bob"):
        row = NewJobRow(
            id=new_id(),
            queue="submissions",
            kind="submission",
            owner=owner,
            priority="high",
            payload=payload,
            digest="d",
            problem="aplusb",
            language="python3",
        )
        with store.writer() as connection:
            jobs.accept(connection, row)
    work("accepted")


def run(*arguments, code=0):
    result = CliRunner().invoke(cli, ["rejudge", *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def test_a_rejudge_from_its_making_to_its_end(store, judged, work):
    assert "2 submissions of aplusb fit" in run("aplusb", "--user", "ada", "--dry-run")
    assert run("list", "--json") == "[]\n"
    made = run("aplusb", "--user", "ada", "--verdict", "accepted", "--since", "1h").strip()
    assert "2 submissions, 2 pending" in run("show", made)
    result = CliRunner().invoke(cli, ["rejudge", "apply", made])
    assert isinstance(result.exception, RejudgeUnfinished)
    work("wrong_answer")
    shown = json.loads(run("show", made, "--json", "--wait", code=1))
    assert (shown["counts"]["changed"], len(shown["submissions"])) == (2, 2)
    assert "wrong_answer" in run("show", made, code=1)
    assert made in run("list")
    assert json.loads(run("list", "--json"))[0]["wanted"]["verdicts"] == ["accepted"]
    assert "2 results written, 2 verdicts changed" in run("apply", made)
    with store.reader() as connection:
        verdicts = [row.verdict for row in jobs.list_owned(connection, "ada", jobs.Filter(kind="submission"))]
    assert verdicts == ["wrong_answer"] * 2


def test_one_that_changes_nothing_ends_with_0_and_shows_all_when_asked(judged, work):
    made = json.loads(run("start", "aplusb", "--json"))
    assert made["total"] == 3
    work("accepted")
    assert json.loads(run("show", made["id"], "--json"))["submissions"] == []
    assert len(json.loads(run("show", made["id"], "--all", "--json"))["submissions"]) == 3


def test_one_that_is_dropped(judged, work):
    made = run("aplusb").strip()
    assert "is dropped" in run("discard", made)
    assert "discarded" in run("show", made)


def test_a_problem_that_is_not_there_and_one_that_nobody_tried(store, engine):
    for problem, what in (("none", "there is no problem"), ("rope", "no judged submission")):
        result = CliRunner().invoke(cli, ["rejudge", problem])
        assert isinstance(result.exception, RejudgeError)
        assert what in str(result.exception)


def test_a_wrong_verdict_is_a_wrong_call(store):
    run("aplusb", "--verdict", "fine", code=2)
