"""What a box is: the interface between the judge and the sandbox.

One box serves one submission and is thrown away. A *program* area (``/prog`` in the box) is written once and
read-only for the programs that run; ``/tmp`` is made new for every run. Nothing else survives from one run
to the next, not a file, not a process.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one run may use. Reaching a limit stops the run; ``Outcome.stopped`` says which."""

    cpu_ms: int = 10_000
    """CPU time of the whole process tree, milliseconds."""
    wall_ms: int = 20_000
    """Real time, milliseconds."""
    memory_bytes: int = 256 << 20
    """Memory of the whole process tree, bytes."""
    output_bytes: int = 8 << 20
    """Standard output, bytes. One byte more is an output limit."""
    stderr_bytes: int = 1 << 20
    """Standard error, bytes; past it the run is stopped as with ``output_bytes``."""
    processes: int = 64
    """Processes and threads alive at once."""
    open_files: int = 256
    tmp_bytes: int = 64 << 20
    """Size of the run's own /tmp, bytes; it counts as memory where a cgroup counts."""
    tmp_inodes: int = 4096
    address_space: bool = True
    """Whether the address space may be limited; not for JVM, Node or Go, which map far more than they use."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A program to run in a box."""

    argv: Sequence[str]
    """The first is an absolute path inside the box."""
    env: Mapping[str, str] = {}
    """The whole environment, on top of PATH, HOME=/tmp and LANG=C.UTF-8; nothing of the host's comes in."""
    limits: Limits = Limits()
    files: Mapping[str, bytes] = {}
    """Put into this run's /tmp before it starts: relative path -> bytes (parents are made)."""
    collect: Mapping[str, int] = {}
    """Read from this run's /tmp after every process is dead: relative path -> most bytes. Only regular files,
    reached without following a link; missing ones are left out of ``Outcome.files``."""


class Stopped(StrEnum):
    """Why the sandbox ended a run that had not ended by itself."""

    NO = "no"
    CPU = "cpu"
    WALL = "wall"
    MEMORY = "memory"
    OUTPUT = "output"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one run did, measured from outside the program."""

    exit_code: int | None
    """0..255, or None where a signal ended it."""
    signal: int | None
    """The signal that ended it (the sandbox's own SIGKILL included), or None."""
    stopped: Stopped
    cpu_ms: float
    """User + system time of all its processes, milliseconds."""
    wall_ms: float
    memory_kb: int
    """Peak memory, KiB: what a cgroup counted of the whole tree, or the largest process if that is more."""
    stdout: bytes
    """At most ``output_bytes`` of it."""
    stderr: bytes
    files: Mapping[str, bytes] = {}
    why: str = ""
    """The reason in words where the run did not simply exit, e.g. "killed by SIGSEGV at 512 MB of 256 MB"."""


class Box(Protocol):
    """One box. Not safe for threads; close it in every case (a context manager does)."""

    def load(self, files: Mapping[str, tuple[bytes, int]]) -> None:
        """Write the program area /prog, once: relative path -> (bytes, mode such as 0o555)."""

    def run(self, command: Command, stdin: bytes = b"") -> Outcome:
        """Run one program on a fresh /tmp, which is also its folder, and give what it did.

        Raises BoxError when the box itself failed, or the program could not be started at all.
        """

    def close(self) -> None:
        """Kill all that is in the box and reap it; idempotent."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Sandbox(Protocol):
    """Makes boxes, one after another or several side by side."""

    def open(self, *, binds: Sequence[str] = (), warm: tuple[str, str] | None = None) -> Box:
        """Make a box now.

        ``binds`` are host folders that the language needs beyond /usr and the like, seen read-only at the
        same path in the box. ``warm`` names a CPython and the script below /prog that it will run: it is
        started already, and each run of the two, with whatever arguments, is forked from it. That changes
        how long a run takes, and nothing else; where it cannot be, runs start cold. Raises SandboxError,
        with its cure, where no box can be made.
        """


class ColdSandbox:
    """A sandbox whose boxes hold no interpreter ready."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def open(self, *, binds: Sequence[str] = (), warm: tuple[str, str] | None = None) -> Box:
        """See Sandbox.open."""
        del warm
        return self._sandbox.open(binds=binds)
