"""The side of a queue on RQ that everybody uses: fill it, watch it, steer it."""

import re
import time
from collections.abc import Sequence
from typing import NoReturn, cast

import msgspec
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import WatchError
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.executions import WORKER_EXECUTIONS_KEY_TEMPLATE
from rq.serializers import JSONSerializer
from rq.worker import Worker as RqWorker
from rq.worker_registration import get_keys

from judgeline.queues.engine import Cancelled, QueueStats, WorkerView
from judgeline.queues.errors import JobConflict, NotOffered, QueueError, UnknownJob
from judgeline.queues.job import Enqueued, JobState, NewJob
from judgeline.queues.lists.engine import ListsEngine
from judgeline.queues.lists.guard import server_errors
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq.ledger import Ledger
from judgeline.queues.rq.tickets import Ticket, make_ticket, open_queue
from judgeline.queues.rules import MAX_BATCH, check_count, digest_of, refusal_of

JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
GRACE_MS = 50_000
"""RQ keeps a worker's key a minute longer than its heartbeat promises; ten seconds of that we believe."""


def watch(pipeline: Pipeline, *keys: str) -> None:
    """Have the transaction fail when one of the keys changes before it."""
    pipeline.watch(*keys)  # type: ignore[no-untyped-call] # redis-py left it untyped


def fields(client: Redis, key: str, *names: str) -> list[bytes | None]:
    """Give some fields of a hash."""
    return cast("list[bytes | None]", client.hmget(key, names))


class RqEngine(ListsEngine):
    """A queue on RQ. Keeps the same books as engine "lists"; RQ carries tickets in place of its lists.

    Safe to share between threads, not across a fork. An enqueue is a transaction of a few round trips a job,
    and the bounds are looked at just before it: those who enqueue at one moment may pass them by one each.
    """

    def __init__(self, client: Redis, name: str, options: QueueOptions) -> None:
        super().__init__(client, name, options)
        self._ledger = Ledger(client, name, options)
        self._queues = {priority: open_queue(client, name, priority) for priority in options.priorities}

    def enqueue(self, jobs: Sequence[NewJob]) -> list[Enqueued]:
        """Put jobs on the queue, at most 100 a call, one after another."""
        check_count(len(jobs), MAX_BATCH)
        return [self._enqueue(job) for job in jobs]

    def _enqueue(self, job: NewJob) -> Enqueued:
        if not JOB_ID.fullmatch(job.id):
            raise QueueError(f"on RQ a job's id is 1 to 128 of A-Z a-z 0-9 _ -, not {job.id!r}")
        if refusal := refusal_of(job, self._name, self._options):
            raise refusal
        digest = digest_of(job.payload)
        while True:
            with server_errors(self._name), self._client.pipeline() as pipeline:
                watch(pipeline, self._keys.job(job.id), Ticket.key_for(job.id))
                state, known = fields(pipeline, self._keys.job(job.id), "state", "digest")
                if state and known != digest:
                    raise JobConflict(f"job {job.id} is on queue {self._name} with another payload")
                # A job that waits without a ticket (somebody emptied the RQ queue) gets a new one.
                if state and (JobState(state.decode()).terminal or pipeline.exists(Ticket.key_for(job.id))):
                    return Enqueued(id=job.id, new=False, state=JobState(state.decode()))
                if not state:
                    self.admit(job.priority, job.user, len(job.payload))
                pipeline.multi()
                if not state:
                    self._ledger.open(
                        pipeline, job.id, job.priority, job.user, job.payload, digest, job.attempts
                    )
                if self._push(pipeline, job.id, job.priority):
                    return Enqueued(id=job.id, new=not state, state=JobState.QUEUED)

    def _push(self, pipeline: Pipeline, job_id: str, priority: str) -> bool:
        """Put a ticket on its RQ queue and run the transaction; False if what it WATCHes has changed."""
        pipeline.delete(Ticket.key_for(job_id))
        queue = self._queues[priority]
        queue.enqueue_job(make_ticket(self._client, job_id, self._name, self._options), pipeline=pipeline)
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
        """Take a waiting job off, or flag a running one: its handler hears at the next note or checkpoint."""
        found = self._ledger.withdraw(job_id)
        if found is None:
            raise UnknownJob(f"queue {self._name} knows no job {job_id}")
        if found == Cancelled.DONE:
            self._withdraw_ticket(job_id)
        return Cancelled(found)

    def _withdraw_ticket(self, job_id: str) -> None:
        """Tidy up at RQ; a ticket that escapes this finds its job cancelled."""
        with server_errors(self._name):
            try:
                Ticket.fetch(job_id, connection=self._client, serializer=JSONSerializer).cancel()
            except (NoSuchJobError, InvalidJobOperation):
                return

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

    def pause(self, priority: str | None = None) -> NoReturn:  # noqa: ARG002 - the interface's
        """Refused: RQ suspends all workers of a server or none."""
        raise NotOffered(
            f"engine rq has no pause for queue {self._name}; `rq suspend` stops every RQ worker of the server"
        )

    def resume(self, priority: str | None = None) -> NoReturn:  # noqa: ARG002 - the interface's
        """Refused, as ``pause``."""
        raise NotOffered(f"engine rq has no resume for queue {self._name}; `rq resume` undoes `rq suspend`")

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
