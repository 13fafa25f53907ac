"""Jobs on RQ, worked by real workers."""

import time

import msgspec
import pytest
import rq
from rq.registry import FailedJobRegistry, FinishedJobRegistry, ScheduledJobRegistry
from rq.serializers import JSONSerializer

from judgeline.ids import new_id
from judgeline.queues.engine import Cancelled
from judgeline.queues.errors import UnknownJob
from judgeline.queues.job import Event, JobState

from .mails import until


def test_jobs_are_worked_and_recorded(make_queue):
    queue = make_queue(working=True)
    jobs = [queue.put(priority=priority) for priority in ("high", "low") * 3]
    for job_id in jobs:
        job = queue.ended(job_id)
        assert (job.state, job.result, job.attempt) == (JobState.DONE, b'{"done":true}', 1)
        assert job.payload == b""
    unrecorded = queue.engine.unrecorded()
    assert sorted(job.id for job in unrecorded) == sorted(jobs)
    queue.engine.settle(unrecorded)
    assert queue.engine.unrecorded() == []
    assert queue.client.ttl(f"jl:{{mails}}:job:{jobs[0]}") > 0
    until(lambda: FinishedJobRegistry("mails-high", connection=queue.client).count == 3)
    stats = queue.engine.stats()
    assert (stats.workers, stats.totals["done"], stats.running) == (2, 6, 0)
    assert {priority.queued for priority in stats.priorities.values()} == {0}
    assert queue.stop() == 0
    until(lambda: queue.engine.workers() == [])


def test_events_are_those_of_every_engine(make_queue):
    queue = make_queue()
    job_id = new_id()
    with queue.client.pubsub() as pubsub:
        pubsub.ssubscribe(queue.engine.channel(job_id))
        queue.put(job_id, steps=2, sleep_ms=200)
        queue.start()
        events = []

        def heard() -> bool:
            message = pubsub.get_sharded_message(timeout=0.1)
            if message and message["type"] == "smessage":
                events.append(msgspec.json.decode(message["data"], type=Event))
            return bool(events) and events[-1].state.terminal

        until(heard)
    assert [event.state for event in events] == [JobState.RUNNING] * 3 + [JobState.DONE]
    assert [bytes(event.progress) for event in events if event.progress] == [
        *(b'{"step":1,"steps":2}', b'{"step":2,"steps":2}'),
    ]


def test_a_failure_is_tried_again_then_done(make_queue):
    queue = make_queue(working=True)
    job = queue.ended(queue.put(fail="not yet", fail_attempts=1))
    assert (job.state, job.attempt, job.failures) == (JobState.DONE, 2, 1)


def test_a_delayed_retry_waits_in_rqs_registry(make_queue):
    queue = make_queue(working=True)
    job_id = queue.put(fail="later", retry_ms=600_000)
    until(lambda: ScheduledJobRegistry("mails-high", connection=queue.client).count == 1)
    job = queue.look(job_id)
    assert (job.state, job.reason) == (JobState.DELAYED, "later")
    assert queue.engine.stats().delayed == 1
    assert queue.engine.cancel(job_id) is Cancelled.DONE
    assert ScheduledJobRegistry("mails-high", connection=queue.client).count == 0
    assert queue.engine.stats().delayed == 0


def test_attempts_run_out_and_a_person_puts_it_back(make_queue):
    queue = make_queue(working=True, max_attempts=2)
    job_id = queue.put(fail="never", fail_attempts=2, retry_ms=0)
    job = queue.ended(job_id)
    assert (job.state, job.attempt, job.reason) == (JobState.DEAD, 2, "never")
    assert b"Traceback" in job.evidence
    assert [letter.id for letter in queue.engine.dead()] == [job_id]
    failed = FailedJobRegistry("mails-high", connection=queue.client)
    until(lambda: failed.get_job_ids() == [job_id])
    queue.engine.requeue(job_id)
    job = queue.ended(job_id)
    assert (job.state, job.attempt) == (JobState.DONE, 3)
    assert queue.engine.dead() == []
    assert failed.get_job_ids() == []
    with pytest.raises(UnknownJob):
        queue.engine.requeue(new_id())


def test_giving_up_is_final(make_queue):
    queue = make_queue(working=True)
    job_id = queue.put(give_up="no such thing")
    job = queue.ended(job_id)
    assert (job.state, job.attempt, job.reason) == (JobState.DEAD, 1, "no such thing")
    queue.engine.forget(job_id)
    assert queue.engine.dead() == []


def test_a_result_that_is_too_large(make_queue):
    queue = make_queue(working=True)
    job = queue.ended(queue.put(result_bytes=300_000))
    assert job.state is JobState.DEAD
    assert "bytes" in job.reason


def test_a_handler_that_cannot_work_here_spends_nothing(make_queue):
    queue = make_queue(working=True)
    job_id = queue.put(unready="no sandbox")
    until(lambda: queue.engine.stats().totals.get("released"))
    until(lambda: ScheduledJobRegistry("mails-high", connection=queue.client).count == 1)
    job = queue.look(job_id)
    assert (job.state, job.failures, job.crashes) == (JobState.QUEUED, 0, 0)


@pytest.mark.parametrize(("warning_s", "warned"), [(1.0, True), (0.0, None)])
def test_a_time_limit(make_queue, warning_s, warned):
    queue = make_queue(working=True, warning_s=warning_s)
    job = queue.ended(queue.put(limit_ms=500, sleep_ms=60_000))
    assert (job.state, job.reason) == (JobState.DEAD, "timed out after 0.5 s")
    assert msgspec.json.decode(job.evidence).get("warned") is warned


def test_a_handler_may_use_the_warning_to_end_in_time(make_queue):
    queue = make_queue(working=True)
    assert queue.ended(queue.put(limit_ms=1_000, sleep_ms=60_000, tidy=True)).state is JobState.DONE


def test_a_time_limit_of_the_queue_warns_too(make_queue):
    queue = make_queue(working=True, timeout_s=2)
    job = queue.ended(queue.put(sleep_ms=60_000))
    assert msgspec.json.decode(job.evidence)["warned"] is True
    assert job.reason == "timed out after 2 s"


def test_a_running_job_hears_its_cancel(make_queue):
    queue = make_queue(working=True)
    job_id = queue.put(steps=200, sleep_ms=20_000)
    queue.runs(job_id)
    assert queue.engine.cancel(job_id) is Cancelled.ASKED
    assert queue.ended(job_id).state is JobState.CANCELLED
    assert queue.engine.cancel(job_id) is Cancelled.DONE


def test_rq_stop_is_a_cancel(make_queue):
    """What RQ's own tools do to a running job ends it here, too."""
    queue = make_queue(working=True)
    job_id = queue.put(sleep_ms=60_000)
    queue.runs(job_id)
    until(lambda: queue.ticket(job_id).get_status() == "started")
    rq.command.send_stop_job_command(queue.client, job_id, serializer=JSONSerializer)
    assert queue.ended(job_id).state is JobState.CANCELLED


def test_old_dead_letters_go(make_queue):
    queue = make_queue(working=True, dead_ttl_s=3_600)
    old = queue.put(give_up="no")
    queue.ended(old)
    queue.client.zadd("jl:{mails}:dead", {old: (time.time() - 3_601) * 1000})
    queue.ended(queue.put())
    assert queue.engine.dead() == []
