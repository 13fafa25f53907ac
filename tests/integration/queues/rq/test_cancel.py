"""A cancel on RQ: a word to the worker, and force where the horse does not hear it."""

import pytest

from judgeline.queues.engine import Cancelled
from judgeline.queues.job import JobState
from judgeline.queues.rq.tickets import CANCEL

from .mails import alive, family, until


def test_a_handler_that_says_nothing_is_reached_at_once(make_queue):
    queue = make_queue(working=True)
    job_id = queue.put(sleep_ms=600_000)
    queue.runs(job_id)
    assert queue.engine.cancel(job_id) is Cancelled.ASKED
    job = queue.ended(job_id)
    assert (job.state, job.reason, job.crashes) == (JobState.CANCELLED, "cancelled while it ran", 0)
    assert queue.ended(queue.put()).state is JobState.DONE  # its worker lives on


def test_one_whose_word_was_lost_is_found_by_its_workers_next_heartbeat(make_queue):
    queue = make_queue()
    queue.start(HEARTBEAT_S="1")
    job_id = queue.put(sleep_ms=600_000)
    queue.runs(job_id)
    queue.client.hset(f"jl:{{mails}}:job:{job_id}", "cancelling", 1)
    assert queue.ended(job_id).state is JobState.CANCELLED


@pytest.mark.parametrize("grandchildren", [0, 1, 2])
def test_a_deaf_handler_is_killed_with_what_it_started(make_queue, grandchildren):
    queue = make_queue()
    queue.start(OBEY_S="0.3")
    job_id = queue.put(sleep_ms=600_000, deaf=True, grandchildren=grandchildren)
    queue.runs(job_id)
    assert queue.process is not None
    until(lambda: len(family(queue.process.pid)) == 4 + grandchildren)
    everybody = family(queue.process.pid)
    queue.engine.cancel(job_id)
    job = queue.ended(job_id)
    assert (job.state, job.crashes) == (JobState.CANCELLED, 0)
    until(lambda: sum(alive(pid) for pid in everybody) == 3)  # two workers, the scheduler


@pytest.mark.parametrize("told", [{}, {"limit_ms": 1_500}, {"sleep_ms": 1_500, "give_up": "no"}])
def test_nothing_that_a_job_started_outlives_it(make_queue, told):
    queue = make_queue(working=True)
    job_id = queue.put(**({"sleep_ms": 600_000, "grandchildren": 2} | told))
    queue.runs(job_id)
    until(lambda: len(family(queue.process.pid)) == 6)  # one of them in a session of its own
    everybody = family(queue.process.pid)
    if not told:
        queue.engine.cancel(job_id)
    queue.ended(job_id)
    until(lambda: sum(alive(pid) for pid in everybody) == 3)  # two workers, the scheduler
    assert queue.ended(queue.put()).state is JobState.DONE


def test_a_word_for_another_job_is_not_obeyed(make_queue):
    queue = make_queue(working=True)
    job_id = queue.put(sleep_ms=1_500)
    queue.runs(job_id)
    [worker] = [view.name for view in queue.engine.workers() if view.jobs]
    for command in (CANCEL, "stop-job"):
        message = f'{{"command": "{command}", "job_id": "another"}}'
        assert queue.client.publish(f"rq:pubsub:{worker}", message) == 1
    assert queue.ended(job_id).state is JobState.DONE
