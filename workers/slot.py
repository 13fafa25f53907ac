"""A page of memory that a child and its supervisor share: what the child does, readable after its SIGKILL.

It is evidence, never truth: what a worker holds stands in its backup list. The child writes it twice a job,
without a system call. A sequence number that is odd during a write tells a reader that it may see two jobs at
once (a seqlock, as the Linux kernel calls it).
"""

import mmap
import time
from struct import Struct

import msgspec

_LAYOUT = Struct("=IIIIdd129p64p")  # sequence, jobs, attempt, test, started, deadline, job, stage
_SEQUENCE = Struct("=I")
_PLACE = Struct("=I")
_PLACE_AT = 12
_TIMES = Struct("=d")
_DEADLINE_AT = 24
_STAGE = Struct("=64p")
_STAGE_AT = 32 + 129


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What a slot said at one moment. Times are ``time.monotonic()``, which all processes of a host share."""

    steady: bool
    """False: it was being written, so its parts may belong to two jobs."""
    jobs: int
    """Jobs ended since the child was born."""
    job: str
    """The id in hand, or ""."""
    attempt: int
    stage: str
    test: int
    started: float
    deadline: float
    """When the attempt's time is up, or that of what the child does between jobs; 0 while it waits."""

    @property
    def limit_s(self) -> float:
        """How long the attempt, or what is done between two, may take, seconds."""
        return self.deadline - self.started

    @property
    def timed_out(self) -> str:
        """What is said of an attempt that reached its limit."""
        return f"timed out after {self.limit_s:.3g} s"


class Slot:
    """One child's page. The child calls the verbs, the supervisor ``read``."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)
        self._sequence = 0
        self._jobs = 0

    def begin(self, job: str, attempt: int, timeout_s: float) -> None:
        """Note that an attempt starts and how long it may take."""
        now = time.monotonic()
        self._write(job, attempt, now, now + timeout_s)

    def end(self) -> None:
        """Note that the attempt is over."""
        self._jobs += 1
        self._write("", 0, 0, 0)

    def prepare(self, stage: str, timeout_s: float) -> None:
        """Note that something is done between jobs, and how long it may take."""
        now = time.monotonic()
        self._write("", 0, now, now + timeout_s, stage)

    def rest(self) -> None:
        """Note that it is done."""
        self._write("", 0, 0, 0)

    def note(self, stage: str, test: int) -> None:
        """Note where the attempt is."""
        _STAGE.pack_into(self._memory, _STAGE_AT, stage.encode()[:63])
        _PLACE.pack_into(self._memory, _PLACE_AT, test)

    def limit(self, deadline: float) -> None:
        """Move the attempt's deadline. Python writes it byte by byte, and half of it may be in the past."""
        self._open()
        _TIMES.pack_into(self._memory, _DEADLINE_AT, deadline)
        self._shut()

    def read(self) -> Snapshot:
        """Give what the page says now; never blocks, whatever became of the child."""
        for _ in range(3):
            before, jobs, attempt, test, started, deadline, job, stage = _LAYOUT.unpack_from(self._memory)
            (after,) = _SEQUENCE.unpack_from(self._memory)
            steady = before == after and before % 2 == 0
            if steady:
                break
        return Snapshot(
            steady=steady,
            jobs=jobs,
            job=job.decode(errors="replace"),
            attempt=attempt,
            stage=stage.decode(errors="replace"),
            test=test,
            started=started,
            deadline=deadline,
        )

    def close(self) -> None:
        """Give the page back."""
        self._memory.close()

    def _write(self, job: str, attempt: int, started: float, deadline: float, stage: str = "") -> None:
        self._open()
        _LAYOUT.pack_into(
            self._memory,
            0,
            *(self._sequence | 1, self._jobs, attempt, 0, started, deadline, job.encode(), stage.encode()),
        )
        self._shut()

    def _open(self) -> None:
        self._sequence = (self._sequence + 2) % (1 << 32)
        _SEQUENCE.pack_into(self._memory, 0, self._sequence | 1)

    def _shut(self) -> None:
        _SEQUENCE.pack_into(self._memory, 0, self._sequence)
