"""Floor: LPUSH and BRPOP by redis-py. No result, no acknowledgement: what it popped is gone if it dies."""

import sys
from collections.abc import Sequence

from bench.queues import marks
from bench.queues.peers.base import URL, Peer
from judgeline.queues.connect import blocking_client, command_client

LIST = "floor"
_PIPELINE = 32


class Client:
    """Fills it."""

    def __init__(self) -> None:
        self._redis = command_client(URL)

    def one(self, number: int) -> None:
        """``LPUSH``."""
        self._redis.lpush(LIST, number)

    def bulk(self, numbers: Sequence[int]) -> None:
        """Pipelines of 32."""
        for start in range(0, len(numbers), _PIPELINE):
            with self._redis.pipeline(transaction=False) as pipeline:
                for number in numbers[start : start + _PIPELINE]:
                    pipeline.lpush(LIST, number)
                pipeline.execute()


def work() -> None:
    """Pop and mark until stopped."""
    client = blocking_client(URL, 1.0)
    while True:
        if popped := client.brpop([LIST], timeout=1):
            marks.noop(int(popped[1]))


PEER = Peer(
    label="floor: LPUSH, BRPOP",
    version="",
    one=[sys.executable, "-m", "bench.queues.peers.floor_list"],
    settings="redis-py, one round trip a job; no result, nothing kept of what was popped",
    pace=(10_000, 12_000),
    shapes=("drain", "enqueue"),
)

if __name__ == "__main__":
    work()
