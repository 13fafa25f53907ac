"""Waiting for work in several shards at once.

Each shard has a connection with a BZPOPMIN on its wake markers under way, and one poll waits for all of them.
A marker that is popped is a promise to look; so a child that takes a job from one shard puts back what the
others may have handed it meanwhile, for whoever else waits there.
"""

import contextlib
import select
import time
from collections.abc import Callable, Sequence
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.lists.guard import server_errors

BLOCK_S = 1.0
"""How long one BZPOPMIN blocks, seconds."""


class Marker:
    """One shard's wake markers, and the connection that waits for one of them.

    It is read only when there is something to read, so it need not be more patient than any other.
    """

    def __init__(self, queue: str, client: "Redis", open_connection: Callable[[], Any]) -> None:
        self._queue = queue
        self._client = client
        self._open = open_connection
        self._connection: Any = None
        self._id = 0
        self._asked: tuple[str, ...] = ()
        """The markers that are waited for; empty while nothing is under way."""
        self._popped: tuple[bytes, bytes] | None = None
        """Key and member of the marker that we were handed and have not followed."""

    @property
    def socket(self) -> Any:
        """What turns readable when the server has answered; None where nothing is under way."""
        return self._connection._sock if self._asked else None  # noqa: SLF001 - redis-py offers no other way

    def ask(self, names: Sequence[str]) -> None:
        """Set out to wait for any of these markers, unless that is so already. Raises QueueUnavailable."""
        if self._asked == tuple(names):
            return
        self.stop()
        self.give_back()
        with self._losing():
            if self._connection is None:
                self._connection = self._open()
                self._connection.connect()
                self._connection.send_command("CLIENT", "ID", check_health=False)
                self._id = self._connection.read_response()
            self._connection.send_command("BZPOPMIN", *names, BLOCK_S, check_health=False)
            self._asked = tuple(names)

    def answer(self) -> bool:
        """Take the answer: whether a marker was popped. Raises QueueUnavailable."""
        with self._losing():
            popped = self._connection.read_response()
            self._asked = ()
        if popped:
            self._popped = (popped[0], popped[1])
        return bool(popped)

    def followed(self) -> None:
        """Somebody looked for work here: what was popped has done its part."""
        self._popped = None

    def stop(self) -> None:
        """Have the server end the wait; ``give_back`` takes the answer."""
        if self._asked:
            try:
                with server_errors(self._queue):
                    self._client.execute_command("CLIENT", "UNBLOCK", self._id)  # type: ignore[no-untyped-call]
            except QueueUnavailable:
                self.drop()

    def give_back(self) -> None:
        """Take the answer of a wait that was stopped, and set a marker that nobody followed again."""
        try:
            if self._asked:
                self.answer()
            if self._popped is not None:
                key, member = self._popped
                with server_errors(self._queue):
                    self._client.zadd(key, {member: 0})
        except QueueUnavailable:
            self.drop()
        self._popped = None

    def drop(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            connection, self._connection, self._asked = self._connection, None, ()
            connection.disconnect()

    @contextlib.contextmanager
    def _losing(self) -> Any:
        """Close the connection on any failure, a signal's exception, too: an answer may be under way."""
        try:
            with server_errors(self._queue):
                yield
        except BaseException as error:
            with contextlib.suppress(RedisError, OSError):
                self.drop()
            raise error from error.__cause__


def first_readable(sockets: dict[int, Any], timeout_s: float) -> list[int]:
    """Give the numbers of the sockets that have something to read, within the time given."""
    for index, sock in sockets.items():
        if getattr(sock, "pending", lambda: 0)():  # TLS may hold what poll does not see
            return [index]
    poll = select.poll()
    numbers = {}
    for index, sock in sockets.items():
        poll.register(sock, select.POLLIN)
        numbers[sock.fileno()] = index
    return [numbers[descriptor] for descriptor, _ in poll.poll(max(0.0, timeout_s) * 1000)]


def left(deadline: float) -> float:
    """Give the seconds until then, at least none."""
    return max(0.0, deadline - time.monotonic())
