"""From what the runner and the cgroup counted to what is told: which limit was reached, and why in words."""

import os
import signal

import msgspec

from judgeline.judging.sandbox import wire
from judgeline.judging.sandbox.box import Limits, Stopped
from judgeline.judging.sandbox.meter import Usage

NEAR_LIMIT = 0.8
"""Without a cgroup, a program that failed this near its limit most likely asked for more and was refused."""
UNSEEN_CPU_US = 5_000
"""More CPU than this in the cgroup, and in no process that was reaped, was burnt in hiding."""

_STOPPED = {
    wire.STOPPED_NO: Stopped.NO,
    wire.STOPPED_CPU: Stopped.CPU,
    wire.STOPPED_WALL: Stopped.WALL,
    wire.STOPPED_MEMORY: Stopped.MEMORY,
    wire.STOPPED_OUTPUT: Stopped.OUTPUT,
}


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """One run, weighed."""

    stopped: Stopped
    exit_code: int | None
    signal: int | None
    cpu_ms: float
    wall_ms: float
    memory_kb: int
    why: str


def weigh(
    report: wire.Report, usage: Usage | None, limits: Limits, *, static_bytes: int, output_bytes: int
) -> Weighed:
    """What became of a run.

    ``static_bytes`` is what the executable claims before it starts, 0 where unknown; ``output_bytes`` how
    long its standard output really became.
    """
    exit_code = os.WEXITSTATUS(report.status) if os.WIFEXITED(report.status) else None
    killed_by = os.WTERMSIG(report.status) if os.WIFSIGNALED(report.status) else None
    cpu_us = _cpu_us(report, usage)
    memory_kb = _memory_kb(report, usage)
    stopped = _STOPPED[report.stopped]
    if stopped is not Stopped.OUTPUT and _out_of_memory(
        report, usage, limits, failed=exit_code != 0, static_bytes=static_bytes
    ):
        stopped = Stopped.MEMORY
    if stopped is Stopped.NO and cpu_us > limits.cpu_ms * 1000:
        stopped = Stopped.CPU
    weighed = Weighed(
        stopped=stopped,
        exit_code=exit_code,
        signal=killed_by,
        cpu_ms=cpu_us / 1000,
        wall_ms=report.wall_us / 1000,
        memory_kb=memory_kb,
        why="",
    )
    return msgspec.structs.replace(weighed, why=_words(weighed, limits, output_bytes, static_bytes))


def _cpu_us(report: wire.Report, usage: Usage | None) -> int:
    if usage is None:
        return report.cpu_us
    # Children of a process that ignores SIGCHLD are reaped by nobody and counted in no process.
    unseen = usage.cpu_us - report.runner_us - report.cpu_us
    return report.cpu_us + (unseen if unseen > max(UNSEEN_CPU_US, report.cpu_us // 20) else 0)


def _memory_kb(report: wire.Report, usage: Usage | None) -> int:
    if usage is not None and usage.peak_bytes is not None:
        # A cgroup counts no page that others brought in (the C library's), and small use in batches only, so
        # by itself it says 0 of a small program; the largest process tells what people expect to read.
        return max(usage.peak_bytes // 1024, report.peak_kb)
    return max(report.peak_kb, report.tree_kb)


def _out_of_memory(
    report: wire.Report, usage: Usage | None, limits: Limits, *, failed: bool, static_bytes: int
) -> bool:
    if report.stopped == wire.STOPPED_MEMORY:
        return True
    if usage is not None:
        # The peak alone says little: it may be files that the kernel kept cached, and drops when asked.
        return usage.oom_kills > 0 or (failed and usage.reached_limit)
    used = max(report.peak_kb, report.tree_kb) * 1024
    if used > limits.memory_bytes:
        return True
    return failed and (used >= limits.memory_bytes * NEAR_LIMIT or static_bytes > limits.memory_bytes)


def _words(weighed: Weighed, limits: Limits, output_bytes: int, static_bytes: int) -> str:
    memory = _size(limits.memory_bytes)
    match weighed.stopped:
        case Stopped.CPU:
            why = f"used {weighed.cpu_ms:.0f} ms of {limits.cpu_ms} ms CPU time"
        case Stopped.WALL:
            why = f"still ran after {limits.wall_ms} ms of real time, {weighed.cpu_ms:.0f} ms of it CPU time"
        case Stopped.OUTPUT if output_bytes > limits.output_bytes:
            why = f"wrote more than {_size(limits.output_bytes)} to standard output"
        case Stopped.OUTPUT:
            why = f"wrote more than {_size(limits.stderr_bytes)} to standard error"
        case Stopped.MEMORY if static_bytes > limits.memory_bytes:
            why = f"its static data alone take {_size(static_bytes)} of {memory} memory"
        case Stopped.MEMORY:
            why = f"used {_size(weighed.memory_kb * 1024)} of {memory} memory"
        case Stopped.NO:
            why = _end(weighed, limits)
    return why


def _end(weighed: Weighed, limits: Limits) -> str:
    if weighed.signal is None:
        return ""
    name = signal_name(weighed.signal)
    if weighed.signal == signal.SIGSYS:
        return f"killed by {name}: it made a system call that no program may make here"
    return f"killed by {name} at {_size(weighed.memory_kb * 1024)} of {_size(limits.memory_bytes)} memory"


def signal_name(number: int) -> str:
    """SIGSEGV and the like; "signal 35" for one without a name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _size(size: int) -> str:
    for unit, name in ((1 << 20, "MB"), (1 << 10, "KB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} bytes"
