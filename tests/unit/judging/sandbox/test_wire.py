import errno
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgeline.judging.errors import BoxError, HostileReportError
from judgeline.judging.sandbox import wire

REPORT = wire.Report(
    status=0, stopped=0, cpu_us=900, wall_us=1_000, runner_us=10, peak_kb=700, tree_kb=0, collected=0
)


def message(kind, body=b"", version=wire.VERSION, length=None):
    return struct.pack("=4I", version, kind, 16 + len(body) if length is None else length, 0) + body


def report_body(report=REPORT):
    return struct.pack("=iI5Q2I", *msgspec.structs.astuple(report), 0)


def test_replies_are_told_apart():
    assert wire.unpack_reply(message(wire.READY)) == wire.READY
    assert wire.unpack_reply(message(wire.LOADED, struct.pack("=2IQ", 1, 0, 7))) == wire.Loaded(
        warm=True, own_us=7
    )
    assert wire.unpack_reply(message(wire.LOADED, struct.pack("=2IQ", 0, 0, 0))) == wire.Loaded(
        warm=False, own_us=0
    )
    assert wire.unpack_reply(message(wire.DONE, report_body())) == REPORT
    failed = message(wire.FAILED, struct.pack("=iI112s", errno.EPERM, 1, b"namespaces"))
    failure = wire.unpack_reply(failed)
    assert failure == wire.Failure(errno.EPERM, True, "namespaces")
    assert str(failure) == "namespaces: Operation not permitted"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        message(99),
        message(wire.READY, b"more"),
        message(wire.DONE),
        message(wire.DONE, report_body() + b"\0"),
        message(wire.READY, version=wire.VERSION + 1),
        message(wire.READY, length=17),
        message(wire.RUN),
    ],
)
def test_malformed_replies_are_refused(data):
    with pytest.raises(HostileReportError if data else BoxError):
        wire.unpack_reply(data)


def test_the_words_of_a_failure_are_fit_to_be_shown():
    failed = message(wire.FAILED, struct.pack("=iI112s", -7, 0, b"exec\n\x1b[2J\xff"))
    assert wire.unpack_reply(failed).step == "exec\ufffd\ufffd[2J\ufffd"


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data):
    try:
        reply = wire.unpack_reply(data)
    except BoxError:
        return
    assert isinstance(reply, int | wire.Report | wire.Failure)


def test_requests_are_laid_out_as_the_helper_reads_them():
    tree = wire.Tree(flags=3, uid_base=5, uid_span=7, steps=[("d", "tmp"), ("b", "/usr", "usr")])
    data = wire.pack_build(tree)
    assert struct.unpack_from("=11I", data) == (wire.VERSION, wire.BUILD, len(data), 0, 3, 5, 7, 2, 0, 0, 0)
    assert data[44:] == b"d\0tmp\0b\0/usr\0usr\0"
    warm = msgspec.structs.replace(tree, arguments=["python", "main.py"], variables=["A=1"])
    data = wire.pack_build(warm)
    assert struct.unpack_from("=11I", data)[7:] == (2, 2, 1, 0)
    assert data[44:] == b"python\0main.py\0A=1\0d\0tmp\0b\0/usr\0usr\0"
    assert wire.pack_archive({"a/b": (b"xyz", 0o4755)}) == [struct.pack("=2IQ", 3, 0o755, 3), b"a/b", b"xyz"]


def test_limits_out_of_range_are_refused():
    names = [
        name for name in wire.Run.__struct_fields__ if name not in {"arguments", "variables", "collects"}
    ]
    fine = wire.Run(arguments=["/a"], variables=[], collects=[], **dict.fromkeys(names, 1))
    assert wire.pack_run(fine).endswith(b"/a\0")
    for name in names:
        for value in (-1, 1 << 64):
            with pytest.raises(BoxError, match="out of range"):
                wire.pack_run(msgspec.structs.replace(fine, **{name: value}))


def test_strings_that_would_be_cut_are_refused():
    with pytest.raises(BoxError, match="NUL"):
        wire.pack_build(wire.Tree(0, 0, 0, [("d", "a\0b")]))


@pytest.mark.parametrize(
    "path", ["", "/a", "a/", "a//b", "..", "a/../b", ".", "a/./b", "a\0b", "\u00e9" * 2_048]
)
def test_paths_that_leave_their_folder_are_refused(path):
    with pytest.raises(BoxError):
        wire.checked_path(path)


@pytest.mark.parametrize("path", ["a", "a/b/c", "..a", "a..", "\u00e9/\n"])
def test_paths_below_their_folder_pass(path):
    assert wire.checked_path(path) == path
