"""A cancel: off the queue if it waits, a word to its worker if it runs."""

import pytest

from judgeline.queues.engine import Cancelled, Finish
from judgeline.queues.errors import UnknownJob
from judgeline.queues.job import JobState


@pytest.mark.parametrize("name", ["head", "parked", "plain"])
def test_a_waiting_job_is_taken_off(rig, name):
    rig.put("head", user="u")
    rig.put("parked", user="u")
    rig.put("last", user="u")
    rig.put("plain")
    assert rig.engine.cancel(name) is Cancelled.DONE
    assert rig.engine.cancel(name) is Cancelled.DONE
    job = rig.engine.look(name)
    assert (job.state, job.payload, job.reason) == (JobState.CANCELLED, b"", "cancelled before it ran")
    assert rig.engine.stats().priorities["low"].queued == 3
    expected = [each for each in ("head", "plain", "parked", "last") if each != name]
    assert sorted(rig.work_off()) == sorted(expected)
    assert rig.engine.stats().priorities["low"].queued_bytes == 0


def test_a_delayed_job_is_taken_off(rig):
    rig.put("a")
    rig.end(rig.take(), Finish.RETRY)
    assert rig.engine.cancel("a") is Cancelled.DONE
    assert rig.engine.stats().delayed == 0
    assert rig.consumer.tick().promoted == 0


@pytest.mark.guarantee("cancel")
def test_a_running_job_is_told(rig):
    rig.put("a")
    claim = rig.take("w", 1)
    assert rig.engine.cancel("a") is Cancelled.ASKED
    assert rig.engine.cancel("a") is Cancelled.ASKED
    assert rig.engine.look("a").cancelling
    assert rig.consumer.renew(["w"])[0].cancelling == ["a"]
    assert not rig.consumer.progress(claim, b"1")
    assert not rig.consumer.checkpoint(claim, b"1")
    assert rig.end(claim, Finish.CANCELLED)
    assert rig.engine.look("a").state is JobState.CANCELLED
    assert not rig.engine.look("a").cancelling


def test_a_finish_that_comes_first_wins(rig):
    rig.put("a")
    claim = rig.take()
    rig.engine.cancel("a")
    assert rig.end(claim, result=b"1")
    assert rig.engine.look("a").state is JobState.DONE
    assert rig.engine.cancel("a") is Cancelled.TOO_LATE


@pytest.mark.parametrize("kind", [Finish.RETRY, Finish.RELEASE])
def test_a_cancelled_job_does_not_come_back(rig, kind):
    rig.put("a")
    claim = rig.take()
    rig.engine.cancel("a")
    rig.end(claim, kind)
    assert rig.engine.look("a").state is JobState.CANCELLED


def test_killing_its_child_is_how_a_cancel_is_obeyed(rig):
    rig.put("a")
    rig.take("w", 1)
    rig.engine.cancel("a")
    assert rig.consumer.crashed("w", b"{}") == [("a", JobState.CANCELLED)]


def test_a_dead_letter_cannot_be_cancelled(rig):
    rig.put("a")
    rig.end(rig.take(), Finish.DEAD)
    assert rig.engine.cancel("a") is Cancelled.TOO_LATE


def test_nobody_knows_the_job(rig):
    with pytest.raises(UnknownJob):
        rig.engine.cancel("nobody")
