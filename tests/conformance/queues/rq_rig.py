"""RQ one step at a time: the very classes that work in production, without their forks and their loops.

A worker of RQ takes a ticket, forks, and the horse works it to its end. Here each of these is a step of its
own: ``claim`` is the worker's dequeue and what the horse does before the handler, ``finish`` what it does
after it, ``crashed`` what the worker does when its horse has died, ``tick`` RQ's maintenance and scheduler. A
worker keeps to one priority, as in production: the first it finds a ticket on.
"""

import copy
import dataclasses
import resource
import signal
import sys
import threading

import msgspec
from redis import Redis
from rq.utils import now
from rq.worker import WorkerStatus

from judgeline.queues.engine import Ending, Finish, Renewal, Ticked
from judgeline.queues.job import Claim, JobState
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq import RqEngine
from judgeline.queues.rq.pool import PromptScheduler
from judgeline.queues.rq.task import Books, Buried, Task, Workplace
from judgeline.queues.rq.tickets import Ticket, attempt_name, queue_name, worker_of
from judgeline.queues.rq.worker import QueueWorker
from judgeline.queues.rules import check_result, known_priorities


class NotOnRq(Exception):
    """A step of the interface that RQ has nothing like."""


@dataclasses.dataclass
class Held:
    """A ticket in a worker's hands: the worker's copy of it, and the horse's."""

    ticket: Ticket
    horses: Ticket
    queue: object
    execution: object
    task: Task
    claim: Claim


class SteppedWorker(QueueWorker):
    """A worker whose horse is the test."""

    held: Held | None = None
    took_any = False

    def __init__(self, place: Workplace, priority: str, name: str, books: Books, client: Redis) -> None:
        super().__init__(place, priority, name, client)
        self.books = books
        self.priority = priority
        self.place = place
        self.signals: list[signal.Signals] = []
        self.lost: list[JobState] = []

    @property
    def horse_pid(self) -> int:
        return -1 if self.held else 0

    def kill_horse(self, sig=signal.SIGKILL):
        self.signals.append(sig)

    def procline(self, message):
        """The process is pytest's."""

    def subscribe(self):
        """Nobody listens: a cancel is seen with the next heartbeat, as where the word of it was lost."""

    def _on_exception(self, job, *exc_info):
        super()._on_exception(job, *exc_info)
        self.lost.append(JobState.QUEUED if job.retries_left else JobState.DEAD)

    def take(self) -> Claim | None:
        """Take tickets until one can be begun."""
        while taken := self.dequeue_job_and_maintain_ttl(None):
            ticket, queue = taken
            self.took_any = True
            execution = self.prepare_execution(ticket)
            self._task = Task(self.place, attempt_name(self.name, execution.id), self.books)
            horses = copy.copy(ticket)
            self.prepare_job_execution(horses, remove_from_intermediate_queue=True)
            ticket.started_at = horses.started_at = now()
            found = self._task.begin(horses)
            if isinstance(found, Claim):
                self.held = Held(ticket, horses, queue, execution, self._task, found)
                self.signals.clear()
                return found
            self._finalize_success(horses, queue, execution, self._task.not_begun(found))
            self.set_state(WorkerStatus.IDLE)
        return None

    def end(self, ending: Ending) -> bool:
        """Do what the horse does when its handler has ended."""
        held, self.held = self.held, None
        try:
            what_next = held.task.settle(held.claim, ending)
        except Buried:
            self._finalize_failure(held.horses, held.queue, held.execution, sys.exc_info())
        else:
            self._finalize_success(held.horses, held.queue, held.execution, what_next)
        self.set_state(WorkerStatus.IDLE)
        self._give_up_force()
        return not held.task.superseded

    def bury_horse(self, status: int) -> None:
        """Do what the worker does when its horse has died, with the status that waitpid tells."""
        held, self.held, self._task = self.held, None, None
        held.ticket.ended_at = now()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        self.handle_work_horse_killed(held.ticket, None, status, usage)
        said = f"Work-horse terminated unexpectedly; waitpid returned {status}"
        self.handle_job_failure(held.ticket, queue=held.queue, exc_string=said, execution=held.execution)
        self._give_up_force()

    def die(self) -> None:
        self._give_up_force()
        self.register_death()


