"""A small model of a queue: which state each job must be in after each verb, and what each verb must answer.

It knows no lists and no order: of the jobs that may be claimed any may come. What it foretells beyond states
are the counters of a job, its fencing token, the bounds, and the totals.
"""

import dataclasses
from collections import Counter

from judgeline.queues.engine import Cancelled, Finish
from judgeline.queues.job import JobState
from judgeline.queues.options import QueueOptions
from judgeline.queues.rules import max_lost

Q, D, R = JobState.QUEUED, JobState.DELAYED, JobState.RUNNING
DONE, DEAD, CANCELLED = JobState.DONE, JobState.DEAD, JobState.CANCELLED


@dataclasses.dataclass
class ModelJob:
    """What must be true of a job."""

    id: str
    priority: str
    user: str = ""
    payload: bytes = b""
    state: JobState = Q
    attempt: int = 0
    failures: int = 0
    crashes: int = 0
    lost: int = 0
    token: tuple[str, int] | None = None
    """(worker, attempt) whose FINISH is accepted: the running one's, or that of the last end, repeated."""
    cancelling: bool = False
    checkpoint: bytes = b""
    fresh: bool = False
    letter: bool = False
    """Among the dead letters."""
    requeued: bool = False
    unrecorded: bool = False
    by_hand: bool = False


