"""Dramatiq: processes of threads, its Redis broker and its results middleware."""

import importlib.metadata
import logging

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend

from bench.queues import marks
from bench.queues.peers.base import URL, WAIT_S, Peer

logging.getLogger("dramatiq").setLevel(logging.ERROR)
broker = RedisBroker(url=URL)
broker.add_middleware(Results(backend=RedisBackend(url=URL), store_results=True))
dramatiq.set_broker(broker)


@dramatiq.actor(queue_name="bench")
def noop(number: int) -> dict[str, bool]:
    """The task."""
    return marks.noop(number)


def command(processes: int, threads: int) -> list[str]:
    """The command of a worker with so many processes of so many threads."""
    module = "bench.queues.peers.dramatiq"
    return ["dramatiq", module, "--processes", str(processes), "--threads", str(threads), "--skip-logging"]


class Client:
    """Fills it."""

    def one(self, number: int) -> None:
        """``send``."""
        noop.send(number)

    def call(self, number: int) -> None:
        """``get_result`` blocks on a list."""
        noop.send(number).get_result(block=True, timeout=int(WAIT_S * 1000))


PEER = Peer(
    label="Dramatiq",
    version=f"dramatiq {importlib.metadata.version('dramatiq')}",
    one=command(1, 8),
    best=[command(2, 8)],
    best_is="2 processes x 8 threads",
    settings="1 process x 8 threads, its default (with one thread its consumer backs off: a fifth); results",
    pace=(1500, 3300),
)
