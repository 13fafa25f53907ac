"""RQ's SimpleWorker: in process, so a job that crashes takes the worker along."""

from collections.abc import Sequence

import rq
from redis import Redis
from rq import Queue, Retry
from rq.results import Result

from bench.queues.marks import hold, noop
from bench.queues.peers.base import URL, WAIT_S, Peer

QUEUE = "bench"


def command(kind: str) -> list[str]:
    """The command of one worker of a class, as RQ's own command line starts it."""
    quiet = ["--quiet", "--disable-job-desc-logging"]
    return ["rq", "worker", "--url", URL, "--worker-class", f"rq.worker.{kind}", *quiet, QUEUE]


class Client:
    """Fills it."""

    def __init__(self) -> None:
        self._redis = Redis.from_url(URL)
        self._queue = Queue(QUEUE, connection=self._redis)

    def one(self, number: int) -> None:
        """``enqueue``."""
        self._queue.enqueue(noop, number)

    def bulk(self, numbers: Sequence[int]) -> None:
        """``enqueue_many``, one pipeline."""
        self._queue.enqueue_many([Queue.prepare_data(noop, args=(number,)) for number in numbers])

    def call(self, number: int) -> None:
        """``latest_result`` blocks on the result's stream."""
        result = self._queue.enqueue(noop, number).latest_result(timeout=int(WAIT_S))
        if result is None or result.type is not Result.Type.SUCCESSFUL:
            raise RuntimeError("no result")

    def hold(self, number: int) -> None:
        """With retries, else RQ fails a job whose process was killed."""
        self._queue.enqueue(hold, number, retry=Retry(max=3))


PEER = Peer(
    label="RQ SimpleWorker",
    version=f"rq {rq.__version__}",
    one=command("SimpleWorker"),
    settings="`rq worker --worker-class rq.worker.SimpleWorker --quiet`",
    pace=(400, 550),
)
