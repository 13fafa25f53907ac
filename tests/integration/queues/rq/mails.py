"""A queue on RQ with real workers, and what tests of it need."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer

from judgeline.ids import new_id
from judgeline.queues.connect import command_client
from judgeline.queues.job import Job, JobState, NewJob
from judgeline.queues.open import open_engine
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq import RqEngine

QUEUE = "mails"
PATIENCE_S = 40

WORK = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
import msgspec
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq import Order, work
from workers.errors import Unready
from judgeline.queues.rq import obedience, worker
from workers.handlers.noop import NoopHandler
worker.HEARTBEAT_S = int(os.environ.get("HEARTBEAT_S", worker.HEARTBEAT_S))
obedience.OBEY_S = float(os.environ.get("OBEY_S", obedience.OBEY_S))
options = msgspec.json.decode(sys.argv[2], type=QueueOptions)
work("mails", sys.argv[1], Order(options, NoopHandler, 2), grace_s=float(sys.argv[3]), unready=(Unready,))
"""


class Queue:
    """A queue on RQ, and its workers when they are started."""

    def __init__(self, url: str, options: QueueOptions, log: Path) -> None:
        self.log = log
        self.serializer = JSONSerializer
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
