"""A queue on RQ, filled and watched, without workers."""

import pytest
import rq

from judgeline.queues.engine import Cancelled
from judgeline.queues.errors import (
    JobConflict,
    JobTooLarge,
    QueueError,
    QueueFull,
    QueueUnavailable,
    UnknownJob,
    UnknownPriority,
)
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.open import open_engine

from .mails import QUEUE, options


def test_a_job_is_on_an_rq_queue_of_its_priority(make_queue):
    queue = make_queue()
    job_id = queue.put(priority="low")
    job = queue.look(job_id)
    assert (job.state, job.priority, job.payload) == (JobState.QUEUED, "low", b"{}")
    assert rq.Queue("mails-low", connection=queue.client).job_ids == [job_id]
    assert queue.engine.position(job_id) == 0
    stats = queue.engine.stats()
    assert (stats.priorities["low"].queued, stats.priorities["high"].queued) == (1, 0)
    assert stats.priorities["low"].queued_bytes == 2


def test_a_ticket_holds_no_payload_and_no_pickle(make_queue):
    queue = make_queue()
    ticket = queue.ticket(queue.put(say="secret"))
    assert (ticket.func_name, ticket.args, ticket.kwargs) == ("judgeline.queues.rq.work", [], {})
    assert b"secret" not in b"".join(queue.client.hgetall(ticket.key).values())


def test_the_same_job_twice_is_one(make_queue):
    queue = make_queue()
    new = NewJob(id="one", priority="high", payload=b"{}")
    first, second = (queue.engine.enqueue([new])[0] for _ in range(2))
    assert (first.new, second.new) == (True, False)
    assert rq.Queue("mails-high", connection=queue.client).count == 1
    with pytest.raises(JobConflict):
        queue.engine.enqueue([NewJob(id="one", priority="high", payload=b"[]")])


def test_what_is_refused(make_queue):
    queue = make_queue(max_queued=1, max_queued_per_user=1, max_payload_bytes=10)
    for fields, error in (
        ({"id": "a.b"}, QueueError),
        ({"id": ""}, QueueError),
        ({"priority": "highest"}, UnknownPriority),
        ({"payload": b"x" * 11}, JobTooLarge),
    ):
        with pytest.raises(error):
            queue.engine.enqueue([NewJob(**{"id": "a", "priority": "high", "payload": b""} | fields)])
    queue.put("first")
    with pytest.raises(QueueFull):
        queue.put("second")
    assert queue.engine.look("second") is None
    assert rq.Queue("mails-high", connection=queue.client).job_ids == ["first"]


def test_a_job_whose_ticket_somebody_dropped_gets_a_new_one(make_queue):
    queue = make_queue()
    job_id = queue.put()
    rq.Queue("mails-high", connection=queue.client).empty()
    assert queue.engine.exists([job_id, "other"]) == [None, None]
    queue.put(job_id)
    assert queue.engine.exists([job_id]) == [JobState.QUEUED]
    assert rq.Queue("mails-high", connection=queue.client).job_ids == [job_id]
    assert queue.engine.stats().priorities["high"].queued == 1


def test_cancel_before_it_runs(make_queue):
    queue = make_queue()
    job_id = queue.put()
    assert queue.engine.cancel(job_id) is Cancelled.DONE
    assert queue.engine.cancel(job_id) is Cancelled.DONE
    assert queue.look(job_id).state is JobState.CANCELLED
    assert rq.Queue("mails-high", connection=queue.client).count == 0
    assert [job.id for job in queue.engine.unrecorded()] == [job_id]
    assert queue.engine.stats().priorities["high"].queued == 0
    with pytest.raises(UnknownJob):
        queue.engine.cancel("other")


def test_a_server_that_is_gone(make_queue, tmp_path):
    engine = open_engine(QUEUE, options(), f"unix://{tmp_path}/none")
    for ask in (
        lambda: engine.enqueue([NewJob(id="a", priority="high", payload=b"")]),
        lambda: engine.look("a"),
        lambda: engine.cancel("a"),
        engine.stats,
        engine.workers,
    ):
        with pytest.raises(QueueUnavailable):
            ask()
