"""Drains, deaths, and what comes after."""

import subprocess
import sys

import pytest
import rq
from redis import Redis
from rq.registry import ScheduledJobRegistry

from judgeline.queues.job import JobState

from .mails import PATIENCE_S, Queue, alive, family, options, until


def test_a_horse_that_dies_is_a_crash(make_queue):
    queue = make_queue(working=True, crash_backoff_s=[1, 1])
    job = queue.ended(queue.put(crash="SIGKILL", crash_attempts=2))
    assert (job.state, job.attempt, job.crashes) == (JobState.DONE, 3, 2)


def test_a_job_that_kills_every_horse_is_a_dead_letter(make_queue):
    queue = make_queue(working=True, max_crashes=2)
    job_id = queue.put(crash="SIGSEGV")
    job = queue.ended(job_id)
    assert (job.state, job.attempt, job.crashes) == (JobState.DEAD, 2, 2)
    assert b"signal 11" in job.evidence
    until(lambda: queue.ticket(job_id).is_failed)


def test_a_drain_lets_the_running_job_end(make_queue, tmp_path):
    queue = make_queue()
    job_id, waiting = queue.put(sleep_ms=3_000), queue.put()
    queue.start()
    queue.runs(job_id)
    assert queue.stop() == 0
    assert queue.look(job_id).state is JobState.DONE
    assert queue.look(waiting).state is JobState.QUEUED


def test_a_drain_gives_back_what_takes_too_long(make_queue, tmp_path):
    queue = make_queue()
    job_id = queue.put(sleep_ms=60_000)
    queue.start(grace_s=1.5)
    queue.runs(job_id)
    assert queue.stop() == 0
    job = queue.look(job_id)
    assert (job.state, job.failures, job.crashes, job.lost) == (JobState.QUEUED, 0, 0, 0)
    assert rq.Queue("mails-high", connection=queue.client).job_ids == [job_id]
    assert queue.engine.stats().totals["released"] == 1


def test_the_parents_end_is_a_drain(make_queue, tmp_path):
    manager = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    queue = make_queue()
    job_id = queue.put()
    queue.start(JUDGELINE_PARENT_PID=str(manager.pid))
    queue.ended(job_id)
    manager.kill()
    manager.communicate()
    assert queue.process is not None
    assert queue.process.wait(PATIENCE_S) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills children with their parent")
def test_nothing_outlives_a_killed_parent(make_queue, tmp_path):
    queue = make_queue()
    job_id = queue.put(sleep_ms=60_000)
    queue.start()
    queue.runs(job_id)
    assert queue.process is not None
    until(lambda: len(family(queue.process.pid)) == 4)  # two workers, the scheduler, the horse
    everybody = family(queue.process.pid)
    queue.process.kill()
    queue.process.wait()
    until(lambda: not any(alive(pid) for pid in everybody))


def test_a_second_ticket_of_a_running_job_is_not_worked(make_queue):
    queue = make_queue(working=True)
    job_id = queue.put(sleep_ms=3_000)
    queue.runs(job_id)
    rq.Queue("mails-low", connection=queue.client).push_job_id(job_id)
    until(lambda: ScheduledJobRegistry("mails-low", connection=queue.client).count)
    job = queue.ended(job_id)
    assert (job.state, job.attempt, job.lost) == (JobState.DONE, 1, 0)


@pytest.mark.parametrize("remembered", [True, False])
def test_what_a_killed_worker_left_is_worked_by_the_next(make_queue, remembered):
    """RQ gives a silent worker a minute; here its time is made to have passed.

    And where RQ has forgotten that the job runs, its ticket coming again is enough.
    """
    queue = make_queue()
    job_id = queue.put(sleep_ms=60_000)
    queue.start()
    queue.runs(job_id)
    until(lambda: queue.client.zcard("rq:wip:mails-high"))
    queue.process.kill()
    queue.process.wait()
    if remembered:
        [execution] = queue.client.zrange("rq:wip:mails-high", 0, -1)
        queue.client.zadd("rq:wip:mails-high", {execution: 1})
    else:
        queue.client.delete("rq:wip:mails-high")
        rq.Queue("mails-high", connection=queue.client).push_job_id(job_id)
    queue.start(grace_s=1.5)
    until(lambda: queue.look(job_id).attempt == 2)
    assert queue.look(job_id).lost == 1


def test_a_server_that_comes_back_is_used_again(start_valkey, tmp_path):
    url = start_valkey()
    queue = Queue(url, options(), tmp_path / "workers.log")
    queue.start()
    queue.ended(queue.put())
    with Redis.from_url(url) as client:
        client.client_kill_filter(_type="normal", skipme=True)
        client.client_kill_filter(_type="pubsub", skipme=True)
    queue.ended(queue.put())
    assert queue.stop() == 0
    queue.client.close()
