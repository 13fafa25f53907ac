"""How a word from the supervisor reaches a child that is busy in a handler.

SIGUSR1 says that the control socket holds something. Where a handler's own code runs, the signal's handler
raises ``Cancelled`` or ``TimeUp`` there, so that even a wait of minutes ends at once; everywhere else it only
leaves a note. It raises at most once a job, so that the handler's clean-up is not disturbed in turn.
"""

import signal
import time
from enum import StrEnum
from types import FrameType

from judgeline.queues.handler import Cancelled, TimeUp
from judgeline.queues.job import Claim
from workers.control import Cancel, Channel, Lost, Message, Release, Stop, Warn


class Cause(StrEnum):
    """Why the job in hand is to end early."""

    CANCEL = "cancel"
    RELEASE = "release"
    LOST = "lost"
    TIME = "time"


class Woken(BaseException):
    """Ends an idle wait early. Not an Exception: nothing below the wait may take it for a failure."""


class Interrupts:
    """What the supervisor wants of this child; made once, in the child, by its main thread."""

    def __init__(self, channel: Channel) -> None:
        self.stopping = False
        """Take no more jobs."""
        self.cause: Cause | None = None
        """Why the job in hand is to end early."""
        self._channel = channel
        self._claim: Claim | None = None
        self._may_raise = False
        self._waiting = False
        signal.signal(signal.SIGUSR1, self._on_signal)
        self._on_signal(signal.SIGUSR1, None)  # what was said before we could be told

    def open(self, claim: Claim) -> None:
        """From here until ``close``, ``Cancelled`` or ``TimeUp`` may be raised anywhere."""
        self._claim = None  # what comes in these lines is said again, or was not meant for this job
        if self.cause is not Cause.RELEASE:  # the others meant an earlier job
            self.cause = None
        self._claim = claim
        self.release(held=True)

    def close(self) -> None:
        """The handler's code is over."""
        self._may_raise = False

    def hold(self) -> bool:
        """Keep the raising back (a talk with Redis must not be torn); gives what ``release`` takes."""
        held, self._may_raise = self._may_raise, False
        return held

    def release(self, *, held: bool) -> None:
        """Undo ``hold``, and raise what came meanwhile."""
        self._may_raise = held  # first: a signal between the two lines raises by itself
        if held and self.cause is not None:
            self._may_raise = False
            raise _interruption(self.cause)

    def idle(self, seconds: float) -> None:
        """Sleep, or less when told to stop."""
        try:
            try:
                self.begin_wait()
                time.sleep(seconds)
            finally:
                self.end_wait()
        except Woken:
            pass

    def begin_wait(self) -> None:
        """From here until ``end_wait`` a stop raises ``Woken``."""
        self._waiting = True
        if self.stopping:
            self._waiting = False
            raise Woken

    def end_wait(self) -> None:
        """The wait is over."""
        self._waiting = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        for message in self._channel.receive():
            self._take(message)
        if self.cause is not None and self._may_raise:
            self._may_raise = False
            raise _interruption(self.cause)
        if self.stopping and self._waiting:
            self._waiting = False
            raise Woken

    def _take(self, message: Message) -> None:
        claim = self._claim
        if isinstance(message, Stop):
            self.stopping = True
        elif isinstance(message, Release):
            self.stopping = True
            self.cause = Cause.RELEASE
        elif isinstance(message, Cancel):
            if claim is not None and message.job == claim.id:
                self.cause = Cause.CANCEL
        elif (
            isinstance(message, Lost | Warn)
            and claim is not None
            and (message.job, message.attempt) == (claim.id, claim.attempt)
        ):
            self.cause = Cause.LOST if isinstance(message, Lost) else self.cause or Cause.TIME


def _interruption(cause: Cause) -> Cancelled | TimeUp:
    return TimeUp("the time limit is near") if cause is Cause.TIME else Cancelled(cause)
