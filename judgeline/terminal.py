"""Telling a hang-up from a wish to reload: both come as SIGHUP.

A process whose terminal has gone is to stop. One that never had a terminal (under a service manager, or under
honcho, which gives each process a session of its own) or still has it was told by an operator to read its
settings anew, as servers have done for decades.

Neither may kill a process that has not come to hear it yet: a main program calls ``hold`` before its
imports, and ``hear`` once a handler stands. What is held is inherited: what the manager starts is safe from
its birth.
"""

import errno
import os
import signal

_had_at_hold: bool | None = None


def hold() -> None:
    """Keep SIGHUP for later, until ``hear``; where it is ignored, as under nohup, it stays so."""
    global _had_at_hold  # noqa: PLW0603 - a process has one controlling terminal
    if _had_at_hold is None:
        _had_at_hold = _opens()  # before the mask: a hang-up in between ends us, as it should
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})


def hear() -> None:
    """Let SIGHUP come, with any that was kept; a handler stands by now. Harmless where none was held."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})


class Terminal:
    """The controlling terminal of this process, looked at once, here or by ``hold``. Survives a fork."""

    def __init__(self) -> None:
        self._had = _opens() if _had_at_hold is None else _had_at_hold

    @property
    def gone(self) -> bool:
        """Whether there was one and it has hung up."""
        return self._had and not _opens()


def _opens() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)  # that says nothing about the terminal
    return True
