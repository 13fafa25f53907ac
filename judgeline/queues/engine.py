"""What an engine offers. ``Engine`` is the side that everybody uses; ``Consumer`` is for workers.

Every call is one round trip unless it says otherwise, raises QueueUnavailable when the server cannot be
reached in time, and may be repeated after a lost reply without harm.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from judgeline.queues.job import Claim, Enqueued, Job, JobState, NewJob
from judgeline.queues.options import QueueOptions

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
"""The bounds of every histogram, seconds."""


class PriorityStats(msgspec.Struct, frozen=True, kw_only=True):
    """One priority of a queue, now."""

    queued: int
    """Jobs waiting, those behind their user's head included."""
    queued_bytes: int
    oldest_ms: int
    """Age of the job next in line, milliseconds; 0 when none waits."""
    paused: bool
    weight: int


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took, counted since the queue's keys exist."""

    bounds_s: tuple[float, ...] = BOUNDS_S
    """Upper bounds in seconds, each inclusive, rising; beyond the last one there is one more count."""
    counts: tuple[int, ...] = (0,) * (len(BOUNDS_S) + 1)
    """How many fell within each bound and above the one before (not cumulative); the last: above them all."""
    sum_s: float = 0.0
    """All of them together, seconds."""


class QueueStats(msgspec.Struct, frozen=True, kw_only=True):
    """A queue, now."""

    priorities: dict[str, PriorityStats]
    running: int
    delayed: int
    dead: int
    unrecorded: int
    workers: int
    """Workers whose lease runs, idle ones included."""
    drain_per_s: float
    """Jobs that ended a second, over the last minute."""
    arrive_per_s: float = 0.0
    """Jobs that were enqueued a second, over the last minute; those LPUSHed by hand are not counted."""
    closed: bool = False
    """Whether an operator takes no new jobs in (``Engine.close``)."""
    totals: dict[str, int]
    """Counters since the queue's keys exist: enqueued, done, dead, cancelled, retried, released, requeued,
    crashed, lost, adopted (LPUSHed by hand), refused (late finishes), reaped (workers whose lease lapsed),
    renewals_missed (that came when the lease had lapsed), missed (slots of schedules). One that never counted
    is absent."""
    waits: dict[str, Histogram] = {}
    """Priority -> how long its jobs waited, from when they could have been started to when they were; each
    attempt counts."""
    runs: Histogram = Histogram()
    """How long attempts ran, however they ended."""


class WorkerView(msgspec.Struct, frozen=True, kw_only=True):
    """A worker the queue knows."""

    name: str
    lease_ms: int
    """Milliseconds left; negative when lapsed."""
    jobs: list[str]


class Cancelled(StrEnum):
    """What a cancel found."""

    DONE = "cancelled"
    """It waited, and is cancelled."""
    ASKED = "asked"
    """It runs; its worker has been told."""
    TOO_LATE = "too_late"
    """It had ended."""


class Engine(Protocol):
    """A queue, seen by those who fill it and watch it."""

    @property
    def name(self) -> str:
        """The queue's name."""

    @property
    def options(self) -> QueueOptions:
        """What the queue was made with."""

    def enqueue(self, jobs: Sequence[NewJob]) -> list[Enqueued]:
        """Put jobs on the queue, at most 100 a call, each idempotent by id.

        Raises QueueFull, JobConflict, JobTooLarge, UnknownPriority for the first job refused; the jobs
        before it are on the queue, none after it is.
        """

    def admit(self, priority: str, user: str, payload_bytes: int) -> None:
        """Raise QueueFull if a job of that size would be refused now, else return; changes nothing."""

    def look(self, job_id: str) -> Job | None:
        """Give a job as it stands, or None if the queue has never seen or has forgotten it."""

    def exists(self, job_ids: Sequence[str]) -> list[JobState | None]:
        """Give the state of each of at most 1,000 jobs."""

    def position(self, job_id: str) -> int | None:
        """About how many jobs start before this waiting one (0 = next); None when it does not wait."""

    def cancel(self, job_id: str) -> Cancelled:
        """Take a waiting job off, or tell a running one's worker. Raises UnknownJob."""

    def stats(self) -> QueueStats:
        """Give depth, ages, workers and counters."""

    def workers(self) -> list[WorkerView]:
        """Give the workers the queue knows, with what they hold."""

    def pause(self, priority: str | None = None) -> None:
        """Stop claims from one priority, or from all."""

    def resume(self, priority: str | None = None) -> None:
        """Undo ``pause``."""

    def shut(self) -> None:
        """Close the queue to new jobs: ``enqueue`` and ``admit`` raise QueueFull with the bound "closed".

        Jobs that were ``admitted`` before come in all the same; what is on the queue is worked off, and an
        operator may requeue dead letters.
        """

    def reopen(self) -> None:
        """Undo ``shut``."""

    def dead(self, *, after: str = "", limit: int = 100) -> list[Job]:
        """Give dead letters, newest first, a page after the id ``after``; payloads only ``look`` gives."""

    def requeue(self, job_id: str) -> None:
        """Put a dead letter back on its priority, its failures and crashes at zero. Raises UnknownJob.

        Its attempts go on counting: they are the fencing token.
        """

    def forget(self, job_id: str) -> None:
        """Drop a dead letter for good. Raises UnknownJob."""

    def unrecorded(self, limit: int = 100) -> list[Job]:
        """Give ended jobs that no store has yet, oldest first; payloads only of adopted ones (``origin``)."""

    def settle(self, ended: Sequence[Job]) -> None:
        """Say that the store has these ends, at most 100 a call: the TTL of their jobs starts.

        A job that was put back since, whether it has ended anew or not, stays as it is.
        """

    def mark_epoch(self) -> bool:
        """Set the queue's epoch marker; True if it was missing: Redis was emptied, or is new."""

    def channel(self, job_id: str) -> str:
        """The pub/sub channel of a job's events (messages are ``Event`` as JSON)."""