class SteppedPool:
    """The workers and the scheduler of a queue on RQ, as a Consumer."""

    def __init__(self, client: Redis, name: str, options: QueueOptions, chance) -> None:
        self.client = client
        self.workers: dict[str, SteppedWorker] = {}
        self._place = Workplace(name, options, "", lambda: None, chance=chance)
        self._engine = RqEngine(client, name, options)
        self._books = Books.open(self._place, client)
        self._keeper = self._books.consumer
        self._ledger = self._books.ledger
        names = [queue_name(name, priority) for priority in options.priorities]
        self._scheduler = PromptScheduler(self._ledger, names, client)
        self._scheduling = threading.Lock()

    def claim(self, worker, sequence, *, only=None):  # noqa: ARG002 - RQ has no such number
        wanted = known_priorities(only, self._place.queue, self._place.options)
        known = self.workers.get(worker)
        if known and known.held:
            raise NotOnRq("a worker of RQ asks for a ticket when it is done with the one before")
        if known and known.took_any and (only is None or known.priority == only):
            return known.take()
        for priority in wanted:
            candidate = self._born(worker, priority)
            if claim := candidate.take():
                return claim
        self.leave(worker)
        return None

    def _born(self, name, priority):
        known = self.workers.get(name)
        if known and known.priority == priority:
            return known
        if known:
            known.die()
        worker = self.workers[name] = SteppedWorker(self._place, priority, name, self._books, self.client)
        worker.register_birth()
        worker.last_cleaned_at = now()  # maintenance is the tick's
        return worker

    def wait(self, timeout_s, *, only=None):  # noqa: ARG002 - the interface's
        raise NotOnRq("on RQ the wait is the taking: one BLMOVE")

    def finish(self, claim, ending, *, next_sequence=None, only=None):
        check_result(ending.result)
        name = worker_of(claim.worker)
        worker = self.workers.get(name)
        if worker and worker.held and worker.held.claim == claim:
            accepted = worker.end(ending)
        elif ending.kind is Finish.RELEASE:
            accepted = self._ledger.stopped(claim.id, claim.worker, "released", ending.reason).ours
        else:
            accepted, _ = self._keeper.finish(claim, ending)
        return accepted, None if next_sequence is None else self.claim(name, next_sequence, only=only)

    def progress(self, claim, note):
        return self._keeper.progress(claim, note)

    def checkpoint(self, claim, data):
        return self._keeper.checkpoint(claim, data)

    def crashed(self, worker, evidence, *, blame=True):
        dead = self.workers.pop(worker, None)
        if dead is None:
            return []
        job_id = dead.held.claim.id if dead.held else ""
        if dead.held and blame:
            told = msgspec.json.decode(evidence).get("signal", "SIGKILL")
            dead.bury_horse(signal.Signals[told])
        elif dead.held:
            dead.end(Ending(kind=Finish.RELEASE))
        dead.die()
        return [(job_id, self._engine.look(job_id).state)] if job_id else []

    def renew(self, workers):
        return [self._renew(worker) for worker in workers]

    def _renew(self, name):
        known = name in self.workers and bool(self.client.exists(self.workers[name].key))
        worker = self.workers.get(name) or self._born(name, next(iter(self._place.options.priorities)))
        held = worker.held
        if held is None:
            worker.heartbeat()
            return Renewal(worker=name, known=known, held=[], cancelling=[])
        worker.maintain_heartbeats(held.ticket, held.execution)
        registry = held.ticket.started_job_registry.key
        ours = self.client.zscore(registry, held.execution.composite_key) is not None
        return Renewal(
            worker=name,
            known=known,
            held=[held.claim.id] if ours else [],
            cancelling=[held.claim.id] if signal.SIGTERM in worker.signals else [],
        )

    def leave(self, worker):
        if worker in self.workers and not self.workers[worker].held:
            self.workers.pop(worker).die()

    def tick(self):
        lost: list[JobState] = []
        for priority in self._place.options.priorities:
            name = f"janitor-{threading.get_ident()}"
            janitor = SteppedWorker(self._place, priority, name, self._books, self.client)
            janitor.clean_registries()
            lost += janitor.lost
        with self._scheduling:
            self._scheduler.acquire_locks()
            self._scheduler.prepare_registries()
            registries = self._scheduler._scheduled_job_registries
            due = sum(len(registry.get_jobs_to_schedule()) for registry in registries)
            self._scheduler.enqueue_scheduled_jobs()
        return Ticked(reaped=len(lost), promoted=due, dead=lost.count(JobState.DEAD), adopted=0)
