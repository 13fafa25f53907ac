"""Celery: its prefork pool, its Redis broker and result backend."""

from typing import Any

import celery
from celery import Celery

from bench.queues import marks
from bench.queues.peers.base import URL, WAIT_S, Peer

app = Celery("bench", broker=URL, backend=URL)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    task_serializer="json",
    result_expires=3600,
    worker_hijack_root_logger=False,
)


@app.task(name="noop")
def noop(number: int) -> dict[str, bool]:
    """The task."""
    return marks.noop(number)


def command(concurrency: int, prefetch: int) -> list[str]:
    """The command of a worker with so many processes."""
    quiet = ["--loglevel", "ERROR", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    module = "bench.queues.peers.celery"
    return [
        *("celery", "-A", module, "worker", "--pool", "prefork", "--concurrency", str(concurrency)),
        *(f"--prefetch-multiplier={prefetch}", *quiet),
    ]


class Client:
    """Fills it."""

    def one(self, number: int) -> None:
        """``delay``."""
        noop.delay(number)

    def call(self, number: int) -> Any:
        """``get`` hears of the result over pub/sub."""
        return noop.delay(number).get(timeout=WAIT_S)


PEER = Peer(
    label="Celery",
    version=f"celery {celery.__version__}",
    one=command(1, 1),
    best=[command(2, 128)],
    best_is="2 processes, prefetch multiplier 128",
    settings="prefork, `acks_late`, `reject_on_worker_lost`, prefetch 1 (best: 128); "
    "no gossip, mingle, heartbeat",
    pace=(800, 1300),
)
