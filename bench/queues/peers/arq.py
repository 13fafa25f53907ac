"""arq: asyncio, a sorted set, polled."""

from typing import Any, ClassVar

import arq as package
from arq.connections import RedisSettings, create_pool

from bench.queues import marks
from bench.queues.peers.base import URL, WAIT_S, Peer

SERVER = RedisSettings.from_dsn(URL)
QUIET = {"version": 1, "disable_existing_loggers": True}


async def noop(_context: dict[str, Any], number: int) -> dict[str, bool]:
    """The task."""
    return marks.noop(number)


class One:
    """A worker that works one job at a time."""

    functions: ClassVar[list[Any]] = [noop]
    redis_settings = SERVER
    max_jobs = 1
    poll_delay = 0.001
    log_results = False


class Many:
    """As fast as it goes."""

    functions = One.functions
    redis_settings = SERVER
    max_jobs = 50
    poll_delay = 0.001
    log_results = False


def command(kind: str) -> list[str]:
    """The command of a worker."""
    module = "bench.queues.peers.arq"
    return ["arq", f"{module}.{kind}", "--custom-log-dict", f"{module}.QUIET"]


class Client:
    """Fills it."""

    _redis: Any

    async def open(self) -> None:
        """Connect."""
        self._redis = await create_pool(SERVER)

    async def one(self, number: int) -> None:
        """``enqueue_job``."""
        await self._redis.enqueue_job("noop", number)

    async def call(self, number: int) -> None:
        """``result`` polls."""
        job = await self._redis.enqueue_job("noop", number)
        await job.result(timeout=WAIT_S, poll_delay=0.001)


PEER = Peer(
    label="arq",
    version=f"arq {package.VERSION}",
    one=command("One"),
    best=[command("Many"), command("Many")],
    best_is="2 processes x 50 jobs",
    settings="`max_jobs` 1 (best: 50), `poll_delay` 1 ms (with one job at a time "
    "it takes one a poll, and its default is 500)",
    pace=(400, 1500),
)
