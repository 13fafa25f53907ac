"""The subscriptions of one process."""

import contextlib
import os
import threading
from collections.abc import Iterator

import msgspec

from judgeline.events.board import Board
from judgeline.events.subscriber import Subscriber
from judgeline.events.watch import Watch
from judgeline.queues.address import parse_address
from judgeline.queues.connect import SHARED, open_connection
from judgeline.queues.keys import tag_of

CONFIRM_S = 1.0
"""How long ``watch`` waits for its confirmation; later ones arrive as a Wake."""


class _Ear(msgspec.Struct, frozen=True, eq=False):
    """One connection's thread, and what it shares with those who watch."""

    board: Board
    thread: threading.Thread


class EventListener:
    """The subscriptions of one process. Starts at the first ``watch``, in the process that calls it.

    A server's sharded channels are heard over one connection; on a cluster it is one for each hash tag that
    somebody has watched, which leads to whichever node serves the tag's slot.
    """

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._apart = parse_address(redis_url).kind == "cluster"
        self._lock = threading.Lock()
        self._ears: dict[str, _Ear] = {}
        self._process = 0

    def start(self) -> None:
        """Connect and listen, unless that is so already; on a cluster the first ``watch`` of a tag does."""
        if not self._apart:
            self._running(SHARED)

    def _running(self, tag: str) -> Board:
        with self._lock:
            if self._process != os.getpid():
                self._forget()  # a forked child inherits the boards, and no thread to serve them
                self._process = os.getpid()
            ear = self._ears.get(tag)
            if ear is None:
                ear = self._ears[tag] = self._listen(tag)
            return ear.board

    def _listen(self, tag: str) -> _Ear:
        board = Board()
        # Messages are plain lists in protocol 2; RESP3's pushes would go through a handler of the parser.
        subscriber = Subscriber(lambda: open_connection(self._url, tag=tag, protocol=2), board)
        thread = threading.Thread(target=subscriber.run, name=f"events {tag}", daemon=True)
        thread.start()
        return _Ear(board, thread)

    def _forget(self) -> None:
        for ear in self._ears.values():
            ear.board.close()
        self._ears.clear()

    def stop(self) -> None:
        """Let go of the connections; open watches hear nothing any more."""
        with self._lock:
            if self._process == os.getpid():
                for ear in self._ears.values():
                    ear.board.stop()
                for ear in self._ears.values():
                    ear.thread.join()
                self._forget()
            self._ears.clear()

    @contextlib.contextmanager
    def watch(self, channel: str) -> Iterator[Watch]:
        """Subscribe, for as long as the context lasts.

        On entry the subscription is confirmed, or CONFIRM_S have passed because Redis is away: then ``wait``
        gives a Wake as soon as it is.
        """
        board = self._running(tag_of(channel) if self._apart else SHARED)
        watch = Watch(channel)
        board.add(watch)
        try:
            if not watch.confirmed.wait(CONFIRM_S):
                board.expect_late(watch)
            yield watch
        finally:
            board.remove(watch)
