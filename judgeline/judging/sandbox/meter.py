"""A box's cgroup while programs run in it: what it is bounded by, and what the kernel counted."""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol, Self

import msgspec

CACHE_KEPT = 8 << 20
"""Bytes of files' pages that earlier runs may leave in the kernel's cache before they are asked back.

They are counted as the box's own, and a program could take their room beyond its limit.
"""
_PAGE = os.sysconf("SC_PAGESIZE")


class Peaks(StrEnum):
    """Of which runs a cgroup v2 tells the peak."""

    EACH = "each"
    RISING = "rising"
    """Of those alone that rise above all earlier ones of their box."""
    NONE = "none"


class Usage(msgspec.Struct, frozen=True):
    """What a cgroup counted since the run began."""

    peak_bytes: int | None
    """Beyond what the box itself takes; None where the kernel cannot tell it for one run."""
    cpu_us: int
    """The box's own processes included."""
    oom_kills: int
    reached_limit: bool


class Meter(Protocol):
    """One box's cgroup. Every method may raise OSError."""

    def enter(self, pid: int) -> None:
        """Put a process, and all it will start, into the cgroup."""

    def begin(self, memory_bytes: int) -> None:
        """Bound what comes by ``memory_bytes`` beyond what the box itself takes, and count from zero."""

    def end(self) -> Usage:
        """What was used since ``begin``."""

    def close(self) -> None:
        """Remove the cgroup; its processes must be dead. What cannot be removed now is swept later."""


