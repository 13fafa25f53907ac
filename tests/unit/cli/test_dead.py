import json

import pytest
from click.testing import CliRunner

from judgeline.cli import cli, dead
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import NewJob
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions


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