class Finish(StrEnum):
    """How an attempt ends."""

    DONE = "done"
    """With a result."""
    RETRY = "retry"
    """The handler failed; again after a wait, or dead when the attempts are used up."""
    DEAD = "dead"
    """Given up, whatever attempts are left."""
    RELEASE = "release"
    """Not tried to the end (a drain): back to the front. No failure is counted; the attempt is, for it is the
    fencing token."""
    CANCELLED = "cancelled"
    """Its cancel was obeyed."""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt ends with."""

    kind: Finish
    result: bytes = b""
    """JSON, at most MAX_RESULT_BYTES."""
    reason: str = ""
    evidence: bytes = b""
    """JSON, at most 64 KiB; kept with a dead letter."""
    delay_ms: int | None = None
    """For RETRY: a wait of the handler's choice in place of the queue's backoff."""


class Renewal(msgspec.Struct, frozen=True, kw_only=True):
    """What the queue says of a worker at a renewal."""

    worker: str
    known: bool
    """False: it is new, or its lease had lapsed and it was reaped: what it held is somebody else's now."""
    held: list[str]
    cancelling: list[str]
    """Held jobs whose cancel was asked."""


class Ticked(msgspec.Struct, frozen=True, kw_only=True):
    """What a tick moved."""

    reaped: int
    promoted: int
    dead: int
    adopted: int
    """Elements LPUSHed by hand that became jobs since the tick before."""


class Consumer(Protocol):
    """A queue, seen by its workers. A worker name is used by one process and never again."""

    def claim(self, worker: str, sequence: int, *, only: str | None = None) -> Claim | None:
        """Take the next job into the worker's backup list, or None when none may be taken.

        ``sequence`` grows by one a claim: the same number again gives the same answer again (a lost reply),
        a lower one is refused (an abandoned command that still ran). ``only`` keeps to one priority.
        """

    def wait(self, timeout_s: float, *, only: str | None = None) -> bool:
        """Block until work may be there, at most ``timeout_s`` (<= 1); False when the time ran out.

        Claim afterwards in either case: an element LPUSHed by hand wakes nobody. ``only`` as in ``claim``.
        """

    def finish(
        self, claim: Claim, ending: Ending, *, next_sequence: int | None = None, only: str | None = None
    ) -> tuple[bool, Claim | None]:
        """End an attempt; result, acknowledgement and event in one atomic step.

        Gives whether it was accepted (False: the attempt is not ours any more, nothing was changed), and
        with ``next_sequence`` also the next claim, in the same round trip.
        """

    def progress(self, claim: Claim, note: bytes) -> bool:
        """Publish and keep a progress note (JSON).

        False when the attempt is not ours any more, or its cancel was asked: then FINISH as CANCELLED.
        """

    def checkpoint(self, claim: Claim, data: bytes) -> bool:
        """Keep what the next attempt must know; False as for ``progress`` (if it is ours it is kept)."""

    def crashed(self, worker: str, evidence: bytes, *, blame: bool = True) -> list[tuple[str, JobState]]:
        """Settle what a dead worker held (its supervisor saw it die), forget it; give (id, state after).

        Without ``blame`` it goes back to the front and nothing is counted against it. A job whose cancel was
        asked becomes cancelled: killing its child is how a cancel is obeyed.
        """

    def renew(self, workers: Sequence[str]) -> list[Renewal]:
        """Renew the leases of living workers (and make those of new ones)."""

    def leave(self, worker: str) -> None:
        """Forget a worker that holds nothing any more."""

    def tick(self) -> Ticked:
        """Reap lapsed workers, promote due jobs; by any supervisor, once a second, without a lock."""
