"""Hearing what happens to jobs: one subscription a channel, however many wait for it.

Engines publish an ``Event`` on a job's channel (sharded pub/sub) in the same script that changes the job.
``EventListener`` hands those events to the threads of this process::

    with listener.watch(engine.channel(job_id)) as watch:
        job = engine.look(job_id)      # after the subscription is confirmed, so nothing falls between
        ...
        happening = watch.wait(0.5)    # Event, Wake or None when the time ran out

An event is a hint, the job is the truth: pub/sub keeps nothing for those who were away. So whoever watches
reads the job after the subscription is confirmed, again after every ``Wake`` (the connection was lost and is
back), and once a second besides.

One thread owns the connection and the state of its subscriptions; others ask it through a set and a wake-up
byte. It uses redis-py's ``Connection`` rather than its ``PubSub``, which cannot be woken, resubscribes
inside whatever call finds the connection dead, and does not tell.
"""

import contextlib
import os
import queue
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from enum import Enum, auto
from typing import Any

import msgspec
import structlog
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from judgeline.queues.connect import ANSWER_S, CONNECT_S
from judgeline.queues.job import Event

CONFIRM_S = 1.0
"""How long ``watch`` waits for its confirmation; later ones arrive as a Wake."""
PING_S = 2.0
"""A connection silent for so long is asked whether it lives."""
DEAF_S = 5.0
"""A connection silent for so long in spite of that is given up."""
RECONNECT_S = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Waits between attempts to connect again; the last one repeats."""

log = structlog.get_logger()
_decode = msgspec.json.Decoder(Event).decode


class Wake(Enum):
    """Something other than an event ended the wait."""

    CATCH_UP = auto()
    """The subscription is (again) confirmed: events may have been missed, read the job."""


class Watch:
    """One thread's view of one channel."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.confirmed = threading.Event()
        """Set while events published from now on arrive here."""
        self.wake_when_confirmed = False
        """Whether its owner may have read the job too early; guarded by the board's lock."""
        self._inbox: queue.SimpleQueue[bytes | Wake] = queue.SimpleQueue()
        self._attempt = 0
        self._last = b""

    def wait(self, timeout_s: float) -> Event | Wake | None:
        """The next event, a Wake, or None when the time ran out.

        Duplicates are dropped, and so are events of an attempt that a later one has overtaken.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                item = self._inbox.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            if isinstance(item, Wake):
                return item
            if item == self._last:
                continue
            self._last = item
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
                event = _decode(item)
                if event.attempt >= self._attempt:
                    self._attempt = event.attempt
                    return event

    def deliver(self, item: bytes | Wake) -> None:
        """Hand over what arrived; called by the listener's thread."""
        self._inbox.put(item)


class EventListener:
    """The subscriptions of one process. Starts at the first ``watch``, in the process that calls it."""

    def __init__(self, redis_url: str) -> None:
        self._pool = ConnectionPool.from_url(
            redis_url,
            protocol=2,  # messages are plain lists; RESP3's pushes would go through a handler of the parser
            socket_connect_timeout=CONNECT_S,
            socket_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 0),
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        self._lock = threading.Lock()
        self._board: _Board | None = None
        self._thread: threading.Thread | None = None
        self._process = 0

    def start(self) -> None:
        """Connect and listen, unless that is so already."""
        self._running()

    def _running(self) -> "_Board":
        with self._lock:
            if self._board is not None and self._process == os.getpid():
                return self._board
            if self._board is not None:
                self._board.close()  # a forked child inherits the board, and no thread to serve it
            self._board = _Board()
            self._process = os.getpid()
            subscriber = _Subscriber(self._pool, self._board)
            self._thread = threading.Thread(target=subscriber.run, name="events", daemon=True)
            self._thread.start()
            return self._board

    def stop(self) -> None:
        """Let go of the connection; open watches hear nothing any more."""
        with self._lock:
            if self._board is not None and self._thread is not None and self._process == os.getpid():
                self._board.stop()
                self._thread.join()
                self._board.close()
            self._board = self._thread = None

    @contextlib.contextmanager
    def watch(self, channel: str) -> Iterator[Watch]:
        """Subscribe, for as long as the context lasts.

        On entry the subscription is confirmed, or CONFIRM_S have passed because Redis is away: then ``wait``
        gives a Wake as soon as it is.
        """
        board = self._running()
        watch = Watch(channel)
        board.add(watch)
        try:
            if not watch.confirmed.wait(CONFIRM_S):
                board.expect_late(watch)
            yield watch
        finally:
            board.remove(watch)


