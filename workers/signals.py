"""Signals as something to select on: handlers do nothing, Python writes each number into a socket."""

import contextlib
import os
import signal
import socket
from types import FrameType, TracebackType
from typing import Self

from judgeline import terminal

WATCHED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGCHLD,
    signal.SIGTTIN,
    signal.SIGTTOU,
)


class Signals:
    """A supervisor's signals, between ``__enter__`` and ``__exit__``; main thread only."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in WATCHED:
            # Started under nohup, a hang-up stays ignored.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, nothing)
        # A child is told by it; ignored until the child listens, for its default is to kill.
        self._before[signal.SIGUSR1] = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        terminal.hear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        self._reader.close()
        self._writer.close()

    def fileno(self) -> int:
        """What to select on."""
        return self._reader.fileno()

    def read(self) -> set[int]:
        """Give the signals that came since."""
        with contextlib.suppress(BlockingIOError):
            return set(self._reader.recv(4096))
        return set()

    def drop(self) -> None:
        """In a child: its own dispositions, and no word to the supervisor's socket.

        A child is stopped by its supervisor alone: the terminal and honcho signal everybody at once. Not
        SIG_IGN: that would be inherited by the programs it starts, a handler is not.
        """
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGTTIN, signal.SIGTTOU):
            signal.signal(number, nothing)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._reader.close()
        self._writer.close()


def nothing(_number: int, _frame: FrameType | None) -> None:
    """Take a signal and do nothing."""


def describe(number: int) -> str:
    """Give a signal's name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number} of {os.uname().sysname}"
