"""The workers' own log of attempts, read: what was executed, by whom, and what a kill cost.

A line each when a handler's body begins and ends, appended in one write:
``b|e <monotonic ns> <pid> <id> <attempt>``. An attempt that began and never ended died with its process.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import msgspec


class Attempt(msgspec.Struct, kw_only=True):
    """One execution of a handler's body. Times are ``time.monotonic()``."""

    id: str
    number: int
    pid: int
    began: float
    ended: float | None = None
    """None: it died in the middle."""


class Attempts(msgspec.Struct, kw_only=True):
    """All executions of a run."""

    by_job: dict[str, list[Attempt]]
    """In the order in which they began."""
    by_pid: dict[int, list[Attempt]]

    @property
    def begun(self) -> int:
        """Executions that began."""
        return sum(map(len, self.by_job.values()))

    @property
    def ended(self) -> int:
        """Executions whose body came to its end, well or not."""
        return sum(attempt.ended is not None for attempts in self.by_job.values() for attempt in attempts)

    def in_hand(self, pid: int, at: float) -> Attempt | None:
        """Give what a process was executing at a moment."""
        latest = None
        for attempt in self.by_pid.get(pid, ()):
            if attempt.began > at:
                break
            latest = attempt
        return latest if latest is not None and (latest.ended is None or latest.ended > at) else None

    def next_begin(self, job_id: str, after: float) -> float:
        """When a job was begun next after a moment; infinity for never."""
        return min(
            (attempt.began for attempt in self.by_job.get(job_id, ()) if attempt.began > after),
            default=float("inf"),
        )


def read_attempts(file: Path) -> Attempts:
    """Read the log; a file that nobody began is an empty one, and a line that a kill tore is left out."""
    lines = file.read_bytes().splitlines() if file.exists() else []
    return collect(lines)


def collect(lines: Iterable[bytes]) -> Attempts:
    """Put the lines together."""
    by_job: defaultdict[str, list[Attempt]] = defaultdict(list)
    by_pid: defaultdict[int, list[Attempt]] = defaultdict(list)
    running: dict[tuple[bytes, bytes, bytes], Attempt] = {}
    for line in lines:
        parts = line.split(b" ")
        if len(parts) != 5:
            continue
        what, at, *key = parts
        moment, token = int(at) / 1e9, (key[0], key[1], key[2])
        if what == b"e":
            if (attempt := running.pop(token, None)) is not None:
                attempt.ended = moment
            continue
        attempt = Attempt(id=key[1].decode(), number=int(key[2]), pid=int(key[0]), began=moment)
        running[token] = attempt
        by_job[attempt.id].append(attempt)
        by_pid[attempt.pid].append(attempt)
    return Attempts(by_job=dict(by_job), by_pid=dict(by_pid))
