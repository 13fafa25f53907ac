"""A queue on RQ: the same interface and handlers, on real RQ workers and a real server."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import rq
from redis import Redis
from rq.job import Job as RqJob
from rq.registry import FailedJobRegistry, FinishedJobRegistry, ScheduledJobRegistry
from rq.serializers import JSONSerializer, PickleSerializer

from judgeline.ids import new_id
from judgeline.queues.connect import command_client
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
from judgeline.queues.job import Event, Job, JobState, NewJob
from judgeline.queues.open import open_engine
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq import RqEngine
from judgeline.queues.rq.tickets import FUNCTION

QUEUE = "mails"
PATIENCE_S = 40

WORK = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
import msgspec
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq import work
from workers.errors import Unready
from workers.handlers.noop import NoopHandler
options = msgspec.json.decode(sys.argv[2], type=QueueOptions)
work("mails", options, sys.argv[1], NoopHandler, processes=2, grace_s=float(sys.argv[3]), unready=(Unready,))
"""


class Queue:
    """A queue on RQ, and its workers when they are started."""

    def __init__(self, url: str, options: QueueOptions, log: Path) -> None:
        self.log = log
        self.url = url
        self.options = options
        self.client = command_client(url)
        engine = open_engine(QUEUE, options, url)
        assert isinstance(engine, RqEngine)
        self.engine = engine
        self.process: subprocess.Popen[bytes] | None = None

    def put(self, job_id: str = "", priority: str = "high", **told) -> str:
        job_id = job_id or new_id()
        self.engine.enqueue([NewJob(id=job_id, priority=priority, payload=json.dumps(told).encode())])
        return job_id

    def start(self, grace_s: float = 30, **environment: str) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", WORK, self.url, msgspec.json.encode(self.options), str(grace_s)],
                env=os.environ | environment,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def look(self, job_id: str) -> Job:
        job = self.engine.look(job_id)
        assert job is not None
        return job

    def ended(self, job_id: str) -> Job:
        until(lambda: self.look(job_id).state.terminal)
        return self.look(job_id)

    def runs(self, job_id: str) -> None:
        until(lambda: self.look(job_id).state is JobState.RUNNING)

    def ticket(self, job_id: str) -> RqJob:
        return RqJob.fetch(job_id, connection=self.client, serializer=JSONSerializer)


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def options(**changes) -> QueueOptions:
    told = {"handler": "noop", "engine": "rq", "backoff_s": {"base": 0.1, "factor": 1, "jitter": 0}}
    return msgspec.convert(told | changes, QueueOptions)


@pytest.fixture
def make_queue(redis_url, tmp_path) -> Iterator[Callable[..., Queue]]:
    queues = []

    def make(*, working: bool = False, **changes) -> Queue:
        queues.append(Queue(redis_url, options(**changes), tmp_path / "workers.log"))
        if working:
            queues[-1].start()
        return queues[-1]

    yield make
    for queue in queues:
        if queue.process is not None:
            queue.stop()
            print(queue.log.read_text())  # noqa: T201 - for the report of a failed test
        queue.client.close()


def family(pid: int) -> list[int]:
    """Give the descendants of a process."""
    found, todo = [], [pid]
    while todo:
        parent = todo.pop()
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
            found += [int(child) for child in children]
            todo += [int(child) for child in children]
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


# Filling and watching, without workers


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


def test_what_rq_cannot_do_is_said(make_queue):
    engine = make_queue().engine
    for refused in (engine.pause, engine.resume):
        with pytest.raises(QueueError, match="engine rq has no"):
            refused("high")


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


# Working


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


def test_a_time_limit(make_queue):
    queue = make_queue(working=True)
    job = queue.ended(queue.put(limit_ms=200, sleep_ms=60_000))
    assert (job.state, job.reason) == (JobState.DEAD, "it took longer than its time limit")


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


# Stopping, dying, and being attacked


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


def test_old_dead_letters_go(make_queue):
    queue = make_queue(working=True, dead_ttl_s=3_600)
    old = queue.put(give_up="no")
    queue.ended(old)
    queue.client.zadd("jl:{mails}:dead", {old: (time.time() - 3_601) * 1000})
    queue.ended(queue.put())
    assert queue.engine.dead() == []


def test_nothing_but_tickets_is_run(make_queue, tmp_path):
    """Whatever somebody who reaches Redis puts on our queue by RQ's own means."""
    queue = make_queue()
    trap = tmp_path / "trap"
    call, hook = rq.Callback("os.abort"), rq.Webhook("http://127.0.0.1:9/", "failed")
    forged = {
        kind: rq.Queue("mails-high", connection=queue.client, serializer=serializer).enqueue(
            function, *arguments, **more
        )
        for kind, serializer, function, arguments, more in (
            ("code", JSONSerializer, "os.system", [f"touch {trap}"], {"retry": rq.Retry(3)}),
            ("pickle", PickleSerializer, "os.system", [f"touch {trap}"], {}),
            ("success", JSONSerializer, FUNCTION, [], {"on_success": call}),
            ("failure", JSONSerializer, FUNCTION, [], {"on_failure": call}),
            ("stopped", JSONSerializer, FUNCTION, [], {"on_stopped": call}),
            ("webhook", JSONSerializer, FUNCTION, [], {"webhooks": [hook]}),
            ("no job", JSONSerializer, FUNCTION, [], {}),
        )
    }
    ours = queue.put()
    queue.start()
    assert queue.ended(ours).state is JobState.DONE
    ids = {job.id for job in forged.values()}
    until(lambda: set(FailedJobRegistry("mails-high", connection=queue.client).get_job_ids()) == ids)
    assert not trap.exists()
    assert [queue.engine.look(job_id) for job_id in ids] == [None] * len(ids)
    said = queue.log.read_text()
    for words in (
        "names code",
        "DeserializationError",
        "it has callbacks",
        "it has webhooks",
        "knows no job",
    ):
        assert words in said
    assert "Failed to send webhook" not in said


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
