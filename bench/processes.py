"""What /proc tells of processes: CPU time, memory, families."""

import contextlib
from collections.abc import Iterable
from pathlib import Path


def family(pid: int) -> list[int]:
    """A process and all its living descendants, itself first."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_bytes().rpartition(b")")[2].split()[:2]
            if state != b"Z":
                children.setdefault(int(parent), []).append(int(stat.parent.name))
    found = [pid]
    for member in found:
        found += sorted(children.get(member, ()))
    return found


def cpu_s(pids: Iterable[int]) -> float:
    """CPU seconds that the living threads of these processes have had.

    From schedstat, in nanoseconds: stat counts ticks of 10 ms. A thread that ended takes its time along, so
    this suits processes whose threads stay.
    """
    total = 0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):
                total += int(thread.read_bytes().split()[0])
    return total / 1e9


def pss_mb(pids: Iterable[int]) -> float:
    """Proportional set size in MB (10^6 bytes): a page that n processes share counts 1/n in each."""
    total_kb = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total_kb += int(line.split()[1])
    return total_kb * 1024 / 1e6
