"""The queue in memory: both sides, one lock."""

import random
import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from judgeline.queues.engine import Cancelled, Ending, PriorityStats, QueueStats, Renewal, Ticked, WorkerView
from judgeline.queues.errors import JobConflict, UnknownJob
from judgeline.queues.job import Claim, Enqueued, Event, Job, JobState, NewJob
from judgeline.queues.memory.ledger import How, Ledger
from judgeline.queues.memory.record import Record
from judgeline.queues.options import QueueOptions
from judgeline.queues.rules import (
    MAX_BATCH,
    MAX_DELAY_MS,
    MAX_LOOKED_UP,
    check_checkpoint,
    check_count,
    check_progress,
    check_result,
    digest_of,
    fitting_evidence,
    fitting_reason,
    known_priorities,
    queue_full,
    refusal_of,
    retry_delay_ms,
    too_far_ahead,
)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class MemoryEngine:
    """A queue in this process's memory, as Engine and Consumer in one. Safe to share between threads.

    ``now_ms`` is its clock, ``chance`` its jitter in [0, 1), ``listener`` is called with (job id, event) for
    each event while the queue is locked: it must be quick and must not call the queue.
    """

    def __init__(
        self,
        name: str,
        options: QueueOptions,
        *,
        now_ms: Callable[[], int] = _wall_ms,
        chance: Callable[[], float] = random.random,
        listener: Callable[[str, Event], None] | None = None,
    ) -> None:
        self._name = name
        self._options = options
        self._chance = chance
        self._changed = threading.Condition()
        self._ledger = Ledger(options, now_ms, listener)
        self._marked = False

    @property
    def name(self) -> str:
        """The queue's name."""
        return self._name

    @property
    def options(self) -> QueueOptions:
        """What the queue was made with."""
        return self._options

    def enqueue(self, jobs: Sequence[NewJob]) -> list[Enqueued]:
        """Put jobs on the queue, at most 100 a call."""
        check_count(len(jobs), MAX_BATCH)
        with self._changed:
            return [self._enqueue(job) for job in jobs]

    def _enqueue(self, job: NewJob) -> Enqueued:
        if refusal := refusal_of(job, self._name, self._options):
            raise refusal
        digest = digest_of(job.payload)
        if known := self._ledger.get(job.id):
            if known.digest != digest:
                raise JobConflict(f"job {job.id} is on queue {self._name} with another payload")
            return Enqueued(id=job.id, new=False, state=known.state)
        if job.not_before_ms - self._ledger.now_ms() > MAX_DELAY_MS:
            raise too_far_ahead(job.id)
        self._check_room(job.priority, job.user, len(job.payload), admitted=job.admitted)
        record = Record(
            id=job.id,
            priority=job.priority,
            payload=job.payload,
            digest=digest,
            user=job.user,
            attempt=job.attempts,
        )
        self._ledger.add(record, job.delay_ms, job.not_before_ms)
        self._changed.notify_all()
        return Enqueued(id=job.id, new=True, state=record.state)

    def _check_room(self, priority: str, user: str, payload_bytes: int, *, admitted: bool = False) -> None:
        bound = self._ledger.lacking_room(priority, user, payload_bytes, admitted=admitted)
        if self._ledger.closed and not admitted:
            bound = "closed"
        if bound:
            waiting = len(self._ledger.lanes[priority])
            raise queue_full(self._name, bound, waiting, self._ledger.drained())

    def admit(self, priority: str, user: str, payload_bytes: int) -> None:
        """Raise QueueFull if a job of that size would be refused now."""
        known_priorities(priority, self._name, self._options)
        with self._changed:
            self._check_room(priority, user, payload_bytes)

    def look(self, job_id: str) -> Job | None:
        """Give a job as it stands, or None."""
        with self._changed:
            record = self._ledger.get(job_id)
            return record.job() if record else None

    def exists(self, job_ids: Sequence[str]) -> list[JobState | None]:
        """Give the state of each of at most 1,000 jobs."""
        check_count(len(job_ids), MAX_LOOKED_UP)
        with self._changed:
            records = [self._ledger.get(job_id) for job_id in job_ids]
            return [record.state if record else None for record in records]

    def position(self, job_id: str) -> int | None:
        """About how many jobs start before this waiting one."""
        with self._changed:
            record = self._ledger.get(job_id)
            if record is None or record.state is not JobState.QUEUED:
                return None
            ahead = self._ledger.lanes[record.priority].ahead_of(job_id, record.user)
            weights = self._ledger.weights
            return ahead + sum(
                min(len(lane), (ahead + 1) * weights[name] // weights[record.priority])
                for name, lane in self._ledger.lanes.items()
                if name != record.priority
            )

    def cancel(self, job_id: str) -> Cancelled:
        """Take a waiting job off, or flag a running one."""
        with self._changed:
            record = self._ledger.get(job_id)
            if record is None:
                raise UnknownJob(f"queue {self._name} knows no job {job_id}")
            if record.state is JobState.CANCELLED:
                return Cancelled.DONE
            if record.state.terminal:
                return Cancelled.TOO_LATE
            if record.state is JobState.RUNNING:
                record.cancelling = True
                return Cancelled.ASKED
            self._ledger.withdraw(record)
            return Cancelled.DONE

    def stats(self) -> QueueStats:
        """Give depth, ages, workers and counters."""
        with self._changed:
            ledger = self._ledger
            now = ledger.now_ms()
            return QueueStats(
                priorities={
                    name: PriorityStats(
                        queued=len(lane),
                        queued_bytes=lane.waiting_bytes,
                        oldest_ms=now - ledger.jobs[lane.ring[-1]].in_line_ms if lane.ring else 0,
                        paused=lane.paused,
                        weight=ledger.weights[name],
                    )
                    for name, lane in ledger.lanes.items()
                },
                running=len(ledger.held),
                delayed=sum(lane.delayed for lane in ledger.lanes.values()),
                dead=len(ledger.dead),
                unrecorded=len(ledger.unrecorded),
                workers=sum(deadline >= now for deadline in ledger.leases.values()),
                drain_per_s=ledger.drained() / 60,
                arrive_per_s=ledger.arrived() / 60,
                closed=ledger.closed,
                totals=dict(ledger.totals),
                waits={name: tally.histogram() for name, tally in ledger.waits.items()},
                runs=ledger.runs.histogram(),
            )

    def workers(self) -> list[WorkerView]:
        """Give the workers the queue knows, with what they hold."""
        with self._changed:
            now = self._ledger.now_ms()
            return [
                WorkerView(name=worker, lease_ms=deadline - now, jobs=self._ledger.held_by(worker))
                for worker, deadline in sorted(self._ledger.leases.items(), key=lambda item: item[1])
            ]

    def pause(self, priority: str | None = None) -> None:
        """Stop claims from one priority, or from all."""
        self._set_paused(priority, paused=True)

    def resume(self, priority: str | None = None) -> None:
        """Undo ``pause``."""
        self._set_paused(priority, paused=False)

    def shut(self) -> None:
        """Take no new jobs in."""
        with self._changed:
            self._ledger.closed = True

    def reopen(self) -> None:
        """Undo ``shut``."""
        with self._changed:
            self._ledger.closed = False

    def _set_paused(self, priority: str | None, *, paused: bool) -> None:
        names = known_priorities(priority, self._name, self._options)
        with self._changed:
            for name in names:
                self._ledger.lanes[name].paused = paused
            self._changed.notify_all()

    def dead(self, *, after: str = "", limit: int = 100) -> list[Job]:
        """Give dead letters, newest first, a page after the id ``after``; payloads only ``look`` gives."""
        with self._changed:
            newest = list(reversed(self._ledger.dead))
            start = newest.index(after) + 1 if after in newest else 0
            return [self._ledger.jobs[job_id].job(whole=False) for job_id in newest[start : start + limit]]

    def requeue(self, job_id: str) -> None:
        """Put a dead letter back on its priority, its failures and crashes at zero."""
        with self._changed:
            record = self._ledger.get(job_id)
            if record is None or not self._ledger.revive(record):
                raise UnknownJob(f"queue {self._name} has no dead letter {job_id}")
            self._changed.notify_all()

    def forget(self, job_id: str) -> None:
        """Drop a dead letter for good."""
        with self._changed:
            if not self._ledger.forget(job_id):
                raise UnknownJob(f"queue {self._name} has no dead letter {job_id}")

    def unrecorded(self, limit: int = 100) -> list[Job]:
        """Give ended jobs that no store has yet, oldest first."""
        with self._changed:
            ids = list(self._ledger.unrecorded)[:limit]
            return [self._ledger.jobs[job_id].job(whole=False) for job_id in ids]

    def settle(self, ended: Sequence[Job]) -> None:
        """Say that the store has these ends: the TTL of their jobs starts."""
        check_count(len(ended), MAX_BATCH)
        with self._changed:
            self._ledger.settle(ended)

    def mark_epoch(self) -> bool:
        """Set the queue's epoch marker; True the first time: the memory was empty."""
        with self._changed:
            missing, self._marked = not self._marked, True
            return missing

    def channel(self, job_id: str) -> str:
        """Give the name a job's events would travel under."""
        return f"jl:{{{self._name}}}:events:{job_id}"

    def claim(self, worker: str, sequence: int, *, only: str | None = None) -> Claim | None:
        """Take the next job, or None when none may be taken."""
        known_priorities(only, self._name, self._options)
        with self._changed:
            return self._claim(worker, sequence, only)

    def _claim(self, worker: str, sequence: int, only: str | None) -> Claim | None:
        ledger = self._ledger
        last = ledger.sequences.get(worker, -1)
        held = ledger.held_by(worker)
        if sequence < last or (sequence == last and not held):
            return None
        ledger.sequences[worker] = sequence
        ledger.renew(worker)
        if held:
            return ledger.jobs[held[0]].claim()
        record = ledger.start(worker, only)
        return record.claim() if record else None

    def wait(self, timeout_s: float, *, only: str | None = None) -> bool:
        """Block until work may be there, at most ``timeout_s`` (<= 1)."""
        names = known_priorities(only, self._name, self._options)
        with self._changed:
            return self._changed.wait_for(
                lambda: any(
                    self._ledger.lanes[name].ring and not self._ledger.lanes[name].paused for name in names
                ),
                min(1.0, timeout_s),
            )

    def finish(
        self, claim: Claim, ending: Ending, *, next_sequence: int | None = None, only: str | None = None
    ) -> tuple[bool, Claim | None]:
        """End an attempt, and with ``next_sequence`` claim the next job in the same step."""
        check_result(ending.result)
        known_priorities(only, self._name, self._options)
        delay = retry_delay_ms(claim, ending, self._options.backoff_s, self._chance())
        fitting = msgspec.structs.replace(
            ending, evidence=fitting_evidence(ending.evidence), reason=fitting_reason(ending.reason)
        )
        with self._changed:
            accepted = self._ledger.finish(claim, fitting, delay)
            self._changed.notify_all()
            return accepted, None if next_sequence is None else self._claim(claim.worker, next_sequence, only)

    def progress(self, claim: Claim, note: bytes) -> bool:
        """Keep and tell a progress note (JSON)."""
        check_progress(note)
        with self._changed:
            record = self._ledger.ours(claim)
            if record is None:
                return False
            record.progress = note
            self._ledger.tell(record, msgspec.Raw(note))
            return not record.cancelling

    def checkpoint(self, claim: Claim, data: bytes) -> bool:
        """Keep what the next attempt must know."""
        check_checkpoint(data)
        with self._changed:
            record = self._ledger.ours(claim)
            if record is None:
                return False
            record.checkpoint = data
            return not record.cancelling

    def crashed(self, worker: str, evidence: bytes, *, blame: bool = True) -> list[tuple[str, JobState]]:
        """Settle what a dead worker held and forget it."""
        with self._changed:
            how: How = "crashes" if blame else "released"
            moved = self._ledger.interrupt(worker, how, fitting_evidence(evidence))
            self._changed.notify_all()
            return moved

    def renew(self, workers: Sequence[str]) -> list[Renewal]:
        """Renew the leases of living workers (and make those of new ones)."""
        with self._changed:
            return [self._renew(worker) for worker in workers]

    def _renew(self, worker: str) -> Renewal:
        lease = self._ledger.leases.get(worker)
        known = lease is not None
        if (lease is None and worker in self._ledger.reaped) or (
            lease is not None and lease <= self._ledger.now_ms()
        ):
            self._ledger.reaped.discard(worker)
            self._ledger.totals["renewals_missed"] += 1
        self._ledger.renew(worker)
        held = self._ledger.held_by(worker)
        return Renewal(
            worker=worker,
            known=known,
            held=held,
            cancelling=[job_id for job_id in held if self._ledger.jobs[job_id].cancelling],
        )

    def leave(self, worker: str) -> None:
        """Forget a worker that holds nothing any more."""
        with self._changed:
            if not self._ledger.held_by(worker):
                self._ledger.forget_worker(worker)

    def tick(self) -> Ticked:
        """Reap lapsed workers, promote due jobs, forget what is old."""
        with self._changed:
            reaped, promoted, dead = self._ledger.tick()
            self._changed.notify_all()
            return Ticked(reaped=reaped, promoted=promoted, dead=dead, adopted=0)
