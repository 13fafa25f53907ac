"""What a run may leave on the host: told by what is there after it and was not before."""

import contextlib
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from judgeline.judging.attacks.secrets import KEY
from judgeline.judging.sandbox.cgroup import PREFIX

PATIENCE_S = 2.0
"""Seconds in which what was left may still go by itself."""

_OTHERS = ("/run/", "/var/lib/")
"""Where a host mounts while it works: sessions, containers. No box reaches there."""
_PUBLIC = ("/tmp", "/var/tmp", "/")  # noqa: S108 - where programs leave things
_PR_SET_CHILD_SUBREAPER = 36


class Traces(msgspec.Struct, frozen=True):
    """What is there now. Each is a set of lines for people."""

    processes: frozenset[str]
    """Those that descend from this process."""
    mounts: frozenset[str]
    cgroups: frozenset[str]
    memory: frozenset[str]
    """Shared memory, semaphores and queues, of System V and POSIX, under the attacks' names."""
    files: frozenset[str]
    """Under the attacks' names in places that all may write to, and everything in the caches."""

    def since(self, before: "Traces") -> list[str]:
        """What is here and was not before, a line each."""
        return [
            f"left on the host: {what.removesuffix('s')}: {line}"
            for what in self.__struct_fields__
            for line in sorted(getattr(self, what) - getattr(before, what))
        ]


class Tracker:
    """Takes traces.

    ``cgroups`` are the folders that boxes' cgroups stand in, ``caches`` those that no box may change.
    """

    def __init__(self, mark: str, cgroups: Iterable[Path], caches: Iterable[Path]) -> None:
        self._mark = mark
        self._cgroups = list(cgroups)
        self._caches = list(caches)

    def take(self) -> Traces:
        """What is there now."""
        return Traces(
            processes=frozenset(descendants(os.getpid()).values()),
            mounts=frozenset(_mounts(Path("/proc/self/mountinfo").read_text())),
            cgroups=frozenset(
                str(path) for parent in self._cgroups for path in parent.glob(f"{PREFIX}{os.getpid()}-*")
            ),
            memory=frozenset(_shared_memory(self._mark)),
            files=frozenset(self._files()),
        )

    def left_since(self, before: Traces) -> list[str]:
        """What has come since and does not go, a line each."""
        deadline = time.monotonic() + PATIENCE_S
        while (left := self.take().since(before)) and time.monotonic() < deadline:
            time.sleep(0.02)  # a dying process tells only its parent
        return left

    def _files(self) -> Iterator[str]:
        for folder in {tempfile.gettempdir(), str(Path.cwd()), *_PUBLIC}:
            for path in _listed(Path(folder)):
                if path.name.startswith(self._mark):
                    yield str(path)
        for cache in self._caches:
            for path in _listed(cache):
                with contextlib.suppress(OSError):
                    found = path.lstat()
                    yield f"{path} of {found.st_size} bytes, mode {found.st_mode:o}, {found.st_ctime_ns}"


@contextlib.contextmanager
def keeping_orphans() -> Iterator[None]:
    """While this lasts, a process whose parents die stays below this one, and is found."""
    import ctypes  # noqa: PLC0415 - few need it, and it takes a while

    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0)


def descendants(pid: int) -> dict[int, str]:
    """Every process below that one, those that are dead and not waited for included.

    Gives pid -> words that name it for ever.
    """
    children: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            before, _, after = (folder / "stat").read_text(errors="replace").rpartition(")")
            fields = after.split()
            words = f"{before.partition('(')[2]!r} ({folder.name}, state {fields[0]}, started {fields[19]})"
            # Its state changes; the rest is its own.
            children[int(fields[1])].append((int(folder.name), words.replace(f"state {fields[0]}, ", "")))
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        for child, words in children.get(waiting.pop(), ()):
            found[child] = words
            waiting.append(child)
    return found


def _mounts(text: str) -> Iterator[str]:
    for line in text.splitlines():
        fields = line.split()
        if not fields[4].startswith(_OTHERS):
            yield fields[4]


def _shared_memory(mark: str) -> Iterator[str]:
    for folder in (Path("/dev/shm"), Path("/dev/mqueue")):  # noqa: S108  where the kernel shows it
        for path in _listed(folder):
            if path.name.startswith((mark, f"sem.{mark}")):
                yield str(path)
    for kind in ("shm", "sem", "msg"):
        with contextlib.suppress(OSError):
            for line in Path("/proc/sysvipc", kind).read_text().splitlines()[1:]:
                if int(line.split()[0]) == KEY:
                    yield f"System V {kind} {line.split()[1]}"


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
