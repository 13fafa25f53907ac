"""What /readyz asks, with patience of its own: it answers within three seconds even when all is away."""

from collections.abc import Mapping

from redis import Redis
from redis.exceptions import RedisError

from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.troubles import Troubles
from judgeline.recorders import recorder_alive
from judgeline.store.database import Store

STORE_PATIENCE_S = 0.8
"""How long the store's lock may be held by others before it counts as locked. A commit takes milliseconds."""


class Probe:
    """Asks the parts."""

    def __init__(self, redis: Redis, store: Store, troubles: Mapping[str, Troubles]) -> None:
        self._redis = redis
        self._store = store
        self._troubles = troubles

    def ping(self) -> None:
        """Raise QueueUnavailable unless Redis answers."""
        try:
            self._redis.ping()
        except RedisError as error:
            raise QueueUnavailable(str(error)) from error

    def lock_store(self) -> None:
        """Raise StoreUnavailable or StoreUnfit unless the store can be written."""
        with self._store.writer():
            pass

    def recorder_alive(self) -> bool:
        """Whether some recorder reaches queue and store. Raises QueueUnavailable."""
        try:
            return recorder_alive(self._redis)
        except RedisError as error:
            raise QueueUnavailable(str(error)) from error

    def troubles(self, queue: str) -> dict[str, str]:
        """Supervisor -> why its workers claim nothing. Raises QueueUnavailable."""
        return self._troubles[queue].read()
