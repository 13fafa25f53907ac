"""SAQ: asyncio, lists."""

import importlib.metadata
from typing import Any

from saq import Queue

from bench.queues import marks
from bench.queues.peers.base import URL, WAIT_S, Peer


async def noop(_context: dict[str, Any], *, number: int) -> dict[str, bool]:
    """The task."""
    return marks.noop(number)


queue = Queue.from_url(URL, name="bench")
one = {"queue": queue, "functions": [noop], "concurrency": 1}
many = {"queue": queue, "functions": [noop], "concurrency": 50}


class Client:
    """Fills it."""

    async def open(self) -> None:
        """Connect."""
        await queue.connect()

    async def one(self, number: int) -> None:
        """``enqueue``."""
        await queue.enqueue("noop", number=number)

    async def call(self, number: int) -> None:
        """``apply`` listens, and polls beside."""
        await queue.apply("noop", timeout=WAIT_S, poll_interval=0.002, number=number)


PEER = Peer(
    label="SAQ",
    version=f"saq {importlib.metadata.version('saq')}",
    one=["saq", "bench.queues.peers.saq.one", "--quiet"],
    best=[["saq", "bench.queues.peers.saq.many", "--quiet"]] * 2,
    best_is="2 processes x 50 jobs",
    settings="`concurrency` 1 (best: 50); the waiting client polls each 2 ms (its default is 500)",
    pace=(1000, 2100),
)
