"""The thread that listens: it alone touches the connection and knows what was asked on it.

Others ask it through the board and a wake-up byte. It uses redis-py's ``Connection`` rather than its
``PubSub``, which cannot be woken, resubscribes inside whatever call finds the connection dead, and does not
tell.
"""

import contextlib
import select
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from judgeline.events.board import Board

PING_S = 2.0
"""A connection silent for so long is asked whether it lives."""
DEAF_S = 5.0
"""A connection silent for so long in spite of that is given up."""
RECONNECT_S = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds between attempts to connect again; the last one repeats."""

log = structlog.get_logger()


class Subscriber:
    """Keeps the server's subscriptions equal to what the board wants, and hands on what comes."""

    def __init__(self, open_connection: Callable[[], Any], board: Board) -> None:
        self._open = open_connection
        self._board = board
        self._connection: Any = None
        self._standing: set[str] = set()
        self._unconfirmed: Counter[str] = Counter()
        """Channel -> confirmations still to come: one that was left and taken up again has two."""
        self._leaving: Counter[str] = Counter()
        """Channel -> farewells still to come. One that we did not ask for says that the channel has moved."""
        self._heard = 0.0
        self._pinged = 0.0

    def run(self) -> None:
        """Listen until the board stops, connecting again whenever the connection is lost."""
        failures = 0
        while not self._board.stopping:
            try:
                if self._connection is None:
                    self._connect()
                self._reconcile()
                # Whoever asked for a channel waits: nothing else comes before telling the server.
                if not self._sleep(PING_S / 2) and self._read():
                    failures = 0
                self._check()
            except (RedisError, OSError) as error:
                if not failures:
                    log.warning("event connection lost, trying again", error=str(error))
                self._drop()
                self._pause(RECONNECT_S[min(failures, len(RECONNECT_S) - 1)])
                failures += 1
        self._drop()

    def _connect(self) -> None:
        connection = self._open()
        connection.connect()
        self._connection = connection
        self._heard = self._pinged = time.monotonic()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.disconnect()
            self._connection = None
        self._standing.clear()
        self._unconfirmed.clear()
        self._leaving.clear()
        self._board.lose()

    def _reconcile(self) -> None:
        """Tell the server what changed."""
        for channel, wanted in self._board.take_changes():
            if wanted and channel not in self._standing:
                self._standing.add(channel)
                self._unconfirmed[channel] += 1
                self._connection.send_command("SSUBSCRIBE", channel)
            elif wanted and not self._unconfirmed[channel]:
                self._board.confirm(channel)  # left and taken up again before we looked
            elif not wanted and channel in self._standing:
                self._standing.remove(channel)
                self._leaving[channel] += 1
                self._connection.send_command("SUNSUBSCRIBE", channel)

    def _sleep(self, timeout_s: float) -> bool:
        """Until the server speaks, the board changed or the time is up; whether it was the board alone."""
        poll = select.poll()
        poll.register(self._board.readable, select.POLLIN)
        if self._connection is not None:
            poll.register(self._connection._sock, select.POLLIN)  # noqa: SLF001 - redis-py offers no other way to wait for two things
        board = self._board.readable.fileno()
        woken_by = [descriptor for descriptor, _ in poll.poll(timeout_s * 1000)]
        if board in woken_by:
            with contextlib.suppress(BlockingIOError):
                self._board.readable.recv(4096)
        return woken_by == [board]

    def _pause(self, seconds: float) -> None:
        """Wait before connecting again; only a stop cuts it short."""
        deadline = time.monotonic() + seconds
        while not self._board.stopping and (left := deadline - time.monotonic()) > 0:
            self._sleep(left)

    def _read(self) -> bool:
        """Hand on what came; whether anything did."""
        heard = False
        while self._connection.can_read(timeout=0):
            message = self._connection.read_response()
            heard = True
            self._heard = time.monotonic()
            if not isinstance(message, list) or len(message) != 3:
                continue  # an answer to PING
            kind, channel, data = message[0], message[1].decode(), message[2]
            if kind == b"smessage":
                self._board.deliver(channel, data)
            elif kind == b"ssubscribe":
                self._unconfirmed[channel] -= 1
                if not self._unconfirmed[channel]:
                    del self._unconfirmed[channel]
                    self._board.confirm(channel)
            elif kind == b"sunsubscribe":
                self._take_leave(channel)
        return heard

    def _take_leave(self, channel: str) -> None:
        """Note a farewell. Raises ConnectionError where the server said it unasked: another has the slot."""
        if not self._leaving[channel]:
            raise RedisConnectionError(f"{channel} is another server's now")
        self._leaving[channel] -= 1
        if not self._leaving[channel]:
            del self._leaving[channel]

    def _check(self) -> None:
        """Ask a silent server whether it lives. Raises ConnectionError where it does not."""
        now = time.monotonic()
        if now - self._heard > DEAF_S:
            raise RedisConnectionError(f"silent for {DEAF_S:.0f} s")
        if now - max(self._heard, self._pinged) > PING_S:
            self._pinged = now
            self._connection.send_command("PING")
