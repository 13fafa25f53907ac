"""Dead letters: looked at, put back, forgotten, bounded."""

import pytest

from judgeline.queues.engine import Finish
from judgeline.queues.errors import UnknownJob
from judgeline.queues.job import JobState


def bury(rig, *names, **fields):
    for name in names:
        rig.put(name, **fields)
        claim = rig.take("undertaker", 1 + rig.engine.stats().totals.get("enqueued", 0))
        rig.end(claim, Finish.DEAD, reason="why")
    rig.consumer.leave("undertaker")


def test_they_are_listed_newest_first_a_page_at_a_time(rig):
    bury(rig, "a", "b", "c")
    newest_first = sorted(("a", "b", "c"), key=lambda name: (-rig.engine.look(name).finished_ms, -ord(name)))
    assert [job.id for job in rig.engine.dead()] == newest_first
    assert [job.id for job in rig.engine.dead(limit=2)] == newest_first[:2]
    assert [job.id for job in rig.engine.dead(after=newest_first[1])] == newest_first[2:]
    assert rig.engine.dead(limit=1)[0].payload == b""
    assert rig.engine.stats().dead == 3


@pytest.mark.guarantee("dead_letters")
def test_one_put_back_starts_anew_but_its_attempts_go_on(rig):
    bury(rig, "a", payload=b"p", user="u")
    rig.engine.requeue("a")
    rig.engine.requeue("a")  # a repeat after a lost reply
    job = rig.engine.look("a")
    assert (job.state, job.failures, job.crashes, job.reason) == (JobState.QUEUED, 0, 0, "")
    assert rig.engine.unrecorded() == []
    assert rig.engine.dead() == []
    claim = rig.take()
    assert (claim.attempt, claim.payload) == (2, b"p")
    rig.end(claim)
    with pytest.raises(UnknownJob):
        rig.engine.requeue("a")


def test_a_store_that_has_it_does_not_end_it_early(rig):
    bury(rig, "a", payload=b"p")
    rig.settle("a")
    assert rig.engine.look("a").payload == b"p"
    letter = rig.engine.look("a")
    rig.engine.requeue("a")
    rig.engine.settle([letter])  # a recorder that read it while it was dead
    assert rig.work_off() == ["a"]


@pytest.mark.parametrize("end", ["done", "cancelled"])
def test_one_put_back_is_not_settled_by_a_recorder_that_read_it_while_it_was_dead(rig, end):
    bury(rig, "a")
    letters = rig.engine.unrecorded()
    rig.engine.requeue("a")
    if end == "done":
        rig.work_off()
    else:
        rig.engine.cancel("a")
    rig.engine.settle(letters)
    assert [(job.id, job.state) for job in rig.engine.unrecorded()] == [("a", end)]
    rig.settle("a")
    assert rig.engine.unrecorded() == []


def test_one_forgotten_is_gone_once_the_store_has_it(rig):
    bury(rig, "a", payload=b"p")
    rig.engine.forget("a")
    assert (rig.engine.look("a").state, rig.engine.look("a").payload) == (JobState.DEAD, b"")
    assert [job.id for job in rig.engine.unrecorded()] == ["a"]
    rig.settle("a")
    bury(rig, "b")
    rig.settle("b")
    rig.engine.forget("b")
    assert rig.engine.look("b") is None


def test_only_dead_letters_can_be_put_back_or_forgotten(rig):
    rig.put("a")
    for name in ("a", "nobody"):
        with pytest.raises(UnknownJob):
            rig.engine.requeue(name)
        with pytest.raises(UnknownJob):
            rig.engine.forget(name)


def test_past_the_bound_the_oldest_is_forgotten(make_rig):
    rig = make_rig(max_dead=2)
    bury(rig, "a", "b", "c")
    assert rig.engine.stats().dead == 2
    assert len(rig.engine.unrecorded()) == 3


@pytest.mark.guarantee("exact_bounds")
def test_past_the_bytes_the_oldest_is_forgotten(make_rig):
    rig = make_rig(max_queued_bytes=10)
    bury(rig, "a", "b", payload=b"123456")
    assert rig.engine.stats().dead == 1


def test_they_need_no_store(make_rig):
    rig = make_rig(store=False)
    bury(rig, "a")
    assert [job.id for job in rig.engine.dead()] == ["a"]
    rig.engine.forget("a")
    assert rig.engine.look("a") is None
