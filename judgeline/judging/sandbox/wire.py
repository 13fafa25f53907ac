"""The messages between this process and a box: packed here, and what comes back is checked here.

The layouts are those of ``native/wire.h``. The programs in a box cannot reach the runner's socket; its word
is checked all the same (here its form, in ``word`` what it says), so that a broken runner becomes a judge's
error and never a verdict.
"""

import os
import struct
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from judgeline.judging.errors import BoxError, HostileReportError

VERSION = 3
MESSAGE_MAX = 128 * 1024
"""Bytes in one message: arguments, environment and paths of a run must fit."""
COLLECTS_MAX = 16
"""Files that can be collected from one run."""

BUILD, LOAD, RUN = 1, 2, 3
READY, LOADED, DONE, FAILED = 11, 12, 13, 14

DROP_UID, NO_HIDDEN_MEMORY, NO_HIDDEN_CPU = 1, 2, 4

STOPPED_NO, STOPPED_CPU, STOPPED_WALL, STOPPED_MEMORY, STOPPED_OUTPUT = range(5)

_HEADER = struct.Struct("=4I")
_BUILD = struct.Struct("=7I")
_LOAD = struct.Struct("=2Q")
_RUN = struct.Struct("=8I9Q")
_LOADED = struct.Struct("=I4xQ")
_REPORT = struct.Struct("=iI5Q2I")
_FAILURE = struct.Struct("=iI112s")
_ARCHIVE_ENTRY = struct.Struct("=2IQ")


class Tree(msgspec.Struct, frozen=True):
    """How the box's root is built: flags and uids for the guard, and the tree's steps (``native/tree.c``)."""

    flags: int
    uid_base: int
    uid_span: int
    steps: Sequence[Sequence[str]]
    arguments: Sequence[str] = ()
    """Of the interpreter that stands by; empty: the box is cold."""
    variables: Sequence[str] = ()


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run as the runner is asked for it: strings, and every limit in the kernel's own unit."""

    arguments: Sequence[str]
    variables: Sequence[str]
    collects: Sequence[str]
    processes: int
    open_files: int
    cpu_ms: int
    wall_ms: int
    output_bytes: int
    stderr_bytes: int
    file_bytes: int
    address_bytes: int
    data_bytes: int
    stack_bytes: int
    watched_bytes: int
    tmp_bytes: int
    tmp_inodes: int
    warm: bool = False
    """Fork the interpreter that stands by."""


class Loaded(msgspec.Struct, frozen=True):
    """The program area is written; ``warm`` says whether the interpreter stands by to run what is in it."""

    warm: bool
    own_us: int
    """CPU time that the interpreter has burnt so far, microseconds."""


class Report(msgspec.Struct, frozen=True):
    """What the runner says of a run. Times in microseconds, memory in KiB."""

    status: int
    stopped: int
    cpu_us: int
    wall_us: int
    runner_us: int
    peak_kb: int
    tree_kb: int
    collected: int


class Failure(msgspec.Struct, frozen=True):
    """A step inside the box that failed."""

    error: int
    fatal: bool
    step: str

    def __str__(self) -> str:
        return f"{self.step}: {os.strerror(self.error)}"


def pack_build(tree: Tree) -> bytes:
    """The request that makes a box."""
    others = [*tree.arguments, *tree.variables]
    counts = len(tree.steps), len(tree.arguments), len(tree.variables)
    body = _BUILD.pack(tree.flags, tree.uid_base, tree.uid_span, *counts, 0)
    return _message(BUILD, body + _strings([*others, *(part for step in tree.steps for part in step)]))


def pack_load(size: int, inodes: int) -> bytes:
    """The request that fills /prog."""
    return _message(LOAD, _LOAD.pack(size, inodes))


def pack_run(run: Run) -> bytes:
    """The request that runs one program."""
    numbers = (
        *(len(run.arguments), len(run.variables), len(run.collects)),
        *(run.processes, run.open_files, run.cpu_ms, run.wall_ms, run.warm),
        *(run.output_bytes, run.stderr_bytes, run.file_bytes),
        *(run.address_bytes, run.data_bytes, run.stack_bytes, run.watched_bytes),
        *(run.tmp_bytes, run.tmp_inodes),
    )
    try:
        body = _RUN.pack(*numbers)
    except struct.error as error:
        raise BoxError(f"a limit is out of range: {error}") from error
    return _message(RUN, body + _strings([*run.arguments, *run.variables, *run.collects]))


def pack_archive(files: Mapping[str, tuple[bytes, int]]) -> list[bytes]:
    """Files as the parts of an archive, to be written one after another."""
    parts: list[bytes] = []
    for path, (content, mode) in files.items():
        name = checked_path(path).encode()
        parts += [_ARCHIVE_ENTRY.pack(len(name), mode & 0o777, len(content)), name, content]
    return parts


def checked_path(path: str) -> str:
    """A relative path that stays below its folder, or BoxError."""
    parts = path.split("/")
    if (
        not path
        or "\0" in path
        or len(path.encode()) >= 4096
        or any(part in ("", ".", "..") for part in parts)
    ):
        raise BoxError(f"not a path below a folder of the box: {path!r}")
    return path


def unpack_reply(data: bytes) -> Report | Loaded | Failure | int:
    """A reply: a report, a failure, or the kind of one that says no more.

    Raises BoxError where the box hung up, HostileReportError on anything odd.
    """
    if not data:
        raise BoxError("the box hung up")
    if len(data) < _HEADER.size:
        raise HostileReportError(f"the box sent {len(data)} bytes")
    version, kind, length, _ = _HEADER.unpack_from(data)
    body = data[_HEADER.size :]
    if version != VERSION or length != len(data):
        raise HostileReportError(
            f"the box sent a malformed message (version {version}, length {length} of {len(data)})"
        )
    if kind == READY and not body:
        return READY
    if kind == LOADED and len(body) == _LOADED.size:
        warm, own_us = _LOADED.unpack(body)
        return Loaded(bool(warm), own_us)
    if kind == DONE and len(body) == _REPORT.size:
        return Report(*_REPORT.unpack(body)[:8])
    if kind == FAILED and len(body) == _FAILURE.size:
        error, fatal, step = _FAILURE.unpack(body)
        return Failure(error, bool(fatal), _printable(step.split(b"\0", 1)[0]))
    raise HostileReportError(f"the box sent a malformed message (kind {kind}, {len(body)} bytes)")


def _message(kind: int, body: bytes) -> bytes:
    length = _HEADER.size + len(body)
    if length >= MESSAGE_MAX:
        raise BoxError(f"arguments, environment and paths take {length} bytes of at most {MESSAGE_MAX - 1}")
    return _HEADER.pack(VERSION, kind, length, 0) + body


def _strings(strings: Iterable[str]) -> bytes:
    encoded = [string.encode("utf-8", "surrogateescape") for string in strings]
    if any(b"\0" in string for string in encoded):
        raise BoxError("a NUL byte in an argument, a variable or a path")
    return b"".join(string + b"\0" for string in encoded)


def _printable(text: bytes) -> str:
    """Words that people will read: no line break, no escape sequence."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text.decode(errors="replace"))
