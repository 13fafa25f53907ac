"""The RQ worker of one priority: works tickets of ours and nothing else."""

import contextlib
import math
import os
import signal
from resource import struct_rusage
from types import FrameType, TracebackType

import msgspec
from redis import Redis
from redis.client import Pipeline
from rq.exceptions import AbandonedJobError
from rq.executions import WORKER_EXECUTIONS_KEY_TEMPLATE, Execution
from rq.job import Job as RqJob
from rq.job import Retry
from rq.queue import Queue as RqQueue
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.worker_registration import REDIS_WORKER_KEYS, WORKERS_BY_QUEUE_KEY, register

from judgeline.descendants import adopt_orphans, kill_children_since
from judgeline.parent import die_with
from judgeline.queues.connect import command_client
from judgeline.queues.rq.end import read_end
from judgeline.queues.rq.ledger import Ledger, Stopped
from judgeline.queues.rq.obedience import ObedientWorker
from judgeline.queues.rq.task import Books, Task, Workplace
from judgeline.queues.rq.tickets import GRACE_MS, Refused, Ticket, attempt_name, open_queue

WORKER_TTL_S = 30
"""RQ waits half of this in one BLMOVE, and keeps the worker's key a minute longer."""
HEARTBEAT_S = 10
MAINTENANCE_S = 30
"""How often what dead workers left is looked for; RQ's own ten minutes are long for a mail."""


class QueueWorker(ObedientWorker):
    """Worker of RQ with eight differences.

    It runs nothing but tickets; what becomes of an attempt that had no ending is decided by the queue's own
    rules (crashes, backoff, dead letters); an attempt that was given up meanwhile leaves its ticket to the
    one that has it now; its horse dies with it; a cancel, and a second SIGTERM, have the horse end its job
    rather than killing it in the middle; nothing that a job started outlives its horse; it keeps to the
    queue's pauses; and it outlives an emptied Redis.
    """

    max_connection_wait_time = 2.0
    """RQ would sleep for up to a minute after Redis is back."""

    def __init__(self, place: Workplace, priority: str, name: str, connection: Redis) -> None:
        super().__init__(
            place.queue,
            priority,
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
        self._end: dict[str, object] = {}

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Show a sign of life; register again with a Redis that was emptied, as RQ does at birth alone."""
        super().heartbeat(timeout, pipeline)
        if pipeline is None and not self.connection.hexists(self.key, "birth"):
            self.connection.hset(self.key, mapping=self.serialize())
            register(self)

    def main_work_horse(self, job: RqJob, queue: RqQueue) -> None:
        """Be the horse: die with the worker, and work the ticket."""
        die_with(self.pid or 0)
        books = Books.open(self._place, command_client(self._place.redis_url))
        self._task = Task(self._place, self._attempt_name(self.execution), books)
        if isinstance(job, Ticket):
            job.task = self._task
        super().main_work_horse(job, queue)

    def monitor_work_horse(self, job: RqJob, queue: RqQueue, execution: Execution) -> None:
        """Watch the horse until it has ended, then kill what its job has left: it came to us."""
        adopt_orphans()
        super().monitor_work_horse(job, queue, execution)
        kill_children_since(float("-inf"))

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

    def handle_work_horse_killed(
        self, job: RqJob, retpid: int | None, ret_val: int | None, rusage: struct_rusage | None
    ) -> None:
        """Note how the horse died; kill what it had started and left."""
        del job
        if retpid:
            with contextlib.suppress(OSError):
                os.killpg(retpid, signal.SIGKILL)
        if ret_val is not None and rusage is not None:
            self._end = read_end(ret_val, rusage)

    def handle_job_success(
        self,
        job: RqJob,
        queue: RqQueue,
        started_job_registry: StartedJobRegistry,
        execution: Execution,
    ) -> None:
        """Have RQ end a ticket whose job has ended, if it still is this attempt's."""
        if self._is_superseded(job, execution):
            self._let_go(job, execution)
        else:
            super().handle_job_success(job, queue, started_job_registry, execution)

    def handle_job_retry(
        self,
        job: RqJob,
        queue: RqQueue,
        retry: Retry,
        started_job_registry: StartedJobRegistry,
        execution: Execution,
    ) -> None:
        """Have RQ put a ticket back, if it still is this attempt's."""
        if self._is_superseded(job, execution):
            self._let_go(job, execution)
        else:
            super().handle_job_retry(job, queue, retry, started_job_registry, execution)

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
        if self._is_superseded(job, execution):
            self._let_go(job, execution)
            return
        how = "cancelled" if self._stopped_job_id == job.id else "crashes"
        worker = self._attempt_name(execution)
        end, self._end = self._end, {}
        evidence = msgspec.json.encode({"worker": worker, **end, "said": exc_string[-8_192:]})
        stopped = self._ledger.stopped(job.id, worker, how, "its worker died", evidence)
        if execution is not None and not stopped.ours:
            self._let_go(job, execution)
            return
        if execution is None and self._is_elsewhere(job, queue, stopped):
            return
        follow(job, stopped)
        super().handle_job_failure(job, queue, started_job_registry, exc_string, execution)

    def _is_superseded(self, job: RqJob, execution: Execution | None) -> bool:
        """Whether the attempt was given up meanwhile: its ticket is on the queue, or another one works it.

        What RQ would do with that ticket now it would do to the other's: called finished or failed, it is
        not looked for when the other's worker dies.
        """
        if execution is None:
            return False
        if self._task is not None and self._task.superseded:
            return True
        return self.connection.zscore(job.started_job_registry.key, execution.composite_key) is None

    def _is_elsewhere(self, job: RqJob, queue: RqQueue, stopped: Stopped) -> bool:
        """Whether a ticket that was found taken and never begun is an old note of one that came again."""
        if stopped.state is None:
            return False
        waits = self.connection.lpos(queue.key, job.id) is not None
        scheduled = self.connection.zscore(queue.scheduled_job_registry.key, job.id) is not None
        return stopped.state.terminal or waits or scheduled

    def _let_go(self, job: RqJob, execution: Execution | None) -> None:
        with self.connection.pipeline() as pipeline:
            self.cleanup_execution(job, pipeline, execution)
            pipeline.execute()

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
            evidence = msgspec.json.encode({"worker": job.worker_name})
            follow(job, self._ledger.stopped(job.id, "", "lost", "its worker went silent", evidence))
            self._forget_if_silent(job.worker_name)

    def _forget_if_silent(self, name: str | None) -> None:
        """Strike a worker off that is heard no more; one that was only slow registers anew."""
        key = f"{self.redis_worker_namespace_prefix}{name}"
        if name and self.connection.pttl(key) < GRACE_MS:
            with self.connection.pipeline() as pipeline:
                pipeline.srem(REDIS_WORKER_KEYS, key)
                for queue in self.queues:
                    pipeline.srem(WORKERS_BY_QUEUE_KEY % queue.name, key)
                pipeline.delete(key, WORKER_EXECUTIONS_KEY_TEMPLATE.format(name))
                pipeline.execute()

    def _attempt_name(self, execution: Execution | None) -> str:
        return attempt_name(self.name, execution.id) if execution else ""


def follow(job: RqJob, stopped: Stopped) -> None:
    """Set a ticket's retries so that RQ does with it what was decided for its job."""
    if stopped.comes_again:
        job.enqueue_at_front_on_retry = True  # it had its turn, and lost it by no fault of its own
        job.retries_left = 1
        job.retry_intervals = [math.ceil(stopped.wait_s)]
    else:
        job.retries_left = 0
