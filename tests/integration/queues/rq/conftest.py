"""The fixture ``make_queue``: queues on RQ, and their workers when they are wanted."""

from collections.abc import Callable, Iterator

import pytest

from .mails import Queue, options


@pytest.fixture
def make_queue(redis_url, tmp_path) -> Iterator[Callable[..., Queue]]:
    queues = []

    def make(*, working: bool = False, **changes) -> Queue:
        queues.append(Queue(redis_url, options(**changes), tmp_path / "workers.log"))
        if working:
            queues[-1].start()
        return queues[-1]

    yield make
    for queue in queues:
        if queue.process is not None:
            queue.stop()
            print(queue.log.read_text())  # noqa: T201 - for the report of a failed test
        queue.client.close()
