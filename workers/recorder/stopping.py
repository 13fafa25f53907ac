"""Ending when told: a flag that waits notice at once."""

import os
import select
import signal
from types import FrameType

from judgeline import terminal
from judgeline.terminal import Terminal

HURRY_S = 0.8
"""How long a stop may take what is in hand; then it is broken off, which is as harmless as kill -9."""


class Stopping(BaseException):
    """Raised out of what would take too long. Not an Exception: nothing below may take it for a failure."""


class Stop:
    """Whether to stop, or to begin anew. ``request`` is safe in a signal's handler and from other threads."""

    def __init__(self) -> None:
        self.requested = False
        self._reloading = False
        self._listening = False
        self._terminal = Terminal()
        self._readable, self._writable = os.pipe()
        self._poll = select.poll()
        self._poll.register(self._readable, select.POLLIN)

    def request(self) -> None:
        """Ask to stop: ``wait`` returns at once, now and ever after."""
        if not self.requested:
            self.requested = True
            os.write(self._writable, b"x")

    def wait(self, seconds: float) -> bool:
        """Sleep, or less when asked to stop; whether that was asked."""
        self._poll.poll(max(0.0, seconds) * 1000)
        return self.requested

    def listen(self) -> None:
        """Take SIGTERM, SIGINT and SIGHUP as requests; raise ``Stopping`` where a stop is not soon obeyed."""
        self._listening = True
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGALRM, _on_alarm)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup leaves it
            signal.signal(signal.SIGHUP, self._on_hangup)
        terminal.hear()

    def begin_anew(self) -> bool:
        """Take the request back if all it asked for was a reload; whether it was."""
        reloading, self._reloading = self._reloading, False
        if reloading:
            self.requested = False
            os.read(self._readable, 1)
        return reloading

    def close(self) -> None:
        """Give signals and descriptors back."""
        if self._listening:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
        os.close(self._readable)
        os.close(self._writable)

    def _on_hangup(self, number: int, frame: FrameType | None) -> None:
        if self._terminal.gone:
            self._on_signal(number, frame)
        elif not self.requested:
            self._reloading = True
            self.request()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._reloading = False
        self.request()
        # Repeated, for an exception raised inside a destructor is swallowed by the interpreter.
        signal.setitimer(signal.ITIMER_REAL, HURRY_S, 0.1)


def _on_alarm(_number: int, _frame: FrameType | None) -> None:
    raise Stopping
