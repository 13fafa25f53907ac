"""Tickets: what RQ carries. A ticket says which job is to be worked and nothing else."""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from redis import Redis
from redis.client import Pipeline
from rq.exceptions import DeserializationError
from rq.job import Job as RqJob
from rq.job import JobStatus
from rq.queue import Queue as RqQueue
from rq.serializers import JSONSerializer

from judgeline.queues.errors import QueueError
from judgeline.queues.options import QueueOptions

FUNCTION = "judgeline.queues.rq.work"
"""What RQ's tools show as a ticket's function. It is compared, never imported."""
CANCEL = "judgeline-cancel"
"""What a worker is told, on RQ's channel for commands, when the job it runs was cancelled."""
GRACE_MS = 50_000
"""RQ keeps a worker's key a minute longer than its heartbeat promises; ten seconds of that we believe."""


class Refused(QueueError):
    """Something on the RQ queue is no ticket of ours: it is not run."""


class Ticket(RqJob):
    """A job of RQ that can do one thing: be handed to the ``task`` of the worker that took it.

    RQ's own class imports and calls whatever a job's hash in Redis names, as its function and as its
    callbacks, partly in the worker itself; here nothing of it is ever looked up.
    """

    task: "Callable[[Ticket], Any] | None" = None

    def perform(self) -> Any:
        """Have the worker's task work the job."""
        if self.task is None:
            raise Refused("a ticket is worked by Judgeline's RQ workers only")
        return self.task(self)

    def refusal(self) -> str:
        """Say why this is no ticket of ours, or ""."""
        try:
            content = (self.func_name, self.instance, list(self.args), dict(self.kwargs))
        except (DeserializationError, TypeError, ValueError):
            return "its data is not JSON"
        if content != (FUNCTION, None, [], {}):
            return f"it names code to run: {str(content[0])[:100]}"
        if self._success_callback_name or self._failure_callback_name or self._stopped_callback_name:
            return "it has callbacks"
        if self.webhooks:
            return "it has webhooks"
        return ""

    @property
    def success_callback(self) -> None:
        """None, whatever the hash names."""

    @property
    def failure_callback(self) -> None:
        """None, whatever the hash names."""

    @property
    def stopped_callback(self) -> None:
        """None, whatever the hash names."""

    def set_status(self, status: JobStatus, pipeline: Pipeline | None = None) -> None:
        """Set the status; one that RQ would write ahead of the transaction it belongs to, with it.

        RQ writes "scheduled" before the transaction that puts a retry on its registry. Whoever dies in
        between leaves a ticket that is on no queue, and that no maintenance looks for.
        """
        if status is JobStatus.SCHEDULED and pipeline is None:
            self._status = status  # the transaction saves it
        else:
            super().set_status(status, pipeline)

    def send_webhooks(self, status: str | JobStatus, *, exc_string: str | None = None) -> None:
        """Call nobody."""


def attempt_name(worker: str, execution_id: str) -> str:
    """Give the name under which an RQ worker works one ticket once."""
    return f"{worker}.{execution_id}"


def worker_of(attempt: str) -> str:
    """Give the RQ worker that works, or worked, an attempt of that name."""
    return attempt.rpartition(".")[0] or attempt


def due_at(due_ms: int) -> datetime:
    """Give when a ticket comes back, in RQ's whole seconds: never too early."""
    return datetime.fromtimestamp(math.ceil(due_ms / 1000), UTC)


def is_worked(ticket: Ticket, attempt: str) -> bool:
    """Whether RQ has heard, within its minute, of the execution that an attempt is named after."""
    score = ticket.connection.zscore(
        ticket.started_job_registry.key, f"{ticket.id}:{attempt.rpartition('.')[2]}"
    )
    return score is not None and score > time.time()


def queue_name(queue: str, priority: str) -> str:
    """Give the name of the RQ queue that carries a priority."""
    return f"{queue}-{priority}"


def open_queue(client: Redis, queue: str, priority: str) -> RqQueue:
    """Give the RQ queue that carries a priority."""
    return RqQueue(
        queue_name(queue, priority), connection=client, job_class=Ticket, serializer=JSONSerializer
    )


def make_ticket(client: Redis, job_id: str, queue: str, options: QueueOptions) -> Ticket:
    """Give a new ticket, not on any queue yet."""
    ticket = Ticket.create(
        FUNCTION,
        id=job_id,
        connection=client,
        serializer=JSONSerializer,
        description=f"{queue}: {options.handler}",
        timeout=options.timeout_s,
        result_ttl=options.result_ttl_s,
        failure_ttl=options.dead_ttl_s,
    )
    if not isinstance(ticket, Ticket):
        raise TypeError(f"RQ made a {type(ticket).__name__} of a Ticket")
    return ticket
