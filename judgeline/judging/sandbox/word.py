"""The runner's word against what this process saw itself: clocks, sizes, counts of the kernel.

A report that cannot be true is no verdict about a program, it is a HostileReportError.
"""

import os
import stat
from collections.abc import Iterable, Sequence

import msgspec

from judgeline.judging.errors import HostileReportError
from judgeline.judging.sandbox import wire
from judgeline.judging.sandbox.box import Limits
from judgeline.judging.sandbox.meter import Usage

CLOCK_SLACK_US = 10_000
"""Two clocks of one machine, read one after another."""
CPU_SLACK_US = 50_000
"""The kernel may book a tick late, or on the process that comes next."""
UNTOLD_CPU_US = 1_000_000
"""CPU time beyond a quarter of what was reported that a box may take for itself: its walls, its files."""

_CORES = os.cpu_count() or 1
_MEMORY_KB = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE") // 1024
_MOST_TREE_KB = 1 << 40


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the judge's own process knows of one run."""

    limits: Limits
    elapsed_us: float
    """From before the request was sent until the report was there."""
    usage: Usage | None
    """What the box's cgroup counted, where there is one."""
    output_bytes: int
    stderr_bytes: int
    """How long both streams really became."""
    collects: int
    """Files that were asked for."""
    files: Sequence[int]
    """Descriptors that came with the report."""


def check_report(report: wire.Report, seen: Seen) -> None:
    """Raise HostileReportError unless a report can be true, given what was seen from outside."""
    faults = {
        "status": not (os.WIFEXITED(report.status) or os.WIFSIGNALED(report.status)),
        "stop": _stop_is_impossible(report, seen),
        "wall time": report.wall_us > seen.elapsed_us + CLOCK_SLACK_US,
        "cpu time": report.cpu_us > _most_cpu_us(seen),
        "memory": report.peak_kb > _MEMORY_KB or report.tree_kb > _most_tree_kb(seen),
        "files": not _files_fit(report, seen),
    }
    _refuse([name for name, fault in faults.items() if fault], str(report))


def check_total(reports: Iterable[wire.Report], spent_us: int, standby_us: int = 0) -> None:
    """Hold what the runs of a box were reported to burn against what waiting for the whole box told.

    ``spent_us`` is the CPU time of the box's first process and all below it: it cannot be less than what was
    reported, and more only by what a box does for itself, ``standby_us`` of it before the first run. Raises
    HostileReportError.
    """
    told = list(reports)
    burnt_us = sum(report.cpu_us for report in told)
    own_us = standby_us + sum(report.runner_us for report in told)
    faults = {
        "cpu time": burnt_us > spent_us + CPU_SLACK_US * len(told),
        "silence on cpu time": spent_us > (burnt_us + own_us) * 1.25 + UNTOLD_CPU_US,
    }
    wrong = [name for name, fault in faults.items() if fault]
    _refuse(
        wrong, f"{burnt_us} us and {own_us} us of its own in {len(told)} runs, where {spent_us} us were spent"
    )


def _refuse(wrong: list[str], told: str) -> None:
    if wrong:
        raise HostileReportError(f"the box reported an impossible {' and '.join(wrong)}: {told}")


def _most_cpu_us(seen: Seen) -> float:
    possible = (seen.elapsed_us + CPU_SLACK_US) * _CORES
    if seen.usage is None:
        return possible
    # The cgroup counts every process of the box, so no part of it can have burnt more.
    return min(possible, seen.usage.cpu_us + CPU_SLACK_US)


def _most_tree_kb(seen: Seen) -> int:
    """Where a cgroup counts, the runner looks at nobody's memory and has nothing to say of it."""
    return 0 if seen.usage is not None else _MOST_TREE_KB


def _stop_is_impossible(report: wire.Report, seen: Seen) -> bool:
    limits = seen.limits
    too_long = seen.output_bytes > limits.output_bytes or seen.stderr_bytes > limits.stderr_bytes
    match report.stopped:
        case wire.STOPPED_OUTPUT:
            return not too_long
        case wire.STOPPED_WALL:
            impossible = seen.elapsed_us < limits.wall_ms * 1000
        case wire.STOPPED_CPU:
            impossible = (seen.elapsed_us + CPU_SLACK_US) * _CORES < limits.cpu_ms * 1000
        case wire.STOPPED_MEMORY:
            impossible = seen.usage is not None or report.tree_kb * 1024 < limits.memory_bytes
        case stopped:
            impossible = stopped != wire.STOPPED_NO
    return impossible or too_long


def _files_fit(report: wire.Report, seen: Seen) -> bool:
    """Whether as many regular files came as were told of, and none that nobody asked for."""
    if report.collected >> seen.collects != 0 or report.collected.bit_count() != len(seen.files):
        return False
    return all(stat.S_ISREG(os.fstat(file).st_mode) for file in seen.files)