class _Board:
    """Who watches what. Watching threads write it, the listener's thread reads it and is woken by it."""

    def __init__(self) -> None:
        self.readable, self._writable = socket.socketpair()
        self.readable.setblocking(False)
        self._writable.setblocking(False)
        self.stopping = False
        self._lock = threading.Lock()
        self._watches: dict[str, list[Watch]] = {}
        self._confirmed: set[str] = set()
        self._changed: set[str] = set()

    def add(self, watch: Watch) -> None:
        with self._lock:
            self._watches.setdefault(watch.channel, []).append(watch)
            if watch.channel in self._confirmed:
                watch.confirmed.set()
                return
            self._changed.add(watch.channel)
        self._nudge()

    def expect_late(self, watch: Watch) -> None:
        """Its owner goes on without the confirmation, and must be woken when it comes."""
        with self._lock:
            if not watch.confirmed.is_set():
                watch.wake_when_confirmed = True

    def remove(self, watch: Watch) -> None:
        with self._lock:
            mates = self._watches[watch.channel]
            mates.remove(watch)
            if mates:
                return
            del self._watches[watch.channel]
            self._confirmed.discard(watch.channel)
            self._changed.add(watch.channel)
        self._nudge()

    def take_changes(self) -> list[tuple[str, bool]]:
        """Channels that were taken up or left since the last call, and whether somebody watches them now."""
        with self._lock:
            changes = [(channel, channel in self._watches) for channel in self._changed]
            self._changed.clear()
            return changes

    def confirm(self, channel: str) -> None:
        with self._lock:
            if channel not in self._watches:
                return
            self._confirmed.add(channel)
            for watch in self._watches[channel]:
                watch.confirmed.set()
                if watch.wake_when_confirmed:
                    watch.wake_when_confirmed = False
                    watch.deliver(Wake.CATCH_UP)

    def deliver(self, channel: str, data: bytes) -> None:
        with self._lock:
            for watch in self._watches.get(channel, ()):
                watch.deliver(data)

    def lose(self) -> None:
        """The connection is gone: nothing is confirmed, everything must be asked for again."""
        with self._lock:
            for channel in self._confirmed:
                for watch in self._watches[channel]:
                    watch.confirmed.clear()
                    watch.wake_when_confirmed = True
            self._confirmed.clear()
            self._changed = set(self._watches)

    def stop(self) -> None:
        self.stopping = True
        self._nudge()

    def close(self) -> None:
        self.readable.close()
        self._writable.close()

    def _nudge(self) -> None:
        with contextlib.suppress(OSError):  # a full buffer wakes as well, and a closed one has nobody to wake
            self._writable.send(b"x")


class _Subscriber:
    """The listener's thread: it alone touches the connection and knows what was asked on it."""

    def __init__(self, pool: ConnectionPool, board: _Board) -> None:
        self._pool = pool
        self._board = board
        self._connection: Any = None
        self._standing: set[str] = set()
        self._unconfirmed: Counter[str] = Counter()
        """Channel -> confirmations still to come: one that was left and taken up again has two."""
        self._heard = 0.0
        self._pinged = 0.0

    def run(self) -> None:
        failures = 0
        while not self._board.stopping:
            try:
                if self._connection is None:
                    self._connect()
                self._reconcile()
                self._sleep(PING_S / 2)
                if self._read():
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
        connection: Any = self._pool.make_connection()
        connection.connect()
        self._connection = connection
        self._heard = self._pinged = time.monotonic()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.disconnect()
            self._connection = None
        self._standing.clear()
        self._unconfirmed.clear()
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
                self._connection.send_command("SUNSUBSCRIBE", channel)

    def _sleep(self, timeout_s: float) -> None:
        """Until the server said something, the board changed or the time is up."""
        poll = select.poll()
        poll.register(self._board.readable, select.POLLIN)
        if self._connection is not None:
            poll.register(self._connection._sock, select.POLLIN)  # noqa: SLF001 - redis-py offers no other way to wait for two things
        poll.poll(timeout_s * 1000)
        with contextlib.suppress(BlockingIOError):
            self._board.readable.recv(4096)

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
        return heard

    def _check(self) -> None:
        """Ask a silent server whether it lives. Raises ConnectionError where it does not."""
        now = time.monotonic()
        if now - self._heard > DEAF_S:
            raise RedisConnectionError(f"silent for {DEAF_S:.0f} s")
        if now - max(self._heard, self._pinged) > PING_S:
            self._pinged = now
            self._connection.send_command("PING")
