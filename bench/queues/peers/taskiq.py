"""taskiq with taskiq-redis: asyncio, a stream with acknowledgements."""

import importlib.metadata

from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

from bench.queues import marks
from bench.queues.peers.base import URL, WAIT_S, Peer

_results: RedisAsyncResultBackend[dict[str, bool]] = RedisAsyncResultBackend(URL, result_ex_time=3600)
broker = RedisStreamBroker(URL, queue_name="bench", consumer_id="0").with_result_backend(_results)
one = RedisStreamBroker(URL, queue_name="bench", consumer_id="0", xread_count=1).with_result_backend(_results)


async def noop(number: int) -> dict[str, bool]:
    """The task."""
    return marks.noop(number)


task = broker.register_task(noop, task_name="noop")
one.register_task(noop, task_name="noop")


def command(which: str, tasks: int) -> list[str]:
    """The command of one worker process with so many tasks at once."""
    return [
        *("taskiq", "worker", f"bench.queues.peers.taskiq:{which}", "--workers", "1"),
        *("--max-async-tasks", str(tasks), "--max-prefetch", "1" if tasks == 1 else "50"),
        *("--log-level", "ERROR", "--ack-type", "when_saved"),
    ]


class Client:
    """Fills it."""

    async def open(self) -> None:
        """Connect."""
        await broker.startup()

    async def one(self, number: int) -> None:
        """``kiq``."""
        await task.kiq(number)

    async def call(self, number: int) -> None:
        """``wait_result`` polls."""
        sent = await task.kiq(number)
        await sent.wait_result(check_interval=0.001, timeout=WAIT_S)


PEER = Peer(
    label="taskiq-redis",
    version=f"taskiq {importlib.metadata.version('taskiq')}, "
    f"taskiq-redis {importlib.metadata.version('taskiq-redis')}",
    one=command("one", 1),
    best=[command("broker", 50)] * 2,
    best_is="2 processes x 50 tasks",
    settings="`RedisStreamBroker`, one task at a time, one message a read (best: 50 and 100), "
    "`ack-type when_saved`; the waiting client polls each 1 ms",
    pace=(1000, 2000),
)
