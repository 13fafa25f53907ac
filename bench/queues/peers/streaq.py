"""streaq: asyncio, a stream."""

import importlib.metadata
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack

from streaq import Worker

from bench.queues import marks
from bench.queues.peers.base import URL, WAIT_S, Peer

logging.getLogger("streaq").setLevel(logging.ERROR)
one: Worker[None] = Worker(redis_url=URL, queue_name="bench", concurrency=1, prefetch=1)
many: Worker[None] = Worker(redis_url=URL, queue_name="bench", concurrency=50)


@one.task(name="noop")
async def noop(number: int) -> dict[str, bool]:
    """The task."""
    return marks.noop(number)


@many.task(name="noop")
async def noop_many(number: int) -> dict[str, bool]:
    """The same task of the other worker."""
    return marks.noop(number)


class Client:
    """Fills it."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """Connect."""
        await self._stack.enter_async_context(one)

    async def one(self, number: int) -> None:
        """``enqueue``."""
        await noop.enqueue(number)

    async def bulk(self, numbers: Sequence[int]) -> None:
        """``enqueue_many``, one pipeline."""
        await one.enqueue_many([noop.enqueue(number) for number in numbers])

    async def call(self, number: int) -> None:
        """``result`` listens."""
        task = await noop.enqueue(number)
        await task.result(timeout=int(WAIT_S))


PEER = Peer(
    label="streaq",
    version=f"streaq {importlib.metadata.version('streaq')}",
    one=["streaq", "run", "bench.queues.peers.streaq:one"],
    best=[["streaq", "run", "bench.queues.peers.streaq:many"]] * 2,
    best_is="2 processes x 50 jobs",
    settings="`concurrency` 1, `prefetch` 1 (best: 50); coredis",
    pace=(600, 1300),
)
