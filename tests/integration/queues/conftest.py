"""After each test of a queue on the shared server: when all jobs have ended, no key may be left for good."""

import re
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.options import QueueOptions

QUEUE = re.compile(rb"jl:\{([a-z][a-z0-9_.-]*)\}:workers|jl:\{([a-z][a-z0-9_.-]*)\}:(?:high|low)")
"""Keys that only a queue on lists has."""


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest, check_leaks: Callable[..., None]) -> Iterator[None]:
    """End what a test left on each queue of the shared server, and look."""
    yield
    if "valkey_url" not in request.fixturenames:
        return
    with Redis.from_url(request.getfixturevalue("valkey_url")) as client:
        found = (QUEUE.match(key) for key in client.keys("jl:*"))
        for name in {(match[1] or match[2]).decode() for match in found if match}:
            options = QueueOptions(handler="noop")
            check_leaks(
                client, ListsEngine(client, name, options), ListsConsumer(client, client, name, options)
            )
