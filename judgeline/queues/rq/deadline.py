"""The time limit of one attempt in a work horse: RQ's own alarm, and a warning before it."""

import signal
import time
from collections.abc import Callable
from types import FrameType

from rq.timeouts import JobTimeoutException

_SOON_S = 0.001


class Deadline:
    """Takes over the alarm that RQ set for a ticket; RQ takes it back when the ticket is worked.

    ``warn`` is called once, in a signal handler, ``warning_s`` before the end (at most a tenth of the limit;
    0: never). At the end RQ's own handler raises, as it would without us.
    """

    def __init__(self, warning_s: float, warn: Callable[[], None]) -> None:
        self._warning_s = warning_s
        self._warn = warn
        self._warned = False
        self._end = float("inf")
        self.limit_s = 0.0
        """The limit that holds, seconds; 0 while there is none."""
        self._penalty = signal.signal(signal.SIGALRM, self._ring)
        left_s, _ = signal.getitimer(signal.ITIMER_REAL)
        if left_s > 0:
            self.set(left_s)

    def set(self, seconds: float) -> None:
        """Have the attempt end so many seconds from now; who was warned is not warned again."""
        self.limit_s = seconds
        self._end = time.monotonic() + seconds
        self._arm()

    def _arm(self) -> None:
        ahead_s = 0.0 if self._warned else min(self._warning_s, self.limit_s / 10)
        left_s = self._end - ahead_s - time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, max(_SOON_S, left_s))

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if not self._warned and time.monotonic() < self._end:
            self._warned = True
            self._arm()
            self._warn()
        elif callable(self._penalty):
            self._penalty(number, frame)
        else:
            raise JobTimeoutException("the time limit has passed")
