"""One name for every way a server cannot serve."""

import contextlib
from collections.abc import Iterator

from redis.exceptions import (
    AskError,
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TryAgainError,
)
from redis.exceptions import (
    ConnectionError as RedisConnectionError,
)
from redis.exceptions import (
    TimeoutError as RedisTimeoutError,
)

from judgeline.queues.connect.locate import NotFound
from judgeline.queues.connect.located import Elsewhere
from judgeline.queues.errors import QueueUnavailable

MIGRATING = "the cluster is moving the queue's slot key by key, and half a queue must not be used"

# Most particular first: some of these are kinds of others.
CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (NotFound, "Redis cannot be found"),
    (Elsewhere, "Redis has moved"),
    (AskError, MIGRATING),
    (TryAgainError, MIGRATING),
    (OutOfMemoryError, "Redis is out of memory (maxmemory): it drains, but takes no new jobs"),
    (ReadOnlyError, "Redis is a read-only replica"),
    (BusyLoadingError, "Redis is still loading its data"),
    (NoPermissionError, "Redis does not permit the user of REDIS_URL what the queue needs"),
    (AuthenticationError, "Redis refused the name or password of REDIS_URL"),
    (RedisTimeoutError, "Redis did not answer in time"),
    (RedisConnectionError, "Redis cannot be reached"),
    (OSError, "Redis cannot be reached"),
)

SERVER_ERRORS = (RedisError, OSError)
"""What the client raises where a server cannot serve."""


@contextlib.contextmanager
def server_errors(queue: str) -> Iterator[None]:
    """Turn what the client raises into QueueUnavailable, which names the cause."""
    try:
        yield
    except SERVER_ERRORS as error:
        raise unavailable(queue, error) from error


def unavailable(queue: str, error: Exception) -> QueueUnavailable:
    """Say what one of SERVER_ERRORS means."""
    cause = next((text for kind, text in CAUSES if isinstance(error, kind)), "Redis refused")
    return QueueUnavailable(f"queue {queue}: {cause}: {error}")
