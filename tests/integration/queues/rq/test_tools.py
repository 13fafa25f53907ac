"""What RQ's own tools show of our queues: `rq info` as it is, and all that rq-dashboard reads."""

import json
import re
import subprocess
import sys
from pathlib import Path

import rq
from rq.job import Job as RqJob
from rq.registry import FailedJobRegistry, FinishedJobRegistry, ScheduledJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer

from judgeline.queues.job import JobState

from .mails import until


def rq_says(queue, *arguments):
    command = [Path(sys.executable).with_name("rq"), *arguments, "--url", queue.url]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def workers_of(queue):
    return rq.Worker.all(connection=queue.client, serializer=JSONSerializer)


def test_rq_info_counts_what_waits_runs_and_has_ended(make_queue):
    queue = make_queue()
    done, dead, running = queue.put(), queue.put(give_up="no"), queue.put(sleep_ms=600_000)
    queue.start(grace_s=1.5)
    for job_id in (done, dead, queue.put(priority="low")):
        queue.ended(job_id)
    queue.runs(running)
    waiting = [queue.put(), queue.put()]
    until(lambda: FailedJobRegistry("mails-high", connection=queue.client).count == 1)
    until(lambda: FinishedJobRegistry("mails-low", connection=queue.client).count == 1)
    until(lambda: sorted(worker.get_state() for worker in workers_of(queue)) == ["busy", "idle"])
    said = rq_says(queue, "info", "--raw")
    assert "queue mails-high 2, 1 executing, 1 finished, 1 failed" in said
    assert re.search(r"^worker mails-high-\S+ \(.*\) busy mails-high\. ", said, re.MULTILINE)
    assert "queue mails-low 0, 0 executing, 1 finished, 0 failed" in said
    assert re.search(r"^worker mails-low-\S+ \(.*\) idle mails-low\. ", said, re.MULTILINE)
    assert "2 jobs total" in rq_says(queue, "info", "mails-high")
    assert queue.engine.stats().priorities["high"].queued == len(waiting)


def test_rq_suspend_stops_our_workers_and_rq_resume_lets_them_go_on(make_queue):
    queue = make_queue()
    rq_says(queue, "suspend")
    waiting = queue.put()
    queue.start()
    until(lambda: [worker.get_state() for worker in workers_of(queue)] == ["suspended"] * 2)
    assert queue.look(waiting).state is JobState.QUEUED
    rq_says(queue, "resume")
    assert queue.ended(waiting).state is JobState.DONE


def test_all_that_rq_dashboard_reads_can_be_read(make_queue):
    """By the calls of its ``web.py`` with --json: a queue, its registries, its jobs, the workers."""
    queue = make_queue(backoff_s={"base": 600, "factor": 1, "jitter": 0})
    ids = {
        "finished": queue.put(say="secret"),
        "failed": queue.put(give_up="no such address"),
        "scheduled": queue.put(fail="later"),
        "started": queue.put(sleep_ms=600_000),
    }
    queue.start(grace_s=1.5)
    queue.runs(ids["started"])
    ids["queued"] = queue.put()
    registries = {
        "finished": FinishedJobRegistry,
        "failed": FailedJobRegistry,
        "scheduled": ScheduledJobRegistry,
        "started": StartedJobRegistry,
    }
    queues = {each.name: each for each in rq.Queue.all(connection=queue.client, serializer=JSONSerializer)}
    assert "mails-high" in queues
    for name, registry in registries.items():
        read = registry("mails-high", connection=queue.client)
        until(lambda read=read, name=name: read.get_job_ids(0, 9, cleanup=False) == [ids[name]])
        assert read.get_job_count(cleanup=False) == 1
    assert queues["mails-high"].get_job_ids(0, 9) == [ids["queued"]]
    fetched = RqJob.fetch_many(ids.values(), connection=queue.client, serializer=JSONSerializer)
    jobs = dict(zip(ids, fetched, strict=True))
    for status, job in jobs.items():
        assert (job.get_status(), job.origin, job.description) == (status, "mails-high", "mails: noop")
        assert job.get_call_string() == "judgeline.queues.rq.work()"
        json.dumps([job.return_value(), job.get_meta()])
        assert b"secret" not in b"".join(queue.client.hgetall(job.key).values())
    assert "no such address" in jobs["failed"].latest_result().exc_string
    [busy] = [worker for worker in workers_of(queue) if worker.get_state() == "busy"]
    assert busy.queue_names() == ["mails-high"]
    assert [each.job_id for each in busy.get_current_executions()] == [ids["started"]]
