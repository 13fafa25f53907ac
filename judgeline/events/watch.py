"""What a waiting thread holds: one channel's events, as they come."""

import contextlib
import queue
import threading
import time
from enum import Enum, auto

import msgspec

from judgeline.queues.job import Event

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
