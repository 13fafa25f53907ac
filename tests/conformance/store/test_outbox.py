"""Cancelling what was accepted, whoever puts it on its queue in the same moment."""

import time

import msgspec
import pytest

from judgeline.outbox import cancel_row, job_of
from judgeline.queues.engine import Cancelled, Ending, Finish
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import JobState
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions
from judgeline.store import jobs
from judgeline.store.rows import RowState

DONE = Ending(kind=Finish.DONE, result=b"{}")


@pytest.fixture
def accepted(store, new_row):
    """A row that no queue knows yet, as the store has it."""
    with store.writer() as connection:
        job_id = jobs.accept(connection, new_row()).id
    with store.reader() as connection:
        (row,) = jobs.still_pending(connection, [job_id])
    return row


def state_of(store, row):
    with store.reader() as connection:
        return jobs.get(connection, row.id).state


def engine_of(**options):
    return MemoryEngine("submissions", QueueOptions(handler="noop", **options))


def test_who_enqueues_it_after_its_cancel_finds_it_ended(store, accepted):
    engine = engine_of()
    assert cancel_row(store, engine, accepted.id) is Cancelled.DONE
    (known,) = engine.enqueue([job_of(accepted, engine.options)])
    assert (known.new, known.state) == (False, JobState.CANCELLED)
    assert engine.claim("w", 1) is None
    assert [job.state for job in engine.unrecorded()] == [JobState.CANCELLED]
    assert cancel_row(store, engine, accepted.id) is Cancelled.DONE


class Racing(MemoryEngine):
    """Somebody enqueues the row, and a worker ends it, between the cancel's first look and its next step."""

    raced = None

    def enqueue(self, jobs):
        race, self.raced = self.raced, None
        if race is not None:
            race()
        return super().enqueue(jobs)


@pytest.mark.parametrize(("ends", "answer"), [(True, Cancelled.TOO_LATE), (False, Cancelled.ASKED)])
def test_who_enqueues_it_in_the_midst_of_its_cancel_is_told_the_truth(store, accepted, ends, answer):
    engine = Racing("submissions", QueueOptions(handler="noop"))

    def race():
        engine.enqueue([job_of(accepted, engine.options)])
        claim = engine.claim("w", 1)
        if ends:
            engine.finish(claim, DONE)

    engine.raced = race
    assert cancel_row(store, engine, accepted.id) is answer
    assert state_of(store, accepted) is RowState.PENDING, "what was shown as done is not called cancelled"


class Dying(MemoryEngine):
    """Who cancels dies between its two steps on the queue."""

    asked = 0

    def cancel(self, job_id):
        self.asked += 1
        if self.asked == 2:
            raise QueueUnavailable("gone")
        return super().cancel(job_id)


def test_who_dies_in_the_midst_of_a_cancel_has_the_job_run_soon(store, accepted):
    engine = Dying("submissions", QueueOptions(handler="noop"))
    with pytest.raises(QueueUnavailable):
        cancel_row(store, engine, accepted.id)
    job = engine.look(accepted.id)
    assert job.state is JobState.DELAYED
    assert job.due_ms <= time.time() * 1000 + 10_000


def test_a_queue_without_room_has_the_row_alone_cancelled(store, accepted):
    engine = engine_of(max_queued=1)
    for name in ("a", "b"):
        engine.enqueue([msgspec.structs.replace(job_of(accepted, engine.options), id=name)])
    assert cancel_row(store, engine, accepted.id) is Cancelled.DONE
    assert state_of(store, accepted) is RowState.CANCELLED
    assert engine.look(accepted.id) is None


def test_what_was_recorded_meanwhile_is_too_late(store, accepted):
    with store.writer() as connection:
        jobs.cancel_pending(connection, accepted.id)
    assert cancel_row(store, engine_of(), accepted.id) is Cancelled.TOO_LATE
