import msgspec
import pytest

from judgeline.judging.sandbox import wire
from judgeline.judging.sandbox.box import Limits, Stopped
from judgeline.judging.sandbox.meter import Usage
from judgeline.judging.sandbox.outcome import signal_name, weigh

LIMITS = Limits(
    cpu_ms=1_000, wall_ms=2_000, memory_bytes=100 << 20, output_bytes=1 << 20, stderr_bytes=1 << 10
)
REPORT = wire.Report(
    status=0, stopped=0, cpu_us=900, wall_us=1_000, runner_us=100, peak_kb=700, tree_kb=0, collected=0
)
USAGE = Usage(peak_bytes=300 << 10, cpu_us=1_200, oom_kills=0, reached_limit=False)
SEGV, EXIT_1 = 11, 1 << 8


def weighed(usage=None, *, static_bytes=0, output_bytes=0, **changes):
    report = msgspec.structs.replace(REPORT, **changes)
    return weigh(report, usage, LIMITS, static_bytes=static_bytes, output_bytes=output_bytes)


def test_an_honest_end():
    result = weighed()
    assert (result.stopped, result.exit_code, result.signal, result.why) == (Stopped.NO, 0, None, "")
    assert (result.cpu_ms, result.wall_ms, result.memory_kb) == (0.9, 1.0, 700)
    assert weighed(USAGE).memory_kb == 700
    assert weighed(msgspec.structs.replace(USAGE, peak_bytes=900 << 10)).memory_kb == 900
    assert weighed(msgspec.structs.replace(USAGE, peak_bytes=None)).memory_kb == 700
    assert weighed(status=EXIT_1).why == ""


@pytest.mark.parametrize(
    ("changes", "stopped", "why"),
    [
        ({"stopped": wire.STOPPED_CPU, "cpu_us": 1_012_000}, Stopped.CPU, "used 1012 ms of 1000 ms CPU time"),
        ({"cpu_us": 1_000_001}, Stopped.CPU, "used 1000 ms of 1000 ms CPU time"),
        (
            {"stopped": wire.STOPPED_WALL, "cpu_us": 3_000},
            Stopped.WALL,
            "still ran after 2000 ms of real time, 3 ms of it CPU time",
        ),
        (
            {"stopped": wire.STOPPED_OUTPUT, "output_bytes": 1 << 21},
            Stopped.OUTPUT,
            "wrote more than 1 MB to standard output",
        ),
        ({"stopped": wire.STOPPED_OUTPUT}, Stopped.OUTPUT, "wrote more than 1 KB to standard error"),
        ({"status": SEGV}, Stopped.NO, "killed by SIGSEGV at 700 KB of 100 MB memory"),
        ({"status": 31}, Stopped.NO, "killed by SIGSYS: it made a system call that no program may make here"),
    ],
)
def test_every_end_has_its_words(changes, stopped, why):
    result = weighed(**changes)
    assert (result.stopped, result.why) == (stopped, why)


@pytest.mark.parametrize(
    "changes",
    [
        {"stopped": wire.STOPPED_MEMORY, "tree_kb": 110 << 10},
        {"peak_kb": 101 << 10},
        {"tree_kb": 101 << 10},
        {"peak_kb": 81 << 10, "status": SEGV},
        {"peak_kb": 81 << 10, "status": EXIT_1},
        {"static_bytes": 1 << 30, "status": 9},
    ],
)
def test_memory_limit_without_a_cgroup(changes):
    result = weighed(**changes)
    assert result.stopped is Stopped.MEMORY
    assert "of 100 MB memory" in result.why


@pytest.mark.parametrize(
    "changes", [{"peak_kb": 81 << 10}, {"peak_kb": 79 << 10, "status": SEGV}, {"static_bytes": 1 << 30}]
)
def test_no_memory_limit_without_a_cgroup(changes):
    assert weighed(**changes).stopped is Stopped.NO


def test_memory_limit_with_a_cgroup():
    full = msgspec.structs.replace(USAGE, peak_bytes=100 << 20, reached_limit=True)
    assert weighed(msgspec.structs.replace(USAGE, oom_kills=1)).stopped is Stopped.MEMORY
    assert weighed(full, status=SEGV).stopped is Stopped.MEMORY
    assert weighed(full).stopped is Stopped.NO, "the cache of files fills a cgroup too, and gives way"
    assert weighed(USAGE, peak_kb=200 << 10, status=SEGV).stopped is Stopped.NO, "pages shared with others"
    assert weighed(full, status=9, stopped=wire.STOPPED_OUTPUT).stopped is Stopped.OUTPUT


def test_time_burnt_in_processes_that_nobody_reaps_is_charged():
    hidden = msgspec.structs.replace(USAGE, cpu_us=300_000)
    assert weighed(hidden).cpu_ms == pytest.approx(299.9)
    assert weighed(msgspec.structs.replace(USAGE, cpu_us=2_000_000)).stopped is Stopped.CPU
    assert weighed(USAGE).cpu_ms == 0.9, "small differences are the kernel's own work"


def test_signals_without_a_name():
    assert signal_name(6) == "SIGABRT"
    assert signal_name(40) == "signal 40"
