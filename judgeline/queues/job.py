"""What travels on a queue, and what can be known of it."""

from enum import StrEnum

import msgspec

MAX_RESULT_BYTES = 262_144
"""Bound of a result, bytes: it sits in Redis until the store has it."""
MAX_PROGRESS_BYTES = 4_096
"""Bound of a progress note, bytes."""


class JobState(StrEnum):
    """Where a job is. The last three are terminal."""

    QUEUED = "queued"
    DELAYED = "delayed"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether it will never change again."""
        return self in (JobState.DONE, JobState.DEAD, JobState.CANCELLED)


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job to put on a queue."""

    id: str
    """Chosen by the caller, so that the same submit twice is one job. 1 to 128 of [A-Za-z0-9_.:-]."""
    priority: str
    payload: bytes
    """Opaque to the queue."""
    user: str = ""
    """Who takes turns with whom; "" takes no part in that."""
    attempts: int = 0
    """Attempts already counted elsewhere: what the store knew of it when Redis was emptied."""
    delay_ms: int = 0
    """How long it waits before it joins the line, milliseconds, at most MAX_DELAY_MS (30 days)."""
    not_before_ms: int = 0
    """In place of a delay: the Unix time in milliseconds, by the server's clock, before which it does not
    join the line; in the past = at once. Neither is part of what makes two jobs the same."""
    admitted: bool = False
    """Whether somebody was told that it is accepted (``Engine.admit`` let it in, and a store has it): a queue
    that was closed since takes it all the same, and a full one up to twice its bounds: else whoever comes new
    takes each place that falls free, and it waits for as long as the rush lasts."""


class Enqueued(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an enqueue that was not refused."""

    id: str
    new: bool
    """False: the same job was there already (and nothing was changed)."""
    state: JobState


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A job in a worker's hands. ``(worker, attempt)`` is the fencing token."""

    id: str
    worker: str
    attempt: int
    """Counts claims, from 1."""
    crashes: int
    priority: str
    user: str
    payload: bytes
    checkpoint: bytes = b""
    """What an earlier attempt left with CHECKPOINT."""
    failures: int = 0
    """Attempts that ended in a handler's error so far."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a job. Times are Unix milliseconds of the server's clock, 0 = not yet."""

    id: str
    state: JobState
    priority: str
    user: str = ""
    attempt: int = 0
    crashes: int = 0
    lost: int = 0
    """Leases that lapsed while it ran."""
    failures: int = 0
    worker: str = ""
    enqueued_ms: int = 0
    started_ms: int = 0
    finished_ms: int = 0
    due_ms: int = 0
    """When a delayed job comes back."""
    result: bytes = b""
    """Of a done job."""
    reason: str = ""
    """Why it is dead, delayed or cancelled."""
    evidence: bytes = b""
    """JSON, of a dead letter: signal, rusage, last stage, log of attempts, raw bytes of no job."""
    progress: bytes = b""
    """JSON: the last progress note of the running attempt."""
    checkpoint: bytes = b""
    payload: bytes = b""
    """Gone once the job is done or cancelled."""
    origin: str = ""
    """"hand" for an element somebody LPUSHed by hand, "schedule" for a schedule's, else ""."""
    cancelling: bool = False
    """A cancel was asked while it ran."""


NO_PROGRESS = msgspec.Raw()
"""The progress of an event that tells of none. Only this very object is left out of the JSON."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is published when something happens to a job. A hint: the job itself is the truth."""

    state: JobState
    attempt: int = 0
    progress: msgspec.Raw = NO_PROGRESS
    """JSON as given to ``progress``; empty where there is none (a Raw in a union takes nothing but null)."""
