"""What the supervisor needs of the operating system beyond ``os``: who is whose child, and who is left.

Linux gives all of it. Elsewhere (macOS) each call does what it can; the queue's leases and fences carry the
rest.
"""

import os
import resource
import signal

from judgeline.descendants import adopt_orphans, children, kill_children_since, own_children

__all__ = [
    "adopt_orphans",
    "children",
    "cores",
    "kill_children_since",
    "kill_group",
    "own_children",
    "reap",
]


def kill_group(leader: int) -> None:
    """SIGKILL a process group by its leader, and the leader itself if it has not made its group yet."""
    for kill in (os.killpg, os.kill):
        try:
            kill(leader, signal.SIGKILL)
        except ProcessLookupError:
            continue


def reap(child: int) -> tuple[int, resource.struct_rusage] | None:
    """Give (status, usage) of a child that has ended, after killing what is left of its group; else None.

    The group goes first: until it is reaped, the child's number cannot come to mean another process.
    """
    if hasattr(os, "waitid"):
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        kill_group(child)
    pid, status, usage = os.wait4(child, os.WNOHANG)
    return (status, usage) if pid else None


def cores() -> int:
    """Give the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
