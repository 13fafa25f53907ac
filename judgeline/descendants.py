"""The processes that a process has started, and what they have started in turn: found, adopted, killed.

Linux gives all of it. Elsewhere (macOS) each call does what it can.
"""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Container
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_PROC = sys.platform == "linux"
_TICKS = os.sysconf("SC_CLK_TCK")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies: none can slip away by a double fork."""
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl: {os.strerror(number)}")


def children() -> list[int]:
    """Give the process ids of this process's children, zombies included; [] where there is no /proc."""
    me = os.getpid()
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = entry.read_bytes()
        except OSError:
            continue  # it ended while we looked
        # The command name may hold anything, so count from its closing bracket: state, then the parent.
        if int(stat[stat.rindex(b")") + 1 :].split()[1]) == me:
            found.append(int(entry.parent.name))
    return found


def own_children() -> list[int]:
    """As ``children``, quickly where the kernel keeps a list. It may miss some while others end."""
    try:
        return [
            int(pid)
            for each in Path("/proc/self/task").glob("*/children")
            for pid in each.read_bytes().split()
        ]
    except OSError:
        return children()


def kill_children_since(started: float, *, but: Container[int] = (), patience_s: float = 2.0) -> int:
    """SIGKILL and reap the children of this process that began at or after ``started`` (a monotonic time).

    Those in ``but`` are left alone. The children of the killed come up to us (``adopt_orphans``), so we look
    until none is left. Gives how many are still dying after ``patience_s``. A process's start is known to a
    hundredth of a second.
    """
    deadline = time.monotonic() + patience_s
    since = 0.0
    if _PROC:
        since = started - time.monotonic() + time.clock_gettime(time.CLOCK_BOOTTIME) - 1 / _TICKS
    while found := [pid for pid in children() if pid not in but and _began(pid) >= since]:
        if time.monotonic() >= deadline:
            break
        for pid in found:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.001)
    return len(found)


def _began(pid: int) -> float:
    """When a process began, seconds since the host started; infinity for one that is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return float("inf")
    return int(stat[stat.rindex(b")") + 1 :].split()[19]) / _TICKS
