"""What the runner says is held against what this process sees."""

import os

import msgspec
import pytest

from judgeline.judging.errors import HostileReportError
from judgeline.judging.sandbox import wire
from judgeline.judging.sandbox.box import Limits
from judgeline.judging.sandbox.meter import Usage
from judgeline.judging.sandbox.word import Seen, check_report, check_total

REPORT = wire.Report(
    status=0, stopped=0, cpu_us=900, wall_us=1_000, runner_us=10, peak_kb=700, tree_kb=0, collected=0
)
LIMITS = Limits(cpu_ms=1_000, wall_ms=2_000, memory_bytes=64 << 20, output_bytes=100, stderr_bytes=100)
USAGE = Usage(peak_bytes=0, cpu_us=3_000, oom_kills=0, reached_limit=False)
SEEN = Seen(limits=LIMITS, elapsed_us=2_000, usage=None, output_bytes=0, stderr_bytes=0, collects=0, files=())
LONG = {"elapsed_us": 3e6}
LARGE = (64 << 10) + 1


def check(report=None, seen=None):
    check_report(
        msgspec.structs.replace(REPORT, **(report or {})), msgspec.structs.replace(SEEN, **(seen or {}))
    )


@pytest.mark.parametrize(
    ("report", "seen", "fault"),
    [
        ({"status": 0x137F}, {}, "status"),
        ({"wall_us": 60_000_000}, {}, "wall time"),
        ({"cpu_us": 1 << 60}, {}, "cpu time"),
        ({"cpu_us": 1_000_000, "wall_us": 1_000_000}, LONG | {"usage": USAGE}, "cpu time"),
        ({"peak_kb": 1 << 50}, {}, "memory"),
        ({"tree_kb": 1 << 50}, {}, "memory"),
        ({"tree_kb": 1}, {"usage": USAGE}, "memory"),
        ({"collected": 1}, {}, "files"),
        ({"stopped": 5}, {}, "stop"),
        ({"stopped": wire.STOPPED_WALL}, {}, "stop"),
        ({"stopped": wire.STOPPED_CPU}, {}, "stop"),
        ({"stopped": wire.STOPPED_MEMORY}, {}, "stop"),
        ({"stopped": wire.STOPPED_MEMORY, "tree_kb": LARGE}, {"usage": USAGE}, "stop and memory"),
        ({"stopped": wire.STOPPED_OUTPUT}, {"output_bytes": 100}, "stop"),
        ({}, {"output_bytes": 101}, "stop"),
        ({}, {"stderr_bytes": 101}, "stop"),
        ({"stopped": wire.STOPPED_WALL}, LONG | {"output_bytes": 101}, "stop"),
    ],
)
def test_impossible_reports_are_refused(report, seen, fault):
    with pytest.raises(HostileReportError, match=f"impossible {fault}:"):
        check(report, seen)


@pytest.mark.parametrize(
    ("report", "seen"),
    [
        ({}, {}),
        ({}, {"usage": USAGE}),
        ({"status": 9, "stopped": wire.STOPPED_WALL}, LONG),
        ({"stopped": wire.STOPPED_CPU, "cpu_us": 1_000_000}, LONG),
        ({"stopped": wire.STOPPED_MEMORY, "tree_kb": LARGE}, LONG),
        ({"stopped": wire.STOPPED_OUTPUT}, {"stderr_bytes": 101}),
    ],
)
def test_possible_reports_pass(report, seen):
    check(report, seen)


def test_every_collected_file_comes_with_its_descriptor(tmp_path):
    with (tmp_path / "x").open("w") as one, (tmp_path / "y").open("w") as two:
        files = [one.fileno(), two.fileno()]
        check({"collected": 0b101}, {"files": files, "collects": 3})
        for came, collects in ((files[:1], 3), (files * 2, 3), (files, 2)):
            with pytest.raises(HostileReportError, match="files"):
                check({"collected": 0b101}, {"files": came, "collects": collects})


def test_what_comes_as_a_file_is_one():
    ends = os.pipe()
    try:
        with pytest.raises(HostileReportError, match="files"):
            check({"collected": 1}, {"files": ends[:1], "collects": 1})
    finally:
        for end in ends:
            os.close(end)


def test_the_whole_box_cannot_have_spent_less_than_its_runs_nor_much_more():
    runs = [msgspec.structs.replace(REPORT, cpu_us=400_000, runner_us=1_000)] * 2
    check_total(runs, 802_000)
    check_total(runs, 790_000)
    check_total(runs, 1_900_000)
    with pytest.raises(HostileReportError, match="impossible cpu time: 800000 us"):
        check_total(runs, 600_000)
    with pytest.raises(HostileReportError, match="impossible silence on cpu time"):
        check_total(runs, 2_100_000)
