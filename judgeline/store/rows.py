"""What goes into the store and what comes out: frozen structs, no SQL."""

from enum import StrEnum

import msgspec


class RowState(StrEnum):
    """Where a row is. The last three are terminal and never change (an operator's requeue aside)."""

    PENDING = "pending"
    """Accepted; the queue knows more."""
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


class NewJobRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something to accept."""

    id: str
    """A UUIDv7, the job's id too."""
    queue: str
    kind: str
    """"submission", "run", "email" or "rejudge"; "schedule" for a schedule's, "hand" for an LPUSHed one."""
    owner: str
    """Who may read it: the owner of the API key, or what stands for one without a key."""
    user: str = ""
    """Who takes turns with whom on the queue; enqueue with the same."""
    priority: str
    payload: bytes
    """Exactly what is enqueued, so that the sweeper can enqueue the same."""
    digest: str
    """SHA-256 of the request's body, hex: what an Idempotency-Key is held against."""
    problem: str | None = None
    language: str | None = None
    idempotency_key: str | None = None
    not_before_ms: int = 0
    """When its job may start, Unix milliseconds; 0 = at once."""
    problem_version: str | None = None
    """The version of the problem that it is to be judged by."""


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something accepted, as the store knows it. Times are Unix milliseconds, 0 = not yet."""

    id: str
    queue: str
    kind: str
    owner: str
    user: str
    priority: str
    problem: str | None
    language: str | None
    idempotency_key: str | None
    state: RowState
    attempt: int
    """Attempts counted so far, as far as the store has heard."""
    verdict: str | None
    """The result's ``verdict``, once it is done."""
    reason: str
    """Why it is dead or cancelled."""
    created_ms: int
    started_ms: int
    finished_ms: int
    checkpoint: bytes | None = None
    """JSON of the last checkpoint (a mail's recipients); None in lists."""
    result: bytes | None = None
    """JSON; None while there is none, and in lists."""
    payload: bytes | None = None
    """None unless asked for."""
    not_before_ms: int = 0
    """When its job may start; 0 = at once, and in lists."""
    problem_version: str | None = None
    """The version of the problem that judged it, or that it was accepted with; None in lists."""
    rejudged_ms: int = 0
    """When a rejudge last wrote its verdict anew; 0 = never, and in lists."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an accept."""

    id: str
    """The id to show: the first request's when an Idempotency-Key came again."""
    new: bool
    """False: this request was accepted before; nothing was written and nothing needs to be enqueued."""
    created_ms: int
    state: RowState


class PendingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A pending row, as the sweeper pages through them."""

    id: str
    pending_ms: int
    payload_bytes: int


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which of an owner's rows to list."""

    kind: str
    problem: str | None = None
    state: RowState | None = None