class V1Meter:
    """cgroup v1: the memory controller, and cpuacct beside it."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        memory = ("limit_in_bytes", "usage_in_bytes", "max_usage_in_bytes", "oom_control")
        self._folders = folders
        self._memory = _Files(folders["memory"], [f"memory.{name}" for name in memory])
        self._cpu = _Files(folders["cpuacct"], ["cpuacct.usage"])
        self._limit = self._base = self._kills = self._cpu_ns = self._least = 0

    @classmethod
    def make(cls, folders: Mapping[str, Path]) -> Self:
        """Make the folders, a controller each, and turn swap off."""
        with _removed_on_error(folders.values()):
            for folder in folders.values():
                folder.mkdir()
            with contextlib.suppress(OSError):  # a kernel without swap accounting has no such file
                _write(folders["memory"] / "memory.swappiness", 0)
            return cls(folders)

    def enter(self, pid: int) -> None:
        """See Meter."""
        for folder in self._folders.values():
            _write(folder / "cgroup.procs", pid)

    def begin(self, memory_bytes: int) -> None:
        """See Meter."""
        self._base = self._memory.number("memory.usage_in_bytes")
        self._least = self._least or self._base
        if self._base > self._least + CACHE_KEPT:
            with contextlib.suppress(OSError):  # EBUSY: some of it is in use, the rest went
                _write(self._folders["memory"] / "memory.force_empty", 0)
            self._base = self._least = self._memory.number("memory.usage_in_bytes")
        limit = _whole_pages(self._base + memory_bytes)
        if limit != self._limit:
            self._memory.write("memory.limit_in_bytes", limit)
            self._limit = limit
        self._memory.write("memory.max_usage_in_bytes", 0)
        self._kills = self._memory.number("memory.oom_control", "oom_kill")
        self._cpu_ns = self._cpu.number("cpuacct.usage")

    def end(self) -> Usage:
        """See Meter."""
        peak = self._memory.number("memory.max_usage_in_bytes")
        return Usage(
            peak_bytes=max(peak - self._base, 0),
            cpu_us=(self._cpu.number("cpuacct.usage") - self._cpu_ns) // 1000,
            oom_kills=self._memory.number("memory.oom_control", "oom_kill") - self._kills,
            reached_limit=peak >= self._limit,
        )

    def close(self) -> None:
        """See Meter."""
        self._memory.close()
        self._cpu.close()


class V2Meter:
    """cgroup v2.

    A run's peak is known where memory.peak can be reset (Linux 6.12), and before that (5.19) when the run
    rose above all earlier ones of its box.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        names = ["memory.max", "memory.current", "memory.events", "cpu.stat"]
        self._has_peak = (folder / "memory.peak").exists()
        self._files = _Files(folder, [*names, "memory.peak"] if self._has_peak else names)
        self._limit = self._base = self._kills = self._cpu_us = self._old_peak = self._least = 0

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make the folder and turn swap off."""
        with _removed_on_error([folder]):
            folder.mkdir()
            with contextlib.suppress(OSError):  # a kernel without swap has no such file
                _write(folder / "memory.swap.max", 0)
            return cls(folder)

    @property
    def peaks(self) -> Peaks:
        """Whose peak this kernel tells."""
        if not self._has_peak:
            return Peaks.NONE
        # Not os.access: it grants root all.
        resettable = (self._folder / "memory.peak").stat().st_mode & 0o222
        return Peaks.EACH if resettable else Peaks.RISING

    def enter(self, pid: int) -> None:
        """See Meter."""
        _write(self._folder / "cgroup.procs", pid)

    def begin(self, memory_bytes: int) -> None:
        """See Meter."""
        self._base = self._files.number("memory.current")
        self._least = self._least or self._base
        if self._base > self._least + CACHE_KEPT:
            with contextlib.suppress(OSError):  # EAGAIN: less went than was asked; ENOENT: before Linux 5.19
                _write(self._folder / "memory.reclaim", self._base - self._least)
            self._base = self._least = self._files.number("memory.current")
        limit = _whole_pages(self._base + memory_bytes)
        if limit != self._limit:
            self._files.write("memory.max", limit)
            self._limit = limit
        if self._has_peak:
            with contextlib.suppress(OSError):  # before Linux 6.12 the file is read-only
                self._files.write("memory.peak", 0)
            self._old_peak = self._files.number("memory.peak")
        self._kills = self._files.number("memory.events", "oom_kill")
        self._cpu_us = self._files.number("cpu.stat", "usage_usec")

    def end(self) -> Usage:
        """See Meter."""
        peak = self._files.number("memory.peak") if self._has_peak else 0
        known = peak > self._old_peak
        return Usage(
            peak_bytes=max(peak - self._base, 0) if known else None,
            cpu_us=self._files.number("cpu.stat", "usage_usec") - self._cpu_us,
            oom_kills=self._files.number("memory.events", "oom_kill") - self._kills,
            reached_limit=known and peak >= self._limit,
        )

    def close(self) -> None:
        """See Meter."""
        self._files.close()


class _Files:
    """A cgroup's files, opened once: a run reads and writes them by descriptor."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder = folder
        self._files: dict[str, int] = {}
        for name in names:
            mode = os.O_RDWR if os.access(folder / name, os.W_OK) else os.O_RDONLY
            self._files[name] = os.open(folder / name, mode | os.O_CLOEXEC)

    def number(self, name: str, field: str = "") -> int:
        """The file's number, or the one that stands behind ``field`` in it (0 without such a line)."""
        text = os.pread(self._files[name], 4096, 0).decode()
        if not field:
            return int(text)
        lines = dict(line.partition(" ")[::2] for line in text.splitlines())
        return int(lines.get(field, 0))

    def write(self, name: str, value: int) -> None:
        os.pwrite(self._files[name], str(value).encode(), 0)

    def close(self) -> None:
        for file in self._files.values():
            os.close(file)
        self._files = {}
        remove_cgroup(self._folder)


@contextlib.contextmanager
def _removed_on_error(folders: Iterable[Path]) -> Iterator[None]:
    try:
        yield
    except OSError:
        for folder in folders:
            remove_cgroup(folder)
        raise


def remove_cgroup(folder: Path, patience_s: float = 0.5) -> bool:
    """Remove an empty cgroup; false when something in it is still dying after ``patience_s``."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)  # the kernel tells nobody when the last dead process has left
        else:
            return True


def _write(path: Path, value: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)  # never creates one: the kernel alone does
    try:
        os.write(file, str(value).encode())
    finally:
        os.close(file)


def _whole_pages(size: int) -> int:
    return -(-size // _PAGE) * _PAGE
