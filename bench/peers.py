"""RQ as a peer: its workers, as its own command line starts them, with logging turned down in its favour."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from redis import Redis
from rq import Queue
from rq.job import Job

from bench.servers import BIN, process
from bench.tasks import noop

QUEUE = "bench"
SIMPLE = "rq.worker.SimpleWorker"
FORKING = "rq.worker.Worker"


def fill(url: str, count: int) -> list[str]:
    """Put jobs onto RQ's queue in one pipeline; give their ids."""
    with Redis.from_url(url) as client:
        queue = Queue(QUEUE, connection=client)
        jobs = queue.enqueue_many([Queue.prepare_data(noop) for _ in range(count)])
        return [job.id for job in jobs]


@contextlib.contextmanager
def worker(url: str, log: Path, kind: str, *, burst: bool = False) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one RQ worker; ``burst``: it ends when the queue is empty."""
    command: list[str | Path] = [BIN / "rq", "worker", "--url", url, "--worker-class", kind]
    command += ["--quiet", "--disable-job-desc-logging", *(["--burst"] if burst else []), QUEUE]
    with process(command, log) as started:
        yield started


@contextlib.contextmanager
def pool(url: str, log: Path, size: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run RQ's pool of workers."""
    with process(
        [BIN / "rq", "worker-pool", "--url", url, "-n", str(size), "--quiet", QUEUE], log
    ) as started:
        yield started


def seconds_of_work(url: str, ids: list[str]) -> float:
    """From the first start to the last end, by RQ's own times. Raises AssertionError for a job unfinished."""
    with Redis.from_url(url) as client:
        starts, ends = [], []
        for job in Job.fetch_many(ids, connection=client):
            if job is None or job.started_at is None or job.ended_at is None:
                raise AssertionError("RQ has not finished a job")
            starts.append(job.started_at)
            ends.append(job.ended_at)
        return (max(ends) - min(starts)).total_seconds()
