"""The table of changes: complete, free of what cannot be, and in the way of an engine that errs."""

import subprocess
import sys

import pytest

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import ForbiddenChange
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions
from judgeline.queues.states import CHANGES, Verb, check_change, listed, page


def test_every_state_can_be_come_to_and_left():
    for state in JobState:
        assert any(change.after is state for change in CHANGES)
        assert any(change.before is state for change in CHANGES)


def test_only_a_dead_letter_comes_back_from_an_end_and_only_by_an_operator():
    back = [change for change in CHANGES if change.before and change.before.terminal and change.after]
    assert [(change.before, change.verb) for change in back] == [(JobState.DEAD, Verb.REQUEUE)]


def test_nothing_but_a_claim_starts_an_attempt_and_nothing_but_an_end_of_one_makes_a_job_done():
    starts = {change.verb for change in CHANGES if change.after is JobState.RUNNING}
    assert starts == {Verb.CLAIM}
    done = {(change.before, change.verb) for change in CHANGES if change.after is JobState.DONE}
    assert done == {(JobState.RUNNING, Verb.FINISH)}


def test_no_row_is_there_twice_and_each_says_when():
    rows = [(change.before, change.by, change.after) for change in CHANGES]
    assert len(rows) == len(set(rows))
    assert all(change.when and change.before is not change.after for change in CHANGES)


def test_what_is_not_listed_is_refused():
    check_change(JobState.QUEUED, Verb.CLAIM, JobState.RUNNING)
    for before in JobState:
        assert listed(before, Verb.TICK, before)
    for wrong in [
        (JobState.DONE, Verb.CLAIM, JobState.RUNNING),
        (JobState.QUEUED, Verb.FINISH, JobState.DONE),
        (JobState.QUEUED, Verb.TICK, None),
        (None, Verb.TICK, JobState.QUEUED),
    ]:
        assert not listed(*wrong)
        with pytest.raises(ForbiddenChange, match=wrong[1].value):
            check_change(*wrong)


def test_an_engine_that_errs_is_stopped_before_it_changes_the_job():
    engine = MemoryEngine("q", QueueOptions(handler="noop"))
    engine.enqueue([NewJob(id="a", priority="low", payload=b"")])
    engine.finish(engine.claim("w", 1), Ending(kind=Finish.DONE, result=b"1"))
    engine._ledger.lanes["low"].join("a", "")  # an id on a list it has no place on
    with pytest.raises(ForbiddenChange, match="CLAIM makes no done job running"):
        engine.claim("w", 2)
    assert engine.look("a").state is JobState.DONE


def test_the_command_prints_what_the_page_shows():
    said = subprocess.run(
        [sys.executable, "-m", "judgeline.queues.states"], capture_output=True, text=True, check=True
    )
    assert said.stdout == page() + "\n"