class Model:
    """A queue's jobs and workers."""

    def __init__(self, options: QueueOptions) -> None:
        self.options = options
        self.jobs: dict[str, ModelJob] = {}
        self.workers: dict[str, int | None] = {}
        """Known workers -> number of their last claim."""
        self.paused: set[str] = set()
        self.totals: Counter[str] = Counter()
        self.ends: Counter[tuple[str, int]] = Counter()
        """(id, attempt) -> how often an accepted FINISH ended it: never more than once."""

    def in_state(self, *states: JobState) -> list[ModelJob]:
        return [job for job in self.jobs.values() if job.state in states]

    def held_by(self, worker: str) -> ModelJob | None:
        return next((job for job in self.in_state(R) if job.token and job.token[0] == worker), None)

    def letters(self) -> list[str]:
        return [job.id for job in self.jobs.values() if job.letter]

    def unrecorded(self) -> list[str]:
        return [job.id for job in self.jobs.values() if job.unrecorded]

    def bound_passed(self, priority: str, user: str, size: int, elements: int) -> str:
        """Give the bound that one more job would pass, or ""; ``elements`` by hand are on the list."""
        options = self.options
        waiting = [job for job in self.in_state(Q, D) if job.priority == priority]
        if len(waiting) + elements >= options.max_queued:
            return "max_queued"
        if sum(len(job.payload) for job in waiting) + size > options.max_queued_bytes:
            return "max_queued_bytes"
        mine = [job for job in waiting if user and job.user == user and (job.state is Q or job.fresh)]
        if len(mine) >= options.max_queued_per_user:
            return "max_queued_per_user"
        if options.store and len(self.unrecorded()) >= options.max_queued * len(options.priorities):
            return "unrecorded"
        return ""

    def add(self, job: ModelJob) -> None:
        self.jobs[job.id] = job
        self.totals["enqueued"] += 1

    def refuses(self, worker: str, sequence: int) -> bool:
        """Whether a claim with this number gets nothing, whatever waits."""
        last = self.workers.get(worker)
        if last is None:
            return False
        return sequence < last or (sequence == last and self.held_by(worker) is None)

    def number(self, worker: str, sequence: int) -> None:
        self.workers[worker] = sequence

    def claimable(self, only: str | None) -> set[str]:
        return {
            job.id
            for job in self.in_state(Q)
            if job.priority not in self.paused and only in (None, job.priority) and not self.at_cap(job.user)
        }

    def at_cap(self, user: str) -> bool:
        most = self.options.max_running_per_user
        return bool(most and user) and sum(job.user == user for job in self.in_state(R)) >= most

    def start(self, job: ModelJob, worker: str) -> None:
        assert job.state is Q
        job.state, job.attempt = R, job.attempt + 1
        job.token = (worker, job.attempt)

    def finish(self, job_id: str, token: tuple[str, int], kind: Finish) -> bool:
        """Give whether it must be accepted."""
        job = self.jobs.get(job_id)
        if job is None or job.token != token:
            self.totals["refused"] += 1
            return False
        if job.state is not R:
            return True
        self.ends[job_id, job.attempt] += 1
        if kind is Finish.DONE:
            self._end(job, DONE)
        elif kind is Finish.CANCELLED or (job.cancelling and kind is not Finish.DEAD):
            self._end(job, CANCELLED)
        elif kind is Finish.RELEASE:
            self.totals["released"] += 1
            job.state = Q
        elif kind is Finish.RETRY and job.failures + 1 < self.options.max_attempts:
            self.totals["retried"] += 1
            job.failures, job.state = job.failures + 1, D
        else:
            job.failures += kind is Finish.RETRY
            self._bury(job)
        return True

    def crash(self, worker: str, *, blame: bool) -> list[tuple[str, JobState]]:
        """Give what must have become of what it held."""
        job = self.held_by(worker)
        self.workers.pop(worker, None)
        if job is None:
            return []
        job.token = None
        if job.cancelling:
            self._end(job, CANCELLED)
        elif blame:
            job.crashes += 1
            self.totals["crashed"] += 1
            self._interrupt(job, job.crashes, self.options.max_crashes)
        else:
            self.totals["released"] += 1
            job.state = Q
        return [(job.id, job.state)]

    def lapse(self, worker: str) -> ModelJob | None:
        """A tick takes what it held."""
        job = self.held_by(worker)
        self.workers.pop(worker, None)
        if job is not None:
            self.lose(job)
        return job

    def lose(self, job: ModelJob) -> None:
        """Nobody holds it any more."""
        job.token = None
        if job.cancelling:
            self._end(job, CANCELLED)
        else:
            job.lost += 1
            self.totals["lost"] += 1
            self._interrupt(job, job.lost, max_lost(self.options))

    def _interrupt(self, job: ModelJob, times: int, most: int) -> None:
        if times >= most:
            self._bury(job)
        else:
            job.state = Q if times == 1 else D

    def cancel(self, job: ModelJob) -> Cancelled:
        if job.state is CANCELLED:
            return Cancelled.DONE
        if job.state in (DONE, DEAD):
            return Cancelled.TOO_LATE
        if job.state is R:
            job.cancelling = True
            return Cancelled.ASKED
        self._end(job, CANCELLED)
        return Cancelled.DONE

    def _end(self, job: ModelJob, state: JobState) -> None:
        job.state, job.cancelling, job.fresh, job.checkpoint = state, False, False, b""
        job.unrecorded = self.options.store
        self.totals[state.value] += 1
        if not (job.by_hand and self.options.store):
            job.payload = b""

    def _bury(self, job: ModelJob) -> None:
        job.state, job.cancelling, job.letter = DEAD, False, True
        job.unrecorded = self.options.store
        self.totals["dead"] += 1

    def set_aside(self, job_id: str, priority: str) -> None:
        """An element that is no job became a dead letter."""
        self.jobs[job_id] = ModelJob(job_id, priority, by_hand=True)
        self._bury(self.jobs[job_id])

    def adopt(self, job_id: str, priority: str, payload: bytes) -> ModelJob:
        """An element became a job, about to start."""
        self.totals["adopted"] += 1
        self.jobs[job_id] = ModelJob(job_id, priority, payload=payload, by_hand=True)
        return self.jobs[job_id]

    def drop_letter(self, job: ModelJob) -> None:
        """Somebody, age or the bound forgot it; if no store has it yet its end stays."""
        job.letter = False
        if not job.unrecorded:
            del self.jobs[job.id]

    def settle(self, job: ModelJob) -> None:
        """The store has this end."""
        job.unrecorded = False

    def requeue(self, job: ModelJob) -> bool:
        """Give whether it must be accepted."""
        if not job.letter:
            return job.requeued and job.state in (Q, R)
        job.state, job.letter, job.requeued, job.unrecorded, job.token = Q, False, True, False, None
        job.failures = job.crashes = job.lost = 0
        self.totals["requeued"] += 1
        return True
