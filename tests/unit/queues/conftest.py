"""A queue of engine "lists" on fakeredis, for what the conformance suite cannot say of every engine."""

from collections.abc import Callable, Iterator

import fakeredis
import pytest
from redis import Redis

from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.options import QueueOptions

QUEUE = "unit"


@pytest.fixture
def fake() -> Iterator[Redis]:
    with fakeredis.FakeRedis(server=fakeredis.FakeServer()) as client:
        yield client


@pytest.fixture
def options() -> QueueOptions:
    return QueueOptions(handler="noop", max_queued_per_user=5_000)


@pytest.fixture
def engine(fake: Redis, options: QueueOptions) -> ListsEngine:
    return ListsEngine(fake, QUEUE, options)


@pytest.fixture
def consumer(
    fake: Redis, engine: ListsEngine, options: QueueOptions, check_leaks: Callable[..., None]
) -> Iterator[ListsConsumer]:
    made = ListsConsumer(fake, fake, QUEUE, options, chance=lambda: 0.5)
    yield made
    check_leaks(fake, engine, made)
