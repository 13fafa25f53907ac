"""What became of something accepted: the row in the store and, while that is pending, the job in Redis."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

from api.auth import Caller
from api.errors import NotFound
from api.services import Services
from judgeline.ids import is_id
from judgeline.judging.verdicts import Progress
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import Job, JobState
from judgeline.store import jobs
from judgeline.store.rows import JobRow, RowState

T = TypeVar("T")

Moment = Annotated[datetime, Meta(tz=True)]
"""A time as RFC 3339, UTC."""

UNREADABLE = "the result cannot be read here; its worker may be of another version"

_progress = msgspec.json.Decoder(Progress)


class Status(StrEnum):
    """Where it is. The last three are final."""

    QUEUED = "queued"
    """Accepted, and waiting its turn."""
    DELAYED = "delayed"
    """Waiting for its time: to be tried again, or as whoever sent it wished."""
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    """Given up; ``reason`` says why."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of it at one moment."""

    row: JobRow
    job: Job | None
    """The job in Redis, while the row is pending and Redis knows it."""

    @property
    def status(self) -> Status:
        """A job that Redis does not know (yet) waits: the row is the promise that it will be queued."""
        if self.row.state is not RowState.PENDING:
            return Status(self.row.state.value)
        if self.job is not None:
            return Status(self.job.state.value)
        return Status.DELAYED if self.row.not_before_ms > time.time() * 1000 else Status.QUEUED

    @property
    def ended(self) -> bool:
        """Whether it will never change again."""
        return self.row.state is not RowState.PENDING or (self.job is not None and self.job.state.terminal)

    @property
    def attempt(self) -> int:
        """Attempts so far; Redis knows more than the store while it runs."""
        return self.row.attempt if self.job is None else max(self.job.attempt, self.row.attempt)

    @property
    def result(self) -> bytes:
        """JSON of a done job's result, else b""."""
        return (self.row.result or b"") if self.job is None else self.job.result

    @property
    def checkpoint(self) -> bytes:
        """What the last attempt left, or b""."""
        return (self.row.checkpoint or b"") if self.job is None else self.job.checkpoint

    @property
    def reason(self) -> str:
        """Why it is dead, delayed or cancelled."""
        return self.row.reason if self.job is None else self.job.reason

    @property
    def progress(self) -> Progress | None:
        """How far a running attempt is, as far as it has told."""
        if self.job is None or self.job.state is not JobState.RUNNING or not self.job.progress:
            return None
        try:
            return _progress.decode(self.job.progress)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None  # a newer worker's note: what it is about still runs

    @property
    def started_ms(self) -> int:
        """When the last attempt began, Unix milliseconds; 0 = not yet."""
        return self.row.started_ms if self.job is None else self.job.started_ms

    @property
    def finished_ms(self) -> int:
        """When it ended, Unix milliseconds; 0 = not yet."""
        return self.row.finished_ms if self.job is None else self.job.finished_ms


def find_row(services: Services, caller: Caller, kind: str, job_id: str, *, payload: bool = False) -> JobRow:
    """The row, if the caller may see it. Raises NotFound, for what is somebody else's too."""
    row = None
    if is_id(job_id):
        with services.store.reader() as connection:
            row = jobs.get(connection, job_id, payload=payload)
    if row is None or row.kind != kind or not caller.may_see(row.owner):
        raise NotFound(f"there is no {kind} {job_id}")
    return row


def read(services: Services, row: JobRow) -> Reading:
    """How it stands now. Raises QueueUnavailable while it is pending and Redis does not answer.

    A row that is final needs no Redis. One that was pending a moment ago and that Redis has forgotten may
    have been recorded in between, so it is read once more.
    """
    if row.state is not RowState.PENDING:
        return Reading(row, None)
    engine = services.engines.get(row.queue)
    if engine is None:
        return Reading(row, None)  # its queue was taken out of queues.toml; the row waits for it to come back
    job = engine.look(row.id)
    if job is not None:
        return Reading(row, job)
    with services.store.reader() as connection:
        again = jobs.get(connection, row.id)
    return Reading(again or row, None)


def position(services: Services, reading: Reading) -> int | None:
    """About how many jobs start before it; None when it does not wait."""
    if reading.status is not Status.QUEUED or reading.job is None:
        return None
    return services.engines[reading.row.queue].position(reading.row.id)


def channel_of(services: Services, row: JobRow) -> str:
    """Where its events are published; of a queue that is gone, nowhere."""
    engine = services.engines.get(row.queue)
    return f"gone:{row.id}" if engine is None else engine.channel(row.id)


def read_statuses(services: Services, rows: Sequence[JobRow]) -> list[Status]:
    """How rows stand, in one round trip a queue; a pending one is queued while Redis does not answer."""
    statuses = {row.id: Status.QUEUED for row in rows}
    pending: dict[str, list[str]] = {}
    for row in rows:
        if row.state is not RowState.PENDING:
            statuses[row.id] = Status(row.state.value)
        elif row.queue in services.engines:
            pending.setdefault(row.queue, []).append(row.id)
    for queue, ids in pending.items():
        with contextlib.suppress(QueueUnavailable):
            for job_id, state in zip(ids, services.engines[queue].exists(ids), strict=True):
                statuses[job_id] = Status.QUEUED if state is None else Status(state.value)
    return [statuses[row.id] for row in rows]


class ResultReader(Generic[T]):
    """Reads results of one type. A result that cannot be read is a fault of ours, and answered as such."""

    def __init__(self, kind: type[T], unreadable: T) -> None:
        self._decode = msgspec.json.Decoder(kind).decode
        self._unreadable = unreadable

    def read(self, reading: Reading) -> T | None:
        """The result, or None while there is none."""
        if not reading.result:
            return None
        try:
            return self._decode(reading.result)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._unreadable


def instant(millis: int) -> datetime:
    """A time as people read it."""
    return datetime.fromtimestamp(millis / 1000, UTC)


def moment(millis: int) -> datetime | None:
    """A time as people read it; None for 0."""
    return instant(millis) if millis else None
