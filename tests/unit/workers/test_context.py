import time

import pytest

from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.handler import Cancelled
from judgeline.queues.job import MAX_PROGRESS_BYTES
from workers.context import WorkContext
from workers.control import Cancel
from workers.interrupts import Interrupts


@pytest.fixture
def made(bench):
    """(claim, context, interrupts) of a running job."""
    bench.put("a")
    claim = bench.engine.claim("w-1", 1)
    interrupts = Interrupts(bench.theirs)
    bench.slot.begin(claim.id, claim.attempt, 60)
    interrupts.open(claim)
    yield claim, WorkContext(claim, bench.engine, bench.slot, interrupts, 60), interrupts
    interrupts.close()


def test_the_first_note_goes_out_at_once_and_a_burst_is_thinned(bench, made):
    _, context, _ = made
    context.progress(b"1")
    assert bench.engine.look("a").progress == b"1"
    started = time.monotonic()
    notes = 1
    while time.monotonic() - started < 0.1:
        notes += 1
        context.progress(str(notes).encode())
    assert notes > 50
    assert int(bench.engine.look("a").progress) > 1


def test_the_first_note_of_a_new_stage_is_never_held_back(bench, made):
    _, context, _ = made
    for stage in ("compiling", "testing", "cleaning"):
        context.stage(stage)
        context.progress(f'"{stage}"'.encode())
        assert bench.engine.look("a").progress == f'"{stage}"'.encode()


def test_a_note_over_its_bound_is_refused(made):
    with pytest.raises(ValueError, match="4097 bytes"):
        made[1].progress(b"x" * (MAX_PROGRESS_BYTES + 1))


def test_a_note_that_redis_cannot_take_is_dropped(bench, made, monkeypatch):
    def away(*_):
        raise QueueUnavailable("away")

    monkeypatch.setattr(bench.engine, "progress", away)
    made[1].progress(b"{}")


def test_a_checkpoint_is_said_until_it_was_heard(bench, made, monkeypatch):
    real, failures = bench.engine.checkpoint, [1, 1]

    def checkpoint(claim, data):
        if failures:
            failures.pop()
            raise QueueUnavailable("away")
        return real(claim, data)

    monkeypatch.setattr("workers.context._AGAIN_S", 0)
    monkeypatch.setattr(bench.engine, "checkpoint", checkpoint)
    made[1].checkpoint(b"half done")
    assert bench.engine.look("a").checkpoint == b"half done"


@pytest.mark.parametrize("verb", ["progress", "checkpoint"])
def test_an_attempt_that_is_not_ours_any_more_is_cancelled(bench, made, verb):
    bench.engine.crashed("w-1", b"{}")
    with pytest.raises(Cancelled):
        getattr(made[1], verb)(b"{}")


def test_a_cancel_does_not_tear_a_conversation_with_the_queue(bench, made, monkeypatch):
    _, context, _ = made
    real, whole = bench.engine.checkpoint, []

    def checkpoint(claim, data):
        bench.tell(Cancel("a"))
        answer = real(claim, data)
        whole.append(1)
        return answer

    monkeypatch.setattr(bench.engine, "checkpoint", checkpoint)
    with pytest.raises(Cancelled):
        context.checkpoint(b"x")
    assert whole == [1]
    assert bench.engine.look("a").checkpoint == b"x"


def test_stage_and_limit_stand_in_the_slot_and_the_queues_timeout_is_the_latest(bench, made):
    _, context, _ = made
    context.stage("testing", 4)
    latest = bench.slot.read().deadline
    context.limit(2)
    seen = bench.slot.read()
    assert (seen.stage, seen.test) == ("testing", 4)
    assert seen.deadline < time.monotonic() + 2.1
    context.limit(1_000_000)
    assert abs(bench.slot.read().deadline - latest) < 1
