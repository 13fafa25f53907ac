"""Ending with the process manager: a honcho that is killed or hung up leaves all its processes running.

``judgeline up`` puts its pid into JUDGELINE_PARENT_PID and becomes honcho; every process watches that pid
through a pidfd (Linux >= 5.3), which, unlike a pid, can never come to mean another process.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Mapping

VARIABLE = "JUDGELINE_PARENT_PID"


def open_parent(environ: Mapping[str, str] = os.environ) -> int | None:
    """Give a descriptor that becomes readable when the manager is gone, or None if there is none to watch.

    Close-on-exec. A manager that is gone already reads as gone at once.
    """
    text = environ.get(VARIABLE, "")
    if not text.isdigit() or not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(int(text))
    except ProcessLookupError:
        readable, writable = os.pipe()
        os.close(writable)
        return readable


def stop_with_parent(environ: Mapping[str, str] = os.environ) -> None:
    """Send ourselves SIGTERM once the manager is gone, from a daemon thread; nothing without a manager."""
    descriptor = open_parent(environ)
    if descriptor is None:
        return

    def wait() -> None:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


def die_with_parent(sign: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to send us ``sign`` when the thread that forked us ends (Linux; elsewhere nothing).

    To be called in the child; the caller then compares getppid with the parent's pid, for it may be gone.
    """
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415 - costs 10 ms, and only a forked child needs it

    ctypes.CDLL(None, use_errno=True).prctl(1, int(sign), 0, 0, 0)


def die_with(parent: int, sign: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send us ``sign`` when ``parent``, our parent, dies; exit at once if it already has.

    The signal is set first and the parent looked at afterwards: the other order has a gap.
    """
    die_with_parent(sign)
    if os.getppid() != parent:
        os._exit(1)
