"""A worker of RQ that keeps to the pauses of its queue, and whose horse ends a job that was cancelled."""

import os
import signal
import threading
import time
from typing import Any

from redis.exceptions import RedisError
from rq.command import parse_payload
from rq.executions import Execution
from rq.job import Job as RqJob
from rq.queue import Queue as RqQueue
from rq.worker import Worker

from judgeline.queues.keys import Keys
from judgeline.queues.rq.tickets import CANCEL

OBEY_S = 5.0
"""How long a horse may take to end a cancelled job before it is killed."""
_PAUSED_S = 1.0


class ObedientWorker(Worker):
    """Takes nothing from a paused priority; ends what was cancelled, by force where a word does not help."""

    def __init__(self, queue: str, priority: str, queues: list[RqQueue], **more: Any) -> None:
        super().__init__(queues, **more)
        self._keys = Keys(queue)
        self._priority = priority
        self._force: threading.Timer | None = None

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[RqJob, RqQueue] | None:
        """Take a ticket, as RQ does, but none while the queue is paused. ``timeout`` None: do not wait."""
        while True:
            while self._is_paused():
                if timeout is None:
                    return None
                self.heartbeat()
                if self.should_run_maintenance_tasks:
                    self.run_maintenance_tasks()  # type: ignore[no-untyped-call] # RQ left it untyped
                time.sleep(_PAUSED_S)
            taken = super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)
            if taken is None or not self._is_paused():
                return taken
            self._put_back(*taken)  # it was waiting for one when the pause came

    def _is_paused(self) -> bool:
        try:
            return bool(self.connection.sismember(self._keys.named("paused"), self._priority))
        except RedisError:
            return False  # RQ has its own way to wait for its server

    def _put_back(self, job: RqJob, queue: RqQueue) -> None:
        with self.connection.pipeline() as pipeline:
            pipeline.lpush(queue.key, job.id)
            pipeline.lrem(queue.intermediate_queue_key, 1, job.id)
            pipeline.execute()

    def execute_job(self, job: RqJob, queue: RqQueue) -> None:
        """Work one ticket; a word to stop an earlier one that came too late means nothing for it."""
        self._stopped_job_id = None
        try:
            super().execute_job(job, queue)
        finally:
            self._give_up_force()

    def handle_payload(self, message: dict[str, object]) -> None:
        """Obey a command; called by the thread that listens."""
        told = parse_payload(message)
        if told["command"] == CANCEL:
            self._cancel(str(told.get("job_id")))
        else:
            super().handle_payload(message)  # type: ignore[no-untyped-call] # RQ left it untyped

    def maintain_heartbeats(self, job: RqJob, execution: Execution) -> None:
        """Show that the job is worked; see whether it was cancelled and the word of it was lost."""
        super().maintain_heartbeats(job, execution)
        if self.connection.hexists(self._keys.job(job.id), "cancelling"):
            self._cancel(job.id)

    def _cancel(self, job_id: str) -> None:
        """Have the horse end the job, and end it where that does not help."""
        execution = self.execution
        if execution is None or execution.job_id != job_id or not self.horse_pid:
            return
        self.kill_horse(signal.SIGTERM)
        if self._force is None:
            self._force = threading.Timer(OBEY_S, self._use_force, [execution.id])
            self._force.daemon = True
            self._force.start()

    def _use_force(self, execution_id: str) -> None:
        if execution_id in self.executions:
            self.request_stop_execution(execution_id)

    def _give_up_force(self) -> None:
        if self._force is not None:
            self._force.cancel()
            self._force = None

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """Signal the horse and what it has started; the horse alone while it still is in our own group."""
        if not self.horse_pid:
            return
        try:
            if os.getpgid(self.horse_pid) != os.getpgid(0):
                super().kill_horse(sig)
            else:
                os.kill(self.horse_pid, sig)
        except ProcessLookupError:
            return
