"""From the store back onto the queue: what was accepted and is on no list.

A submit that dies between COMMIT and ENQUEUE, a Redis that lost its last second, or all it had: each leaves
rows that are pending and unknown to the queue. The sweeper enqueues them under the same id, so it cannot
collide with a submit that was merely slow.
"""

import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from judgeline.outbox import job_of
from judgeline.queues.engine import Engine
from judgeline.queues.errors import JobConflict, JobTooLarge, QueueFull
from judgeline.queues.job import Job, JobState
from judgeline.store import jobs
from judgeline.store.database import Store
from judgeline.store.recording import MAX_RECORDED
from judgeline.store.rows import JobRow, PendingRow
from workers.recorder import log
from workers.recorder.recording import record_jobs

MAX_ENQUEUED = 100
"""Jobs an ``Engine.enqueue`` takes."""
MAX_ENQUEUED_BYTES = 8_388_608
"""Payloads in memory at a time."""
MAX_NOTED = 100
"""Running jobs whose attempts a sweep notes, each a round trip."""


class Swept(msgspec.Struct):
    """What a sweep did."""

    enqueued: int = 0
    recorded: int = 0
    left: bool = False
    """The queue was full before the end: sweep again soon."""


class _Full(Exception):
    """The priority takes no more now."""


class Sweeper:
    """Sweeps one queue. ``between`` is called at every step and may raise to break off."""

    def __init__(self, store: Store, engine: Engine, grace_s: float, between: Callable[[], None]) -> None:
        self._store = store
        self._engine = engine
        self._grace_s = grace_s
        self._between = between
        self._full_users: set[str] = set()
        self._noted = 0
        self._swept = Swept()

    def sweep(self, *, everything: bool = False) -> Swept:
        """Enqueue what is pending longer than the grace (or all) and unknown to the queue, premium first.

        Rows whose job has ended are recorded. Raises QueueUnavailable, StoreUnavailable; what was left
        undone is found by the next sweep.
        """
        self._swept = Swept()
        self._noted = 0
        # No clock tells when everything is meant: another machine's may be ahead of ours.
        before_ms = 2**62 if everything else int((time.time() - self._grace_s) * 1000)
        for priority in self._priorities():
            self._full_users.clear()
            try:
                for page in self._pages(priority, before_ms):
                    self._work(page)
            except _Full:
                self._swept.left = True
        return self._swept

    def _priorities(self) -> list[str]:
        """Those of queues.toml in its order, then those that only rows know."""
        with self._store.reader() as connection:
            waiting = jobs.pending_priorities(connection, self._engine.name)
        named = [name for name in self._engine.options.priorities if name in waiting]
        return named + sorted(set(waiting) - set(named))

    def _pages(self, priority: str, before_ms: int) -> Iterator[list[PendingRow]]:
        after = None
        while True:
            self._between()
            with self._store.reader() as connection:
                page = jobs.pending_before(connection, self._engine.name, priority, before_ms, after)
            if not page:
                return
            yield page
            after = page[-1]

    def _work(self, page: Sequence[PendingRow]) -> None:
        ids = [row.id for row in page]
        states = dict(zip(ids, self._engine.exists(ids), strict=True))
        self._record([job_id for job_id, state in states.items() if state is not None and state.terminal])
        self._note([job_id for job_id, state in states.items() if state is JobState.RUNNING])
        for batch in _batches([row for row in page if states[row.id] is None]):
            self._between()
            # Read after asking the queue: a job that ended, was recorded and forgotten in between is not
            # pending any more, and would otherwise run again.
            with self._store.reader() as connection:
                rows = jobs.still_pending(connection, [row.id for row in batch])
            self._enqueue(rows)

    def _record(self, job_ids: Sequence[str]) -> None:
        for start in range(0, len(job_ids), MAX_RECORDED):
            self._between()
            seen = [self._engine.look(job_id) for job_id in job_ids[start : start + MAX_RECORDED]]
            ended = [job for job in seen if job is not None and job.state.terminal]
            if ended:
                record_jobs(self._store, self._engine, ended)
                self._swept.recorded += len(ended)

    def _note(self, job_ids: Sequence[str]) -> None:
        """Keep the attempts of running jobs: should Redis be emptied, their counting goes on from there."""
        wanted = job_ids[: MAX_NOTED - self._noted]
        self._noted += len(wanted)
        seen = [self._engine.look(job_id) for job_id in wanted]
        attempts = {job.id: job.attempt for job in seen if job is not None and job.attempt > 0}
        if attempts:
            with self._store.writer() as connection:
                jobs.note_attempts(connection, attempts)

    def _enqueue(self, rows: Sequence[JobRow]) -> None:
        waiting = [row for row in rows if row.user not in self._full_users]
        self._swept.left |= len(waiting) < len(rows)
        while waiting:
            try:
                self._engine.enqueue([job_of(row, self._engine.options) for row in waiting])
            except (QueueFull, JobTooLarge, JobConflict) as error:
                waiting = self._after_refusal(waiting, error)
            else:
                self._swept.enqueued += len(waiting)
                return

    def _after_refusal(self, rows: Sequence[JobRow], error: Exception) -> list[JobRow]:
        """Give what is still to be enqueued when a job of ``rows`` was refused. Raises _Full."""
        states = self._engine.exists([row.id for row in rows])
        missing = [row for row, state in zip(rows, states, strict=True) if state is None]
        self._swept.enqueued += len(rows) - len(missing)
        if not missing or isinstance(error, JobConflict):  # somebody else has it, under the same id
            return missing
        refused = missing[0]  # those before it are on the queue
        if isinstance(error, QueueFull):
            if error.bound != "max_queued_per_user":
                raise _Full
            self._full_users.add(refused.user)
            self._swept.left = True
            return [row for row in missing if row.user != refused.user]
        self._bury(refused, str(error))
        return missing[1:]

    def _bury(self, row: JobRow, reason: str) -> None:
        """Record a row that its queue will never take: its owner is told, and it is not tried for ever."""
        log.refused(self._engine.name, row.id, reason)
        now_ms = time.time_ns() // 1_000_000
        job = Job(
            id=row.id,
            state=JobState.DEAD,
            priority=row.priority,
            attempt=row.attempt,
            finished_ms=now_ms,
            reason=reason,
        )
        record_jobs(self._store, self._engine, [job])


def _batches(rows: Sequence[PendingRow]) -> Iterator[list[PendingRow]]:
    """Cut rows into batches that one enqueue takes and memory can hold."""
    batch: list[PendingRow] = []
    size = 0
    for row in rows:
        if batch and (len(batch) == MAX_ENQUEUED or size + row.payload_bytes > MAX_ENQUEUED_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += row.payload_bytes
    if batch:
        yield batch
