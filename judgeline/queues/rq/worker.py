"""The RQ worker of one priority: works tickets of ours and nothing else."""

import math
import signal
from types import FrameType, TracebackType

import msgspec
from redis import Redis
from redis.client import Pipeline
from rq.exceptions import AbandonedJobError
from rq.executions import Execution
from rq.job import Job as RqJob
from rq.queue import Queue as RqQueue
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.worker import Worker
from rq.worker_registration import register

from judgeline.parent import die_with
from judgeline.queues.rq.ledger import Ledger, Stopped
from judgeline.queues.rq.task import Task, Workplace
from judgeline.queues.rq.tickets import Refused, Ticket, attempt_name, open_queue

WORKER_TTL_S = 30
"""RQ waits half of this in one BLMOVE, and keeps the worker's key a minute longer."""
HEARTBEAT_S = 10
MAINTENANCE_S = 30
"""How often what dead workers left is looked for; RQ's own ten minutes are long for a mail."""


class QueueWorker(Worker):
    """Worker of RQ with five differences.

    It runs nothing but tickets; what becomes of an attempt that had no ending is decided by the queue's own
    rules (crashes, backoff, dead letters); its horse dies with it; a second SIGTERM has the horse give
    its job back rather than killing it in the middle; and it outlives an emptied Redis.
    """

    max_connection_wait_time = 2.0
    """RQ would sleep for up to a minute after Redis is back."""

    def __init__(self, place: Workplace, priority: str, name: str, connection: Redis) -> None:
        super().__init__(
            [open_queue(connection, place.queue, priority)],
            name=name,
            connection=connection,
            job_class=Ticket,
            serializer=JSONSerializer,
            exception_handlers=[self._on_exception],
            worker_ttl=WORKER_TTL_S,
            job_monitoring_interval=HEARTBEAT_S,
            maintenance_interval=MAINTENANCE_S,
            log_job_description=False,
        )
        self._place = place
        self._ledger = Ledger(connection, place.queue, place.options)
        self._task: Task | None = None

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Show a sign of life; register again with a Redis that was emptied, as RQ does at birth alone."""
        super().heartbeat(timeout, pipeline)
        if pipeline is None and not self.connection.hexists(self.key, "birth"):
            self.connection.hset(self.key, mapping=self.serialize())
            register(self)

    def main_work_horse(self, job: RqJob, queue: RqQueue) -> None:
        """Be the horse: die with the worker, and work the ticket."""
        die_with(self.pid or 0)
        self._task = Task(self._place, self._attempt_name(self.execution))
        if isinstance(job, Ticket):
            job.task = self._task
        super().main_work_horse(job, queue)

    def setup_work_horse_signals(self) -> None:
        """In the horse: Ctrl-C is the worker's, SIGTERM asks to give the job back."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if self._task is not None:
            signal.signal(signal.SIGTERM, self._task.give_back)

    def prepare_job_execution(self, job: RqJob, remove_from_intermediate_queue: bool = False) -> None:  # noqa: FBT001, FBT002 - RQ's
        """Let RQ note the start, then refuse what is no ticket. Raises Refused."""
        super().prepare_job_execution(job, remove_from_intermediate_queue)
        refusal = job.refusal() if isinstance(job, Ticket) else "it is no ticket"
        if refusal:
            raise Refused(f"not run: {refusal}")

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """A second SIGTERM or Ctrl-C: have the horse give its job back, and end when it has."""
        del signum, frame
        if self.horse_pid:
            self.kill_horse(signal.SIGTERM)

    def handle_job_failure(
        self,
        job: RqJob,
        queue: RqQueue,
        started_job_registry: StartedJobRegistry | None = None,
        exc_string: str = "",
        execution: Execution | None = None,
    ) -> None:
        """Decide what becomes of an attempt without an ending, and have RQ do the same with its ticket.

        Called in the horse for what it raised, in the worker when the horse died, and in maintenance for a
        ticket that was taken and never begun.
        """
        how = "cancelled" if self._stopped_job_id == job.id else "crashes"
        worker = self._attempt_name(execution)
        evidence = msgspec.json.encode({"worker": worker, "said": exc_string[-8_192:]})
        stopped = self._ledger.stopped(job.id, worker, how, "its process died", evidence)
        follow(job, stopped)
        super().handle_job_failure(job, queue, started_job_registry, exc_string, execution)

    def _on_exception(
        self,
        job: RqJob,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Decide for a ticket whose worker went silent: RQ asks nobody but its exception handlers."""
        del error, trace
        if kind is AbandonedJobError:
            follow(job, self._ledger.stopped(job.id, "", "lost", "its worker went silent"))

    def _attempt_name(self, execution: Execution | None) -> str:
        return attempt_name(self.name, execution.id) if execution else ""


def follow(job: RqJob, stopped: Stopped) -> None:
    """Set a ticket's retries so that RQ does with it what was decided for its job."""
    if stopped.comes_again:
        job.retries_left = 1
        job.retry_intervals = [math.ceil(stopped.wait_s)]
    else:
        job.retries_left = 0
