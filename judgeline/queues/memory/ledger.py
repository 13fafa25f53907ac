"""The books of a queue in memory: each job in exactly one place. Its owner holds the lock."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import NO_PROGRESS, Claim, Event, Job, JobState
from judgeline.queues.memory.lane import Lane, choose
from judgeline.queues.memory.minute import Minute
from judgeline.queues.memory.record import Record
from judgeline.queues.memory.tally import Tally
from judgeline.queues.options import QueueOptions
from judgeline.queues.rules import max_lost
from judgeline.queues.states import Verb, check_change

How = Literal["crashes", "lost", "released"]
"""How a worker came to be gone, as in the script's ``interrupted``."""


class Ledger:
    """Jobs, lanes, leases and counters of one queue."""

    def __init__(
        self,
        options: QueueOptions,
        now_ms: Callable[[], int],
        listener: Callable[[str, Event], None] | None,
    ) -> None:
        self.options = options
        self.now_ms = now_ms
        self.jobs: dict[str, Record] = {}
        self.lanes = {name: Lane(fair=options.fair == "user") for name in options.priorities}
        self.weights = {name: priority.weight for name, priority in options.priorities.items()}
        self.held: dict[str, str] = {}
        """Worker -> the job it holds."""
        self.leases: dict[str, int] = {}
        self.sequences: dict[str, int] = {}
        self.dead: dict[str, None] = {}
        """Ids of dead letters, oldest first."""
        self.unrecorded: dict[str, None] = {}
        self.totals: Counter[str] = Counter()
        self.waits = {name: Tally() for name in options.priorities}
        self.runs = Tally()
        self.running: dict[str, set[str]] = {}
        """User -> ids that run, where that is bounded."""
        self.reaped: set[str] = set()
        """Workers whose lease lapsed."""
        self.closed = False
        self._ended = Minute()
        self._came = Minute()
        self._listener = listener

    def get(self, job_id: str) -> Record | None:
        """Give a job, unless it is forgotten by now."""
        record = self.jobs.get(job_id)
        if record and record.expires_ms and record.expires_ms <= self.now_ms():
            self._drop(record, Verb.EXPIRE)
            return None
        return record

    def _drop(self, record: Record, by: Verb) -> None:
        check_change(record.state, by, None)
        del self.jobs[record.id]

    def held_by(self, worker: str) -> list[str]:
        """Give the ids a worker holds."""
        return [self.held[worker]] if worker in self.held else []

    def drained(self) -> int:
        """Jobs that ended within the last minute."""
        return self._ended.within(self.now_ms())

    def arrived(self) -> int:
        """Jobs that were enqueued within the last minute."""
        return self._came.within(self.now_ms())

    def lacking_room(
        self, priority: str, user: str, payload_bytes: int, *, admitted: bool = False
    ) -> str | None:
        """Give the bound that one more job would pass, or None; twice as far for one ``admitted`` before."""
        options, lane, times = self.options, self.lanes[priority], 2 if admitted else 1
        if len(lane) + lane.delayed >= times * options.max_queued:
            return "max_queued"
        if lane.waiting_bytes + payload_bytes > times * options.max_queued_bytes:
            return "max_queued_bytes"
        if user and lane.of(user) >= times * options.max_queued_per_user:
            return "max_queued_per_user"
        if options.store and len(self.unrecorded) >= times * options.max_queued * len(self.lanes):
            return "unrecorded"
        return None

    def add(self, record: Record, delay_ms: int = 0, not_before_ms: int = 0) -> None:
        """Take a new job in, at once or with a delay or a date."""
        now = record.enqueued_ms = self.now_ms()
        self.jobs[record.id] = record
        lane = self.lanes[record.priority]
        due = now + delay_ms if delay_ms else not_before_ms
        if due > now:
            record.enter(Verb.ENQUEUE, JobState.DELAYED)
            record.since_ms, record.due_ms = now, due
            record.fresh = "delay" if delay_ms else "date"
            lane.put_off(record.user)
        else:
            record.enter(Verb.ENQUEUE, JobState.QUEUED)
            lane.join(record.id, record.user)
        lane.waiting_bytes += len(record.payload)
        self.totals["enqueued"] += 1
        self._came.count(self.now_ms())

    def start(self, worker: str, only: str | None) -> Record | None:
        """Start the next job there is, or give None."""
        while True:
            before = {name: lane.credit for name, lane in self.lanes.items()}
            priority = choose(self.lanes, self.weights, only)
            if priority is None:
                return None
            lane = self.lanes[priority]
            record = self.jobs[lane.take()]
            if not self._at_cap(record.user):
                return self._start(record, lane, worker)
            lane.hold_back(record.id, record.user)
            for name, credit in before.items():  # what was not taken is not paid for
                self.lanes[name].credit = credit

    def _at_cap(self, user: str) -> bool:
        most = self.options.max_running_per_user
        return most > 0 and user != "" and len(self.running.get(user, ())) >= most

    def _start(self, record: Record, lane: Lane, worker: str) -> Record:
        if record.user and self.options.max_running_per_user:
            self.running.setdefault(record.user, set()).add(record.id)
        self.waits[record.priority].observe(self.now_ms() - record.in_line_ms)
        lane.pass_turn(record.user)
        lane.waiting_bytes -= len(record.payload)
        self.held[worker] = record.id
        record.move(Verb.CLAIM, JobState.RUNNING)
        record.worker, record.started_ms = worker, self.now_ms()
        record.attempt += 1
        self.tell(record)
        return record

    def _stopped(self, record: Record) -> None:
        """An attempt is over, and its job is where it belongs: count it, and let its user's lines go on."""
        self.runs.observe(self.now_ms() - record.started_ms)
        running = self.running.get(record.user)
        if running is None or record.id not in running:
            return
        running.remove(record.id)
        if not running:
            del self.running[record.user]
        for lane in self.lanes.values():
            lane.let_in(record.user)

    def tell(self, record: Record, progress: msgspec.Raw = NO_PROGRESS) -> None:
        """Tell the listener what happened to a job."""
        if self._listener:
            self._listener(record.id, Event(state=record.state, attempt=record.attempt, progress=progress))

    def ours(self, claim: Claim) -> Record | None:
        """Give the job of a claim that still holds."""
        record = self.get(claim.id)
        held = record is not None and record.state is JobState.RUNNING
        return record if record and held and self._fits(record, claim) else None

    @staticmethod
    def _fits(record: Record, claim: Claim) -> bool:
        return record.worker == claim.worker and record.attempt == claim.attempt

    def finish(self, claim: Claim, ending: Ending, delay_ms: int) -> bool:
        """End an attempt; give whether it was (or had been) accepted."""
        known = self.get(claim.id)
        if known and known.state is not JobState.RUNNING and self._fits(known, claim):
            return True
        record = self.ours(claim)
        if record is None:
            self.totals["refused"] += 1
            return False
        self.held.pop(claim.worker, None)
        self._finish(record, ending, delay_ms)
        self._stopped(record)
        return True

    def _finish(self, record: Record, ending: Ending, delay_ms: int) -> None:
        if ending.kind is Finish.DONE:
            record.result = ending.result
            self._complete(record, Verb.FINISH, JobState.DONE)
        elif ending.kind is Finish.CANCELLED or (record.cancelling and ending.kind is not Finish.DEAD):
            record.reason = ending.reason or "cancelled while it ran"
            self._complete(record, Verb.FINISH, JobState.CANCELLED)
        elif ending.kind is Finish.RELEASE:
            self.totals["released"] += 1
            self._release(record, Verb.FINISH)
        else:
            self._fail(record, ending, delay_ms)

    def _fail(self, record: Record, ending: Ending, delay_ms: int) -> None:
        retry = ending.kind is Finish.RETRY
        record.keep_attempt(self.now_ms(), "failed" if retry else "gave up", ending.reason)
        record.failures += retry
        if retry and record.failures < self.options.max_attempts:
            self.totals["retried"] += 1
            self._postpone(record, Verb.FINISH, delay_ms, ending.reason)
        else:
            self._bury(record, Verb.FINISH, ending.reason, ending.evidence)

    def interrupt(self, worker: str, how: How, evidence: bytes) -> list[tuple[str, JobState]]:
        """Settle what a worker that is gone held, and forget the worker."""
        moved = []
        for job_id in self.held_by(worker):
            self._interrupted(self.jobs[job_id], how, evidence)
            self._stopped(self.jobs[job_id])
            moved.append((job_id, self.jobs[job_id].state))
        self.forget_worker(worker)
        return moved

    def _interrupted(self, record: Record, how: How, evidence: bytes) -> None:
        by = Verb.TICK if how == "lost" else Verb.CRASHED
        if record.cancelling:
            record.reason = "cancelled while it ran"
            self._complete(record, by, JobState.CANCELLED)
        elif how == "released":
            self.totals["released"] += 1
            self._release(record, by)
        else:
            self._blame(record, by, how, evidence)
        record.worker = ""  # so that a late finish is no repeat of an accepted one

    def _blame(self, record: Record, by: Verb, how: Literal["crashes", "lost"], evidence: bytes) -> None:
        if how == "lost":
            record.lost += 1
            times, limit = record.lost, max_lost(self.options)
            told, reason = "lost", "the lease of its worker lapsed"
        else:
            record.crashes += 1
            times, limit = record.crashes, self.options.max_crashes
            told, reason = "crashed", "its worker died"
        self.totals[told] += 1
        record.keep_attempt(self.now_ms(), told, reason)
        waits = self.options.crash_backoff_s
        wait_ms = round(1000 * waits[min(times - 1, len(waits)) - 1]) if times > 1 and waits else 0
        if times >= limit:
            self._bury(record, by, f"{reason}, {times} times", evidence)
        elif wait_ms == 0:
            self._release(record, by)
        else:
            self._postpone(record, by, wait_ms, reason)

    def renew(self, worker: str) -> None:
        """Make or renew a lease."""
        self.leases[worker] = self.now_ms() + self.options.lease_s * 1000

    def forget_worker(self, worker: str) -> None:
        """Forget a worker and what it held."""
        self.held.pop(worker, None)
        self.leases.pop(worker, None)
        self.sequences.pop(worker, None)

    def tick(self) -> tuple[int, int, int]:
        """Reap lapsed workers, promote due jobs, forget what is old; give (reaped, promoted, dead)."""
        now = self.now_ms()
        moved: list[tuple[str, JobState]] = []
        for worker in [worker for worker, deadline in self.leases.items() if deadline <= now]:
            evidence = msgspec.json.encode({"worker": worker, "lapsed_ms": now})
            moved += self.interrupt(worker, "lost", evidence)
            self.totals["reaped"] += 1
            self.reaped.add(worker)
        for worker, deadline in self.leases.items():
            if deadline > now + 2000 * self.options.lease_s:  # the clock was set back
                self.renew(worker)
        promoted = 0
        for record in list(self.jobs.values()):
            if record.state is JobState.DELAYED:
                promoted += self._look_at_delayed(record, now)
        for job_id in list(self.dead):
            if self.jobs[job_id].finished_ms <= now - 1000 * self.options.dead_ttl_s:
                self.forget(job_id, Verb.TICK)
        for job_id in list(self.jobs):
            self.get(job_id)
        return len(moved), promoted, sum(state is JobState.DEAD for _, state in moved)

    def _look_at_delayed(self, record: Record, now: int) -> bool:
        if record.since_ms > now + 1000:  # the clock was set back: the whole delay again; a date stays
            if record.fresh != "date":
                record.due_ms = now + record.due_ms - record.since_ms
            record.since_ms = now
        if record.due_ms > now:
            return False
        record.move(Verb.TICK, JobState.QUEUED)
        record.ready_ms, record.due_ms = min(now, max(record.since_ms, record.due_ms)), 0
        lane = self.lanes[record.priority]
        lane.delayed -= 1
        if record.fresh:
            record.fresh = ""
            lane.no_longer_fresh(record.user)
            lane.join(record.id, record.user)
        else:
            lane.come_back(record.id, record.user)
        self.tell(record)
        return True

    def withdraw(self, record: Record) -> None:
        """Cancel a job that waits."""
        lane = self.lanes[record.priority]
        lane.remove(record.id, record.user)
        lane.delayed -= record.state is JobState.DELAYED
        if record.fresh:
            record.fresh = ""
            lane.no_longer_fresh(record.user)
        lane.waiting_bytes -= len(record.payload)
        record.reason = "cancelled before it ran"
        self._complete(record, Verb.CANCEL, JobState.CANCELLED)

    def revive(self, record: Record) -> bool:
        """Put a dead letter back; give whether it was one (or was put back already)."""
        if record.id not in self.dead:
            return record.requeued and record.state in (JobState.QUEUED, JobState.RUNNING)
        del self.dead[record.id]
        self.unrecorded.pop(record.id, None)
        record.failures = record.crashes = record.lost = record.finished_ms = record.expires_ms = 0
        record.reason, record.evidence, record.worker = "", b"", ""
        record.move(Verb.REQUEUE, JobState.QUEUED)
        record.requeued, record.ready_ms = True, self.now_ms()
        self.lanes[record.priority].join(record.id, record.user)
        self.lanes[record.priority].waiting_bytes += len(record.payload)
        self.totals["requeued"] += 1
        self.tell(record)
        return True

    def forget(self, job_id: str, by: Verb = Verb.FORGET) -> bool:
        """Drop a dead letter; its end stays until the store has it."""
        if job_id not in self.dead:
            return False
        del self.dead[job_id]
        if job_id in self.unrecorded:
            record = self.jobs[job_id]
            record.payload = record.checkpoint = record.evidence = b""
            record.log.clear()
        else:
            self._drop(self.jobs[job_id], by)
        return True

    def settle(self, ended: Sequence[Job]) -> None:
        """Start the time to live of jobs whose ends the store has."""
        for job in ended:
            record = self.jobs.get(job.id)
            if record is None or (record.attempt, record.state) != (job.attempt, job.state):
                continue  # it is gone, or was put back meanwhile
            if self.unrecorded.pop(job.id, None) is not None and job.id not in self.dead:
                record.expires_ms = self.now_ms() + 1000 * self.options.result_ttl_s

    def _conclude(self, record: Record, by: Verb, state: JobState) -> None:
        record.move(by, state)
        record.finished_ms = self.now_ms()
        record.progress, record.due_ms, record.cancelling = b"", 0, False
        if self.options.store:
            self.unrecorded[record.id] = None
        elif state is not JobState.DEAD:
            record.expires_ms = self.now_ms() + 1000 * self.options.result_ttl_s
        self.totals[state.value] += 1
        self._ended.count(self.now_ms())
        self.tell(record)

    def _complete(self, record: Record, by: Verb, state: JobState) -> None:
        record.payload = record.checkpoint = record.evidence = b""
        record.log.clear()
        self._conclude(record, by, state)

    def _bury(self, record: Record, by: Verb, reason: str, evidence: bytes) -> None:
        record.reason, record.evidence = reason, evidence
        self.dead[record.id] = None
        self._conclude(record, by, JobState.DEAD)
        while len(self.dead) > 1 and (
            len(self.dead) > self.options.max_dead
            or sum(len(self.jobs[job_id].payload) for job_id in self.dead) > self.options.max_queued_bytes
        ):
            self.forget(next(iter(self.dead)), by)

    def _postpone(self, record: Record, by: Verb, delay_ms: int, reason: str) -> None:
        now = self.now_ms()
        record.move(by, JobState.DELAYED)
        record.reason, record.progress = reason, b""
        record.since_ms, record.due_ms = now, now + delay_ms
        self.lanes[record.priority].delayed += 1
        self.lanes[record.priority].waiting_bytes += len(record.payload)
        self.tell(record)

    def _release(self, record: Record, by: Verb) -> None:
        record.move(by, JobState.QUEUED)
        record.progress, record.ready_ms = b"", self.now_ms()
        self.lanes[record.priority].return_first(record.id, record.user)
        self.lanes[record.priority].waiting_bytes += len(record.payload)
        self.tell(record)
