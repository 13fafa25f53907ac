"""The side of a queue on RQ that everybody uses: fill it, watch it, steer it."""

import contextlib
import re
import time
from collections.abc import Sequence
from typing import cast

import msgspec
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import WatchError
from rq.command import send_command
from rq.exceptions import NoSuchJobError
from rq.executions import WORKER_EXECUTIONS_KEY_TEMPLATE
from rq.serializers import JSONSerializer
from rq.worker import Worker as RqWorker
from rq.worker_registration import get_keys

from judgeline.queues.engine import Cancelled, QueueStats, WorkerView
from judgeline.queues.errors import JobConflict, QueueError, UnknownJob
from judgeline.queues.job import Enqueued, JobState, NewJob
from judgeline.queues.lists.engine import ListsEngine
from judgeline.queues.lists.guard import server_errors
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq.ledger import Ledger
from judgeline.queues.rq.tickets import CANCEL, GRACE_MS, Ticket, due_at, make_ticket, open_queue, worker_of
from judgeline.queues.rules import MAX_BATCH, MAX_DELAY_MS, check_count, digest_of, refusal_of, too_far_ahead

JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def watch(pipeline: Pipeline, *keys: str) -> None:
    """Have the transaction fail when one of the keys changes before it."""
    pipeline.watch(*keys)  # type: ignore[no-untyped-call] # redis-py left it untyped


def fields(client: Redis, key: str, *names: str) -> list[bytes | None]:
    """Give some fields of a hash."""
    return cast("list[bytes | None]", client.hmget(key, names))


