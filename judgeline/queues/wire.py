"""Commands without the layers of redis-py's client: the same connections, a quarter of the CPU.

The client's ``execute_command`` takes a connection from its pool, checks it, wraps the call in retries and
telemetry, and gives the connection back, each time. A ``Wire`` keeps the connections it once got and does the
two calls that are left. What it keeps stays the pool's own, so closing the client closes it, too.
"""

import os
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

_LOST = (RedisConnectionError, RedisTimeoutError, OSError)


class Wire:
    """Sends commands on a client's connections. Threads may share it: each call has one for itself."""

    def __init__(self, client: "Redis") -> None:
        self._pool = client.connection_pool
        self._idle: list[Any] = []
        self._process = os.getpid()

    def call(self, *command: str | bytes | int) -> Any:
        """Send a command and give its reply, once more on a new connection if the first try loses it.

        So it must be one that may be repeated. Raises what the client raises.
        """
        try:
            return self._call(command)
        except _LOST:
            # whoever lost one connection has lost those that lay idle beside it
            while (idle := self._take()) is not None:
                self._drop(idle)
            return self._call(command)

    def _call(self, command: tuple[str | bytes | int, ...]) -> Any:
        connection = self._take() or self._pool.get_connection()
        try:
            connection.send_command(*command, check_health=False)
            reply = connection.read_response()
        except ResponseError:
            self._idle.append(connection)  # an error is a reply: the connection is well
            raise
        except BaseException:
            self._drop(connection)
            raise
        self._idle.append(connection)
        return reply

    def _take(self) -> Any:
        """A kept connection, or None."""
        if self._process != os.getpid():
            self._idle, self._process = [], os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _drop(self, connection: Any) -> None:
        connection.disconnect()
        self._pool.release(connection)
