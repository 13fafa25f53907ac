"""What the server's append-only file says of each job: how often it ended, and how.

The file is written by the server and not by the code under test. A script's writes stand in it one by one, in
the order in which they took effect, whatever its caller was told. With ``appendfsync always`` and without
rewrites it is whole, across every kill. An accepted FINISH is a write of a terminal ``state`` into the hash
of a job (docs/queue.md), so two accepted ones are two such writes, also where they are alike. A FLUSHALL
stands in it, too: it begins a new age, for the promise holds while Redis keeps its data.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import hiredis
import msgspec

from judgeline.queues.job import JobState
from judgeline.queues.keys import Keys

_READ_BYTES = 1_048_576
_WRITES = frozenset({b"HSET", b"HMSET"})
_TERMINAL = {state.value.encode(): state.value for state in JobState if state.terminal}


class End(msgspec.Struct, frozen=True, kw_only=True):
    """One end that stood in Redis, so that anybody may have been shown it."""

    age: int
    """How often Redis had been emptied before."""
    state: str
    result: bytes
    finished_ms: int


class History(msgspec.Struct, kw_only=True):
    """The ends of all jobs."""

    ends: dict[str, list[End]]
    ages: int = 1
    claims: int = 0
    """Attempts that the server counted."""

    def most_ends(self, job_id: str) -> int:
        """Give how many ends a job had between two emptyings, at most."""
        ages = [end.age for end in self.ends.get(job_id, ())]
        return max(map(ages.count, ages), default=0)


def read_history(files: Iterable[Path], queue: str) -> History:
    """Read a queue's history from the server's files, oldest first."""
    prefix = Keys(queue).job("").encode()
    history = History(ends={})
    for command in _commands(files):
        name = command[0].upper()
        if name in _WRITES and command[1].startswith(prefix):
            _take(history, command[1][len(prefix) :].decode(), command[2:])
        elif name in (b"FLUSHALL", b"FLUSHDB"):
            history.ages += 1
    return history


def _take(history: History, job_id: str, fields: list[bytes]) -> None:
    values = dict(zip(fields[::2], fields[1::2], strict=True))
    state = values.get(b"state", b"")
    if state == b"running":
        history.claims += 1
    elif state in _TERMINAL:
        history.ends.setdefault(job_id, []).append(
            End(
                age=history.ages,
                state=_TERMINAL[state],
                result=values.get(b"result", b""),
                finished_ms=int(values.get(b"finished", 0)),
            )
        )


def _commands(files: Iterable[Path]) -> Iterator[list[bytes]]:
    """Give each command."""
    for file in files:
        reader = hiredis.Reader()
        with file.open("rb") as source:
            while data := source.read(_READ_BYTES):
                reader.feed(data)
                while (command := reader.gets()) is not False:
                    yield command
