"""Telling a hang-up from a wish to reload: both come as SIGHUP.

A process whose terminal has gone is to stop. One that never had a terminal (under a service manager, or under
honcho, which gives each process a session of its own) or still has it was told by an operator to read its
settings anew, as servers have done for decades.
"""

import errno
import os


class Terminal:
    """The controlling terminal of this process, looked at once at the start. Survives a fork."""

    def __init__(self) -> None:
        self._had = _opens()

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
