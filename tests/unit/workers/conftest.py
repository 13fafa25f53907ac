"""A child's life in this process: its supervisor is the test, its queue is in memory."""

import os
import signal

import pytest

from judgeline.queues.job import NewJob
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import BackoffOptions, QueueOptions
from workers import child as child_module
from workers.child import Child
from workers.control import Channel, Stop
from workers.slot import Slot

OPTIONS = QueueOptions(
    handler="noop", store=False, backoff_s=BackoffOptions(base=0.001, factor=1, max=0.001, jitter=0)
)


class Bench:
    """One child, its handler, and the supervisor's end of its channel."""

    def __init__(self):
        self.engine = MemoryEngine("q", OPTIONS)
        self.consumer = self.engine
        self.ours, self.theirs = Channel.pair()
        self.slot = Slot()
        self.work = lambda _claim, _context: b"{}"
        self.made = self.closed = 0

    def __call__(self, claim, context):
        return self.work(claim, context)

    def idle(self):
        """No job waits: promote what is delayed, or end the test's child."""
        self.engine.tick()
        stats = self.engine.stats()
        if stats.delayed == 0 and not any(priority.queued for priority in stats.priorities.values()):
            self.tell(Stop())

    def close(self):
        self.closed += 1

    def make(self):
        self.made += 1
        return self

    def tell(self, message):
        self.ours.send(message)
        os.kill(os.getpid(), signal.SIGUSR1)

    def put(self, *ids, payload=b"{}"):
        self.engine.enqueue([NewJob(id=id_, priority="low", payload=payload) for id_ in ids])

    def live(self):
        """Have the child live until no job is left."""
        Child("w-1", self.consumer, self.make, self.theirs, self.slot, timeout_s=60).live()


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.setattr(child_module, "_AWAY_S", (0.0,))
    monkeypatch.setattr(child_module, "_UNREADY_S", (0.0,))
    monkeypatch.setattr(child_module, "_WAIT_S", 0.01)
    before = signal.getsignal(signal.SIGUSR1)
    bench = Bench()
    yield bench
    signal.signal(signal.SIGUSR1, before)
    bench.ours.close()
    bench.theirs.close()
    bench.slot.close()
