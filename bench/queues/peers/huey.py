"""Huey: threads in one process, a blocking list. At most once: what it popped is gone if it dies."""

import huey as package
from huey import RedisHuey

from bench.queues import marks
from bench.queues.peers.base import URL, WAIT_S, Peer

huey = RedisHuey("bench", url=URL, results=True, notify_result=True)


@huey.task(name="noop")
def noop(number: int) -> dict[str, bool]:
    """The task."""
    return marks.noop(number)


def command(threads: int) -> list[str]:
    """The command of a consumer with so many threads."""
    return ["huey_consumer", "bench.queues.peers.huey.huey", "--quiet", "--workers", str(threads)]


class Client:
    """Fills it."""

    def one(self, number: int) -> None:
        """Calling the task enqueues it."""
        noop(number)

    def call(self, number: int) -> None:
        """``get`` waits for the result's notice."""
        if noop(number).get(blocking=True, timeout=WAIT_S) is None:
            raise RuntimeError("no result")


PEER = Peer(
    label="Huey",
    version=f"huey {package.__version__}",
    one=command(1),
    settings="`RedisHuey`, one thread, `notify_result`; **at most once**: a job that was popped has no copy",
    pace=(2600, 3300),
)
