"""Rows that were accepted and are not on their queue yet: how they get there, and how they are cancelled."""

import contextlib
import time

import msgspec

from judgeline.queues.engine import Cancelled, Engine
from judgeline.queues.errors import JobConflict, JobTooLarge, QueueFull, UnknownJob
from judgeline.queues.job import NewJob
from judgeline.queues.options import QueueOptions
from judgeline.queues.rules import MAX_DELAY_MS
from judgeline.store import jobs
from judgeline.store.database import Store
from judgeline.store.rows import JobRow

_ASIDE_MS = 5_000
"""How long a job that is about to be cancelled keeps aside, milliseconds: two round trips of a busy host."""


def job_of(row: JobRow, options: QueueOptions) -> NewJob:
    """Give the job that a pending row stands for; the row has its payload."""
    known = options.priorities
    return NewJob(
        id=row.id,
        # A priority that queues.toml no longer names: its last one, rather than never.
        priority=row.priority if row.priority in known else list(known)[-1],
        payload=row.payload or b"",
        user=row.user,
        attempts=row.attempt,
        delay_ms=min(MAX_DELAY_MS, max(0, row.not_before_ms - time.time_ns() // 1_000_000)),
        admitted=True,
    )


def cancel_row(store: Store, engine: Engine, job_id: str) -> Cancelled:
    """Cancel an accepted job, whether or not its queue has heard of it.

    One that the queue does not know may be put there at any moment, by who accepted it or by the sweeper. So
    it is put there here, to start in some seconds, and cancelled: whoever comes later finds that it has
    ended. Who dies in between has cancelled nothing: the job runs. Where the queue has no room the row alone
    is cancelled; a job that came in at that very moment would run for nothing.
    """
    with contextlib.suppress(UnknownJob):
        return engine.cancel(job_id)
    with store.reader() as connection:
        rows = jobs.still_pending(connection, [job_id])
    if rows:
        job = job_of(rows[0], engine.options)
        job = msgspec.structs.replace(job, delay_ms=max(job.delay_ms, _ASIDE_MS))
        with contextlib.suppress(QueueFull, JobTooLarge, JobConflict):
            engine.enqueue([job])
        with contextlib.suppress(UnknownJob):
            return engine.cancel(job_id)
        with store.writer() as connection:
            if jobs.cancel_pending(connection, job_id):
                return Cancelled.DONE
    return Cancelled.TOO_LATE
