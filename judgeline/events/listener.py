"""The subscriptions of one process."""

import contextlib
import os
import threading
from collections.abc import Iterator

from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from judgeline.events.board import Board
from judgeline.events.subscriber import Subscriber
from judgeline.events.watch import Watch
from judgeline.queues.connect import ANSWER_S, CONNECT_S

CONFIRM_S = 1.0
"""How long ``watch`` waits for its confirmation; later ones arrive as a Wake."""


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
        self._board: Board | None = None
        self._thread: threading.Thread | None = None
        self._process = 0

    def start(self) -> None:
        """Connect and listen, unless that is so already."""
        self._running()

    def _running(self) -> Board:
        with self._lock:
            if self._board is not None and self._process == os.getpid():
                return self._board
            if self._board is not None:
                self._board.close()  # a forked child inherits the board, and no thread to serve it
            self._board = Board()
            self._process = os.getpid()
            subscriber = Subscriber(self._pool, self._board)
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
