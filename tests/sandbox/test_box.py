"""What a box does for honest programs."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from judgeline.judging.errors import BoxError, SandboxError
from judgeline.judging.sandbox.box import Command, Limits, Stopped

SH = "/bin/sh"


def shell(box, line, stdin=b"", **fields):
    return box.run(Command(argv=(SH, "-c", line), **fields), stdin)


def test_a_program_gets_its_input_and_gives_its_output(box):
    outcome = shell(box, "cat; echo oops >&2", b"hello\n")
    assert (outcome.stdout, outcome.stderr, outcome.exit_code) == (b"hello\n", b"oops\n", 0)
    assert (outcome.stopped, outcome.signal, outcome.why) == (Stopped.NO, None, "")
    assert 0 < outcome.cpu_ms < 1_000
    assert 0 < outcome.wall_ms < 5_000
    assert 100 < outcome.memory_kb < 50_000


@pytest.mark.parametrize("code", [0, 1, 3, 127, 255])
def test_the_exit_code_is_told(box, code):
    assert shell(box, f"exit {code}").exit_code == code


@pytest.mark.parametrize(
    ("name", "number"), [("SEGV", 11), ("KILL", 9), ("ABRT", 6), ("TERM", 15), ("PIPE", 13)]
)
def test_the_signal_is_told(box, name, number):
    outcome = shell(box, f"kill -{name} $$")
    assert (outcome.exit_code, outcome.signal, outcome.stopped) == (None, number, Stopped.NO)
    assert f"SIG{name}" in outcome.why


def test_ten_megabytes_of_input(box):
    outcome = shell(box, "md5sum; wc -c", os.urandom(16) * 655_360)
    assert outcome.exit_code == 0
    assert outcome.stdout.endswith(b"0\n")
    big = b"x" * 10_000_000
    assert shell(box, "wc -c", big).stdout == b"10000000\n"
    assert shell(box, "cat", big, limits=Limits(output_bytes=10_000_000)).stdout == big


def test_the_environment_is_ours_alone(box):
    os.environ["JUDGELINE_SECRET_OF_THE_WORKER"] = "1"
    try:
        outcome = shell(box, "env | sort", env={"EXTRA": "a b=c", "LANG": "C"})
    finally:
        del os.environ["JUDGELINE_SECRET_OF_THE_WORKER"]
    names = [line.split("=")[0] for line in outcome.stdout.decode().splitlines()]
    assert names == ["EXTRA", "HOME", "JUDGELINE_TEST_MARK", "LANG", "PATH", "PWD"]
    assert b"EXTRA=a b=c\n" in outcome.stdout
    assert b"LANG=C\n" in outcome.stdout


def test_files_are_put_into_tmp_and_collected_from_it(box):
    outcome = shell(
        box,
        "cat in/deep/data.txt > out.txt; pwd; mkdir -p made; printf 12345 > made/five",
        files={"in/deep/data.txt": b"data\0\xff"},
        collect={"out.txt": 100, "made/five": 3, "missing": 10, "made": 10},
    )
    assert outcome.stdout == b"/tmp\n"
    assert outcome.files == {"out.txt": b"data\0\xff", "made/five": b"123"}


def test_a_file_that_its_program_closed_to_all_is_collected(box):
    outcome = shell(box, "echo 1 > a; chmod 0 a", collect={"a": 10})
    assert outcome.files == {"a": b"1\n"}


def test_the_program_area_is_written_once_and_read_only(box):
    box.load({"run.sh": (b"#!/bin/sh\necho $0 $1\n", 0o555), "data/x": (b"x", 0o444)})
    assert box.run(Command(argv=("/prog/run.sh", "a"))).stdout == b"/prog/run.sh a\n"
    outcome = shell(box, "cat /prog/data/x; chmod 777 /prog/run.sh; rm /prog/data/x; touch /prog/y; ls /prog")
    assert outcome.stdout == b"xdata\nrun.sh\n"
    assert outcome.stderr.count(b"Read-only file system") == 3
    with pytest.raises(BoxError, match="already"):
        box.load({"again": (b"", 0o444)})


def test_a_large_program_area(box):
    content = os.urandom(1 << 20) * 8
    box.load({f"part{number}": (content, 0o444) for number in range(4)})
    assert shell(box, "cat /prog/part* | wc -c").stdout == b"33554432\n"


def test_a_program_that_cannot_be_started_harms_nothing(box):
    with pytest.raises(BoxError, match="exec: No such file"):
        box.run(Command(argv=("/no/such/program",)))
    with pytest.raises(BoxError, match="exec: Permission denied"):
        box.run(Command(argv=("/etc/passwd",)))
    assert shell(box, "echo still here").stdout == b"still here\n"


def test_a_loaded_program_that_cannot_be_started_has_failed_by_itself(box):
    box.load({"p": (b"\x7fELF, or not", 0o555), "script": (b"#!/no/such/interpreter\n", 0o555)})
    for name, why in {"p": "Exec format error", "script": "No such file or directory"}.items():
        outcome = box.run(Command(argv=(f"/prog/{name}",)))
        assert (outcome.exit_code, outcome.stopped) == (127, Stopped.NO)
        assert outcome.why == f"cannot be executed: {why}"


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x", "", "a//b", "./a", "a\0b", "x" * 5_000])
def test_paths_that_leave_tmp_are_refused(box, path):
    for command in (
        Command(argv=(SH, "-c", "true"), files={path: b""}),
        Command(argv=(SH, "-c", "true"), collect={path: 1}),
    ):
        with pytest.raises(BoxError, match="not a path below"):
            box.run(command)
    assert shell(box, "echo still here").stdout == b"still here\n"


def test_what_does_not_fit_is_refused(box):
    with pytest.raises(BoxError, match="of at most"):
        shell(box, "true", env={"BIG": "x" * 200_000})
    with pytest.raises(BoxError, match="absolute"):
        box.run(Command(argv=("sh",)))
    with pytest.raises(BoxError, match="files: No space left"):
        shell(box, "true", files={"big": b"x" * 100_000}, limits=Limits(tmp_bytes=50_000))
    assert shell(box, "echo $((2 + 3))").stdout == b"5\n"


def test_a_closed_box_stays_closed(sandbox):
    box = sandbox.open()
    box.close()
    box.close()
    with pytest.raises(BoxError, match="closed"):
        shell(box, "true")


def test_boxes_side_by_side_do_not_meet(sandbox):
    with sandbox.open() as one, sandbox.open() as two, sandbox.open() as three:
        boxes = [one, two, three]
        for number, box in enumerate(boxes):
            box.load({"number": (str(number).encode(), 0o444)})
        for _ in range(2):
            seen = [shell(box, "echo $$; ls /tmp; echo x > /tmp/x; cat /prog/number") for box in boxes]
            assert [outcome.stdout for outcome in seen] == [b"2\n0", b"2\n1", b"2\n2"]


def test_a_bound_folder_is_seen_read_only_at_its_own_path(own_sandbox, tmp_path_factory):
    with pytest.raises(SandboxError, match="the box's own"):
        own_sandbox.open(binds=["/tmp"])
    with pytest.raises(SandboxError, match="does not exist"):
        own_sandbox.open(binds=["/no/such/folder"])
    with pytest.raises(SandboxError, match="cannot bind"):
        own_sandbox.open(binds=["/"])
    place = "/etc/ssl" if Path("/etc/ssl").is_dir() else "/etc/default"
    with own_sandbox.open(binds=[place, "/usr/lib"]) as box:
        outcome = shell(box, f"ls -A {place} | head -1; touch {place}/x")
        assert outcome.stdout
        assert b"Read-only file system" in outcome.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_folder_that_only_root_can_reach_can_be_bound(own_sandbox, request):
    closed = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="judgeline-test-"))  # mode 0700, of root
    request.addfinalizer(lambda: shutil.rmtree(closed))
    tool = closed / "tool"
    tool.mkdir(0o755)
    (tool / "hello").write_text("hello from below\n")
    with own_sandbox.open(binds=[str(tool)]) as box:
        assert shell(box, f"cat {tool}/hello; ls {closed}").stdout == b"hello from below\ntool\n"
