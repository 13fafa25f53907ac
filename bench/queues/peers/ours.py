"""Ours: ``python -m workers`` with every guarantee on."""

import importlib.metadata
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.queues.peers.base import URL, WAIT_S, Peer
from judgeline.config import load_config
from judgeline.events import EventListener
from judgeline.ids import new_id
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.open import open_engine

QUEUE = "submissions"
_BATCH = 100
_USERS = 40


def command(children: int) -> list[str]:
    """The command of a supervisor with so many children."""
    return [sys.executable, "-m", "bench.queues.supervisor", QUEUE, "--processes", str(children)]


def job(number: int, payload: bytes = b"") -> NewJob:
    """A job of one of forty users, on one of two priorities."""
    priority = "low" if number % 2 else "high"
    return NewJob(
        id=new_id(), priority=priority, user=f"user-{number % _USERS}", payload=payload or b"%d" % number
    )


class Client:
    """Fills it."""

    def __init__(self) -> None:
        options = load_config(Path(os.environ["JUDGELINE_CONFIG"])).queues[QUEUE]
        self._engine = open_engine(QUEUE, options, URL)
        self._listener: EventListener | None = None

    def one(self, number: int) -> None:
        """``enqueue`` of one."""
        self._engine.enqueue([job(number)])

    def bulk(self, numbers: Sequence[int]) -> None:
        """``enqueue`` of 100 a call."""
        for start in range(0, len(numbers), _BATCH):
            self._engine.enqueue([job(number) for number in numbers[start : start + _BATCH]])

    def call(self, number: int) -> None:
        """Subscribe, enqueue, hear of the end, read the job."""
        self._listener = self._listener or EventListener(URL)
        sent = job(number * 2)
        with self._listener.watch(self._engine.channel(sent.id)) as watch:
            self._engine.enqueue([sent])
            deadline = time.monotonic() + WAIT_S
            while (state := getattr(watch.wait(0.5), "state", None)) is None or not state.terminal:
                if time.monotonic() > deadline:
                    raise TimeoutError("no event of the job's end")
        found = self._engine.look(sent.id)
        if found is None or found.state is not JobState.DONE or not found.result:
            raise RuntimeError("the event came before the result")

    def hold(self, number: int) -> None:
        """A job that takes a minute."""
        self._engine.enqueue([job(number, b"hold %d" % number)])


PEER = Peer(
    label="Judgeline",
    version=f"judgeline {importlib.metadata.version('judgeline')}",
    one=command(1),
    two=[command(2)],
    best=[command(3)],
    best_is="3 children",
    settings="`python -m workers --processes 1`: two weighted priorities, forty users in turn, leases, "
    "fence, events, results kept for the store; no prefetch",
    pace=(9_000, 12_000),
)
