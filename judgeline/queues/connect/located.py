"""The connection that asks where to connect to, each time it does."""

from typing import Any

from redis.connection import Connection, SSLConnection
from redis.exceptions import (
    ClusterDownError,
    MovedError,
    ReadOnlyError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from judgeline.queues.address import Node
from judgeline.queues.connect.locate import Locator


class Elsewhere(RedisConnectionError):
    """The server is not, or not any more, the one to ask. The connection is closed; the next one finds it."""


class LocatedConnection(Connection):
    """Leads to the primary that ``locator`` finds. The idea is redis-py's SentinelManagedConnection."""

    def __init__(self, *, locator: Locator, **kwargs: Any) -> None:
        self._locator = locator
        self._generation = -1
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]

    def connect(self) -> None:
        """Connect, anew where the primary has become another since. Pools do so at each taking."""
        if self.is_connected and self._generation != self._locator.generation:
            self.disconnect()  # type: ignore[no-untyped-call]
        super().connect()  # type: ignore[no-untyped-call]

    def _connect(self) -> Any:
        self.host, self.port = self._locator.find()
        self._generation = self._locator.generation
        return super()._connect()  # type: ignore[no-untyped-call]

    def on_connect_check_health(self, check_health: bool = True) -> None:  # noqa: FBT001, FBT002 - redis-py's own
        """Say who we are, and where it cannot tell by itself ask the server whether it is a primary."""
        super().on_connect_check_health(check_health=check_health)
        if not self._locator.confirms:
            return
        self.send_command("ROLE", check_health=False)  # type: ignore[no-untyped-call]
        role = self.read_response()[0]
        if role not in (b"master", "master"):
            raise Elsewhere(f"{self.host}:{self.port} is no primary (any more)")

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        """Read an answer; one that leads elsewhere is a lost connection."""
        try:
            return super().read_response(*args, **kwargs)
        except MovedError as error:
            raise self._elsewhere(error, (error.host or self.host, error.port)) from error
        except (ReadOnlyError, ClusterDownError) as error:
            raise self._elsewhere(error) from error
        except ResponseError as error:
            if str(error).startswith("UNBLOCKED"):  # a blocked command on a primary that became a replica
                raise self._elsewhere(error) from error
            raise

    def _elsewhere(self, error: ResponseError, node: Node | None = None) -> Elsewhere:
        self._locator.moved(node)
        self.disconnect()  # type: ignore[no-untyped-call]
        code = type(error).__name__.removesuffix("Error")
        return Elsewhere(f"{self.host}:{self.port} is not the one to ask ({code}: {error})")


class LocatedTlsConnection(LocatedConnection, SSLConnection):
    """The same over TLS."""
