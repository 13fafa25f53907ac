"""Processes that cannot outlive us, and who belongs to whom."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# Not by preexec_fn, for we have threads. The kernel sends SIGKILL (9) when we are gone (PR_SET_PDEATHSIG, 1);
# that survives the exec. Poison that dumps core would fill the disk.
_LAUNCH = """
import ctypes, os, resource, sys
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""


def launch(
    command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own that dies when we do; what it says is appended to ``log``.

    To be called by the main thread: the kernel means the thread that forked when it speaks of a parent.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-S", "-c", _LAUNCH, str(os.getpid()), *map(str, command)],
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def families() -> dict[int, list[int]]:
    """Give the living children of each process of this host; a zombie is nobody's child any more."""
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            state, parent = entry.read_bytes().rpartition(b")")[2].split()[:2]
            if state != b"Z":
                found.setdefault(int(parent), []).append(int(entry.parent.name))
    return found


def below(pid: int, known: Mapping[int, list[int]]) -> list[int]:
    """Give all descendants of a process, nearest first."""
    found = list(known.get(pid, ()))
    for one in found:  # it grows as we go
        found += known.get(one, ())
    return found


def send(pids: Sequence[int], number: signal.Signals) -> None:
    """Send a signal to those that are still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def with_variable(name: str, value: str) -> list[int]:
    """Give the processes, ourselves apart, whose environment says ``name=value``: what a run has left."""
    wanted = f"{name}={value}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
    return [pid for pid in found if pid != os.getpid()]


def end(processes: Sequence["subprocess.Popen[bytes]"], within_s: float) -> bool:
    """SIGTERM, and SIGKILL for what is still there after a while; whether all obeyed."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + within_s
    obeyed = True
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            obeyed = False
            process.kill()
            process.wait()
    return obeyed