class RqEngine(ListsEngine):
    """A queue on RQ. Keeps the same books as engine "lists"; RQ carries tickets in place of its lists.

    Safe to share between threads, not across a fork. An enqueue is a transaction of a few round trips a job;
    it begins anew when another one, or a worker, changed the queue's depth between its look at the bounds and
    its write, so the bounds hold however many enqueue at once.
    """

    def __init__(self, client: Redis, name: str, options: QueueOptions) -> None:
        super().__init__(client, name, options)
        self._ledger = Ledger(client, name, options)
        self._queues = {priority: open_queue(client, name, priority) for priority in options.priorities}

    def enqueue(self, jobs: Sequence[NewJob]) -> list[Enqueued]:
        """Put jobs on the queue, at most 100 a call, one after another."""
        check_count(len(jobs), MAX_BATCH)
        return [self._enqueue(job) for job in jobs]

    def enqueue_for_schedule(self, job: NewJob) -> Enqueued:
        """Put a schedule's job on the queue: as ``enqueue``, but a store has no row of it yet."""
        return self._enqueue(job, "schedule")

    def _enqueue(self, job: NewJob, origin: str = "") -> Enqueued:
        if not JOB_ID.fullmatch(job.id):
            raise QueueError(f"on RQ a job's id is 1 to 128 of A-Z a-z 0-9 _ -, not {job.id!r}")
        if refusal := refusal_of(job, self._name, self._options):
            raise refusal
        digest = digest_of(job.payload)
        while True:
            with server_errors(self._name), self._client.pipeline() as pipeline:
                watch(pipeline, self._keys.job(job.id), Ticket.key_for(job.id), self._keys.named("depth"))
                state, known = fields(pipeline, self._keys.job(job.id), "state", "digest")
                if state and known != digest:
                    raise JobConflict(f"job {job.id} is on queue {self._name} with another payload")
                # A job that waits without a ticket (somebody emptied the RQ queue) gets a new one.
                if state and (JobState(state.decode()).terminal or pipeline.exists(Ticket.key_for(job.id))):
                    return Enqueued(id=job.id, new=False, state=JobState(state.decode()))
                if not state:
                    self._check_room(job.priority, job.user, len(job.payload), admitted=job.admitted)
                    due_ms = self._due_ms(job)
                else:
                    [due] = fields(pipeline, self._keys.job(job.id), "due")
                    due_ms = int(due or 0)
                pipeline.multi()
                if not state:
                    told = (job.id, job.priority, job.user, job.payload, digest, job.attempts)
                    self._ledger.open(pipeline, *told, due_ms, "delay" if job.delay_ms else "date", origin)
                if self._push(pipeline, job.id, job.priority, due_ms):
                    fresh = JobState.DELAYED if due_ms else JobState.QUEUED
                    known_as = JobState(state.decode()) if state else fresh
                    return Enqueued(id=job.id, new=not state, state=known_as)

    def _due_ms(self, job: NewJob) -> int:
        """Say when a job joins the line, by the server's clock; 0 = at once."""
        if not job.delay_ms and not job.not_before_ms:
            return 0
        now_ms = self._now_ms()
        due_ms = now_ms + job.delay_ms if job.delay_ms else job.not_before_ms
        if due_ms - now_ms > MAX_DELAY_MS:
            raise too_far_ahead(job.id)
        return due_ms if due_ms > now_ms else 0

    def _now_ms(self) -> int:
        seconds, microseconds = self._client.time()
        return seconds * 1000 + microseconds // 1000

    def _push(self, pipeline: Pipeline, job_id: str, priority: str, due_ms: int = 0) -> bool:
        """Give a job a ticket, on its RQ queue or for when it is due, and run the transaction.

        False if what it WATCHes has changed.
        """
        pipeline.delete(Ticket.key_for(job_id))
        queue = self._queues[priority]
        ticket = make_ticket(self._client, job_id, self._name, self._options)
        if due_ms:
            ticket.origin = queue.name
            queue.schedule_job(ticket, due_at(due_ms), pipeline=pipeline)
        else:
            queue.enqueue_job(ticket, pipeline=pipeline)
        try:
            pipeline.execute()
        except WatchError:
            return False
        return True

    def exists(self, job_ids: Sequence[str]) -> list[JobState | None]:
        """Give the state of each of at most 1,000 jobs; one that waits and has no ticket any more is None."""
        states = super().exists(job_ids)
        with server_errors(self._name), self._client.pipeline(transaction=False) as pipeline:
            for job_id in job_ids:
                pipeline.exists(Ticket.key_for(job_id))
            tickets = pipeline.execute()
        return [
            state if ticket or (state is not None and state.terminal) else None
            for state, ticket in zip(states, tickets, strict=True)
        ]

    def position(self, job_id: str) -> int | None:
        """Say how many tickets of its priority are taken before this one."""
        with server_errors(self._name):
            [priority] = fields(self._client, self._keys.job(job_id), "priority")
            if priority is None or priority.decode() not in self._queues:
                return None
            place = self._client.lpos(self._queues[priority.decode()].key, job_id)
        return place if isinstance(place, int) else None

    def cancel(self, job_id: str) -> Cancelled:
        """Take a waiting job off, or flag a running one and tell its worker."""
        found = self._ledger.withdraw(job_id)
        if found is None:
            raise UnknownJob(f"queue {self._name} knows no job {job_id}")
        if found == Cancelled.DONE:
            self._withdraw_ticket(job_id)
        elif found == Cancelled.ASKED:
            self._tell_worker(job_id)
        return Cancelled(found)

    def _tell_worker(self, job_id: str) -> None:
        """Tell the RQ worker at once; one that does not hear it sees the flag with its next heartbeat."""
        with server_errors(self._name):
            [attempt] = fields(self._client, self._keys.job(job_id), "worker")
            if attempt:
                send_command(self._client, worker_of(attempt.decode()), CANCEL, job_id=job_id)

    def _withdraw_ticket(self, job_id: str) -> None:
        """Tidy up at RQ; a ticket that escapes this finds its job cancelled.

        It is deleted, for RQ keeps what was cancelled for ever.
        """
        with server_errors(self._name), contextlib.suppress(NoSuchJobError):
            Ticket.fetch(job_id, connection=self._client, serializer=JSONSerializer).delete()

    def stats(self) -> QueueStats:
        """Give depth, ages, workers and counters."""
        stats = super().stats()
        workers = self.workers()
        with server_errors(self._name):
            ages = {priority: self._oldest_ms(priority) for priority in stats.priorities}
        return msgspec.structs.replace(
            stats,
            running=sum(len(worker.jobs) for worker in workers),
            workers=sum(worker.lease_ms > 0 for worker in workers),
            priorities={
                name: msgspec.structs.replace(priority, oldest_ms=ages[name])
                for name, priority in stats.priorities.items()
            },
        )

    def _oldest_ms(self, priority: str) -> int:
        job_id = cast("bytes | None", self._client.lindex(self._queues[priority].key, 0))
        if job_id is None:
            return 0
        [enqueued] = fields(self._client, self._keys.job(job_id.decode()), "enqueued")
        return max(0, round(time.time() * 1000) - int(enqueued)) if enqueued else 0

    def workers(self) -> list[WorkerView]:
        """Give the RQ workers of this queue, with what they hold. A killed one fades within 40 s."""
        prefix = RqWorker.redis_worker_namespace_prefix
        with server_errors(self._name), self._client.pipeline(transaction=False) as pipeline:
            names = sorted(
                key.removeprefix(prefix) for queue in self._queues.values() for key in get_keys(queue=queue)
            )
            for name in names:
                pipeline.pttl(prefix + name)
                pipeline.smembers(WORKER_EXECUTIONS_KEY_TEMPLATE.format(name))
            replies = pipeline.execute()
        return [
            WorkerView(
                name=name,
                lease_ms=left - GRACE_MS,
                jobs=[execution.decode().partition(":")[0] for execution in executions],
            )
            for name, left, executions in zip(names, replies[::2], replies[1::2], strict=True)
            if left > 0
        ]

    def requeue(self, job_id: str) -> None:
        """Put a dead letter back on its priority with its failures and crashes at zero."""
        while True:
            with server_errors(self._name), self._client.pipeline() as pipeline:
                watch(pipeline, self._keys.job(job_id))
                state, priority, requeued = fields(
                    pipeline, self._keys.job(job_id), "state", "priority", "requeued"
                )
                if requeued and state in (b"queued", b"running"):
                    return
                if state != b"dead" or priority is None or priority.decode() not in self._queues:
                    raise UnknownJob(f"queue {self._name} has no dead letter {job_id}")
                pipeline.multi()
                self._ledger.revive(pipeline, job_id)
                queue = self._queues[priority.decode()]
                queue.failed_job_registry.remove(job_id, pipeline=pipeline)
                if self._push(pipeline, job_id, priority.decode()):
                    return
