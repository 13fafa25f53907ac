"""docket (pydocket): asyncio, a stream."""

import asyncio
import importlib.metadata
import logging
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

from docket import Docket, Worker

from bench.queues import marks
from bench.queues.peers.base import URL, WAIT_S, Peer


async def noop(number: int) -> dict[str, bool]:
    """The task."""
    return marks.noop(number)


def command(concurrency: int) -> list[str]:
    """The command of a worker."""
    return ["python", "-m", "bench.queues.peers.docket", str(concurrency)]


async def work(concurrency: int) -> None:
    """What ``docket worker`` does; its command line knows intervals of whole seconds only."""
    async with (
        Docket(name="bench", url=URL) as docket,
        Worker(
            docket,
            concurrency=concurrency,
            minimum_check_interval=timedelta(milliseconds=1),
            schedule_automatic_tasks=False,
        ) as worker,
    ):
        docket.register(noop)
        await worker.run_forever()


class Client:
    """Fills it."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._docket = Docket(name="bench", url=URL)

    async def open(self) -> None:
        """Connect."""
        await self._stack.enter_async_context(self._docket)
        self._docket.register(noop)

    async def one(self, number: int) -> None:
        """``add``."""
        await self._docket.add(noop)(number)

    async def bulk(self, numbers: Sequence[int]) -> None:
        """``add_many``."""
        await self._docket.add_many([self._docket.call(noop)(number) for number in numbers])

    async def call(self, number: int) -> None:
        """``get_result`` listens."""
        execution = await self._docket.add(noop)(number)
        await execution.get_result(timeout=timedelta(seconds=WAIT_S))


PEER = Peer(
    label="docket",
    version=f"pydocket {importlib.metadata.version('pydocket')}",
    one=command(1),
    best=[command(50), command(50)],
    best_is="2 processes x 50 tasks",
    settings="`concurrency` 1 (best: 50), `minimum_check_interval` 1 ms (with one task "
    "at a time it takes one a check, and its default is 100)",
    pace=(500, 2000),
)

if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(work(int(sys.argv[1])))
