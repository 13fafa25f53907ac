"""A worker killed between the pop and the first note of it: where it loses its job, and where not.

The worker stops itself at that point, so that the kill always finds it there.
"""

import signal
import subprocess
import sys
import time

import rq
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from judgeline.queues.job import JobState, NewJob
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.options import QueueOptions

from .mails import PATIENCE_S, until

STOP = """
import os, signal, sys
def stop(*_, **__):
    print("taken", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
"""
STOCK = (
    STOP
    + """
from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer
url, stopping, *names = sys.argv[1:]
if stopping:
    Queue._fetch_dequeued_job = stop  # what RQ does next after its pop
client = Redis.from_url(url)
worker = Worker(names, connection=client, serializer=JSONSerializer, log_job_description=False)
worker.work(burst=not stopping, logging_level="CRITICAL")
"""
)
OURS = (
    STOP
    + """
import rq
import msgspec
from judgeline.queues.connect import blocking_client
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq.task import Workplace
from judgeline.queues.rq.worker import QueueWorker
from workers.handlers.noop import NoopHandler
url, stopping = sys.argv[1:]
if stopping:
    rq.Queue._fetch_dequeued_job = stop
place = Workplace("mails", QueueOptions(handler="noop", engine="rq"), url, NoopHandler)
QueueWorker(place, "high", f"worker-{os.getpid()}", blocking_client(url, 30)).work(
    burst=not stopping, logging_level="CRITICAL"
)
"""
)
LISTS = (
    STOP
    + """
from redis import Redis
from judgeline.queues.lists import ListsConsumer
from judgeline.queues.options import QueueOptions
client = Redis.from_url(sys.argv[1])
assert ListsConsumer(client, client, "mails", QueueOptions(handler="noop")).claim("killed", 1)
stop()
"""
)


def killed_after_its_pop(program, *arguments):
    """Run a worker until it has taken a job, and kill it there."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    try:
        assert process.stdout.readline() == b"taken\n"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
        process.stdout.close()


def run(program, *arguments):
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, timeout=PATIENCE_S)


def let_a_minute_pass(client, name):
    """Have maintenance find what it noticed as old as it must be."""
    for job_id in client.lrange(f"rq:queue:{name}:intermediate", 0, -1):
        key = f"rq:queue:{name}:intermediate:first_seen:{job_id.decode()}"
        client.set(key, time.time() - 3_600)
    client.delete(f"rq:clean_registries:{name}")


def places(client, job_id):
    """Everywhere that RQ could find a job from, to work it or to show it."""
    found = []
    for key in client.scan_iter("rq:*"):
        kind = client.type(key)
        if kind == b"list":
            members = client.lrange(key, 0, -1)
        elif kind == b"zset":
            members = client.zrange(key, 0, -1)
        elif kind == b"set":
            members = client.smembers(key)
        else:
            continue
        if any(job_id.encode() in member for member in members):
            found.append(key.decode())
    return found


def test_a_stock_rq_worker_of_two_queues_loses_the_job_it_has_just_taken(redis_url, redis_client):
    job = rq.Queue("second", connection=redis_client, serializer=JSONSerializer).enqueue("time.time")
    assert places(redis_client, job.id) == ["rq:queue:second"]
    killed_after_its_pop(STOCK, redis_url, "stopping", "first", "second")
    assert places(redis_client, job.id) == []
    for _ in range(2):  # another worker, whose maintenance has all the time of the world
        run(STOCK, redis_url, "", "first", "second")
        let_a_minute_pass(redis_client, "second")
    assert places(redis_client, job.id) == []
    assert job.get_status() == "queued"  # for ever: nothing will look at it again
    assert job.latest_result() is None


def test_a_stock_rq_worker_of_one_queue_keeps_a_note_but_does_not_run_the_job_again(redis_url, redis_client):
    job = rq.Queue("second", connection=redis_client, serializer=JSONSerializer).enqueue("time.time")
    killed_after_its_pop(STOCK, redis_url, "stopping", "second")
    assert places(redis_client, job.id) == ["rq:queue:second:intermediate"]
    for _ in range(2):
        run(STOCK, redis_url, "", "second")
        let_a_minute_pass(redis_client, "second")
    assert job.get_status() == "failed"
    assert job.id in FailedJobRegistry("second", connection=redis_client)


def test_our_rq_worker_killed_there_has_its_job_run(make_queue, redis_url, redis_client):
    queue = make_queue()
    job_id = queue.put()
    killed_after_its_pop(OURS, redis_url, "stopping")
    assert queue.look(job_id).state is JobState.QUEUED
    run(OURS, redis_url, "")  # its maintenance notices the ticket
    let_a_minute_pass(redis_client, "mails-high")
    queue.start()
    until(lambda: redis_client.zadd("rq:scheduled:mails-high", {job_id: 1}, xx=True, ch=True))  # it had 5 s
    job = queue.ended(job_id)
    assert (job.state, job.attempt, job.crashes) == (JobState.DONE, 1, 0)


def test_the_lists_engine_loses_nothing_in_the_same_place(redis_url, redis_client):
    options = QueueOptions(handler="noop")
    engine = ListsEngine(redis_client, "mails", options)
    consumer = ListsConsumer(redis_client, redis_client, "mails", options)
    engine.enqueue([NewJob(id="a", priority="high", payload=b"p")])
    killed_after_its_pop(LISTS, redis_url)
    assert [view.jobs for view in engine.workers()] == [["a"]]  # on the backup list of the one that died
    assert consumer.crashed("killed", b"{}") == [("a", JobState.QUEUED)]  # its supervisor saw it die
    claim = consumer.claim("next", 1)
    assert claim is not None
    assert (claim.id, claim.payload) == ("a", b"p")
    redis_client.zadd("jl:{mails}:workers", {"next": 1})  # where the supervisor dies too, the lease lapses
    assert consumer.tick().reaped == 1
    assert consumer.claim("last", 1) is not None
