"""Commands without the layers of redis-py's client: the same connections, a quarter of the CPU.

The client's ``execute_command`` takes a connection from its pool, checks it, wraps the call in retries and
telemetry, and gives the connection back, each time. A ``Wire`` keeps the connections it once got and does the
two calls that are left. What it keeps stays the pool's own, so closing the client closes it, too.
"""

import os
from typing import Any
from weakref import WeakSet

from hiredis import pack_command
from redis import Redis
from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

_PLAIN = frozenset({Connection, SSLConnection, UnixDomainSocketConnection})
"""Connections that do no more than these; those of a cluster or a Sentinel do."""
_wires: "WeakSet[Wire]" = WeakSet()


class Wire:
    """Sends commands on a client's connections. Threads may share it: each call has one for itself."""

    def __init__(self, client: "Redis") -> None:
        self._pool = client.connection_pool
        self._idle: list[Any] = []
        _wires.add(self)

    def call(self, *command: str | bytes | int) -> Any:
        """Send a command and give its reply; once more on a new connection where a kept one proves lost.

        So it must be one that may be repeated. A server that is silent is not asked twice: whoever waits here
        waits for one time-out, or for what connecting takes. Raises what the client raises.
        """
        kept = self._take()
        if kept is not None:
            try:
                return self._call(kept, command)
            except RedisConnectionError:
                # whoever lost one connection has lost those that lay idle beside it
                while (idle := self._take()) is not None:
                    self._drop(idle)
        return self._call(self._pool.get_connection(), command)

    def call_once(self, *command: str | bytes | float) -> Any:
        """Send a command and give its reply; never a second time: one that blocks would then wait twice."""
        kept = self._take()
        return self._call(self._pool.get_connection() if kept is None else kept, command)

    def _call(self, connection: Any, command: tuple[str | bytes | float, ...]) -> Any:
        try:
            if type(connection) in _PLAIN and connection._sock is not None:  # noqa: SLF001 - see _talk
                reply = _talk(connection, command)
            else:
                connection.send_command(*command, check_health=False)
                reply = connection.read_response()
        except ReadOnlyError:
            self._drop(connection)  # after a failover the same address may lead to the new primary
            raise
        except ResponseError:
            self._idle.append(connection)  # an error is a reply: the connection is well
            raise
        except BaseException:
            self._drop(connection)
            raise
        self._idle.append(connection)
        return reply

    def call_all(self, *commands: tuple[str | bytes | int, ...]) -> list[Any]:
        """Send commands in one go, on one connection, and give their replies. Otherwise as ``call``.

        All are sent, whatever the first ones answer; the first error among the replies is raised.
        """
        kept = self._take()
        if kept is not None:
            try:
                return self._call_all(kept, commands)
            except RedisConnectionError:
                while (idle := self._take()) is not None:
                    self._drop(idle)
        return self._call_all(self._pool.get_connection(), commands)

    def _call_all(self, connection: Any, commands: tuple[tuple[str | bytes | int, ...], ...]) -> list[Any]:
        replies: list[Any] = []
        errors: list[ResponseError] = []
        try:
            connection.send_packed_command(connection.pack_commands(commands), check_health=False)
            for _ in commands:
                try:
                    replies.append(connection.read_response())
                except ResponseError as error:
                    errors.append(error)
        except BaseException:
            self._drop(connection)
            raise
        if any(isinstance(error, ReadOnlyError) for error in errors):
            self._drop(connection)
        else:
            self._idle.append(connection)
        if errors:
            raise errors[0]
        return replies

    def _take(self) -> Any:
        """A kept connection, or None."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def let_go(self) -> None:
        """In a new child: close the copies of what the parent keeps, which goes on as if nothing was."""
        while (idle := self._take()) is not None:
            idle.disconnect()  # it knows that it is another process's, and shuts nothing down

    def _drop(self, connection: Any) -> None:
        connection.disconnect()
        self._pool.release(connection)


def _talk(connection: Any, command: tuple[str | bytes | float, ...]) -> Any:
    """As ``send_command`` and ``read_response`` of a connection that is open, which take 5 us more."""
    try:
        connection._sock.sendall(pack_command(command))  # type: ignore[arg-type] # noqa: SLF001 - no public way is as short
        reply = connection._parser.read_response()  # noqa: SLF001 - as above
    except TimeoutError as error:
        raise RedisTimeoutError("Timeout while talking to the server") from error
    except OSError as error:
        raise RedisConnectionError(f"Error while talking to the server: {error}") from error
    if isinstance(reply, ResponseError):
        raise reply
    return reply


def _let_go() -> None:
    for wire in list(_wires):
        wire.let_go()


os.register_at_fork(after_in_child=_let_go)
