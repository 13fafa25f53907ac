"""Submits, as the API does them: admit, INSERT, COMMIT, ENQUEUE; and the cancels of some.

The commit is the acceptance. Whatever ENQUEUE says afterwards, the job was accepted and must come to its end.
"""

import hashlib
import heapq
import threading
import time
from collections.abc import Callable, Iterator

from judgeline.chaos.plan import JobPlan, Kind, Submit
from judgeline.outbox import cancel_row
from judgeline.queues.engine import Engine
from judgeline.queues.errors import QueueError, QueueFull, QueueUnavailable
from judgeline.queues.job import NewJob
from judgeline.store import jobs
from judgeline.store.database import Store
from judgeline.store.errors import StoreUnavailable
from judgeline.store.rows import NewJobRow

_AGAIN_S = 0.05
_MOST_TRIES = 20
_THREADS = 3
_LATE_S = 30.0
"""What could not be said in time is said later, but never more of it than this."""


class Counts:
    """What became of the submits; a field is written under the producer's lock."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused = 0
        """Times a full queue said no, nothing was written, and the client came again."""
        self.unreachable = 0
        """Times Redis was away before the commit: the same."""
        self.unsent = 0
        """Accepted, and the producer died before ENQUEUE."""
        self.left = 0
        """Accepted, and ENQUEUE failed or its answer was lost."""
        self.twice = 0
        self.cancels = 0


class Producer:
    """A few threads that submit a plan's jobs, ``rate`` a second."""

    def __init__(self, plan: Iterator[JobPlan], rate: float, store: Store, engine: Engine) -> None:
        self.counts = Counts()
        self.accepted: dict[str, JobPlan] = {}
        """What the store has committed."""
        self.failed: BaseException | None = None
        """What ended a thread that should not have ended."""
        self._plan = plan
        self._every_s = 1 / rate
        self._next_at = 0.0
        self._store = store
        self._engine = engine
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._to_cancel: list[tuple[float, str, int]] = []
        self._submitters = [
            threading.Thread(target=self._guarded, args=(self._submit_all,)) for _ in range(_THREADS)
        ]
        self._canceller = threading.Thread(target=self._guarded, args=(self._cancel_all,))

    def start(self) -> None:
        """Begin."""
        self._next_at = time.monotonic()
        for thread in (*self._submitters, self._canceller):
            thread.start()

    @property
    def done(self) -> bool:
        """Whether the plan is at its end and no cancel is due any more."""
        if any(thread.is_alive() for thread in self._submitters):
            return False
        with self._lock:
            return not self._to_cancel

    def stop(self) -> None:
        """Submit no more, and wait for the threads."""
        self._stopping.set()
        for thread in (*self._submitters, self._canceller):
            if thread.ident is not None:
                thread.join()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the director ends the run with it
            self.failed = error

    def _submit_all(self) -> None:
        while True:
            with self._lock:
                job = next(self._plan, None)
                due = max(self._next_at, time.monotonic() - _LATE_S)
                self._next_at = due + self._every_s
            if job is None or self._stopping.wait(max(0.0, due - time.monotonic())):
                return
            self._submit(job)

    def _submit(self, job: JobPlan) -> None:
        row = NewJobRow(
            id=job.id,
            queue=self._engine.name,
            kind="submission",
            owner="chaos",
            user=job.user,
            priority=job.priority,
            payload=job.payload,
            digest=hashlib.sha256(job.payload).hexdigest(),
        )
        if not (self._admit(row) and self._commit(row, job)):
            return
        if job.submit is Submit.NEVER:
            self._count("unsent")
        else:
            self._enqueue(row)
        if job.submit is Submit.TWICE:
            self._count("twice")
            self._enqueue(row)
        if job.kind is Kind.CANCELLED:  # only now: nobody knows the id before the submit was answered
            with self._lock:
                heapq.heappush(self._to_cancel, (time.monotonic() + job.cancel_ms / 1000, row.id, 0))

    def _admit(self, row: NewJobRow) -> bool:
        """Ask until there is room; False when told to stop before."""
        while not self._stopping.is_set():
            try:
                self._engine.admit(row.priority, row.user, len(row.payload))
            except QueueFull:
                self._count("refused")
            except QueueUnavailable:
                self._count("unreachable")
            else:
                return True
            self._stopping.wait(_AGAIN_S)
        return False

    def _commit(self, row: NewJobRow, job: JobPlan) -> bool:
        unsure = 0
        while not self._stopping.is_set() or 0 < unsure < _MOST_TRIES:
            try:
                with self._store.writer() as connection:
                    jobs.accept(connection, row)
            except StoreUnavailable:  # the same id again: whether it was committed or not, it is one row
                unsure += 1
                time.sleep(_AGAIN_S)
                continue
            with self._lock:
                self.accepted[row.id] = job
                self.counts.accepted += 1
            return True
        return False

    def _enqueue(self, row: NewJobRow) -> None:
        job = NewJob(id=row.id, priority=row.priority, payload=row.payload, user=row.user, admitted=True)
        try:
            self._engine.enqueue([job])
        except QueueError:
            self._count("left")  # to the sweeper

    def _count(self, name: str) -> None:
        with self._lock:
            setattr(self.counts, name, getattr(self.counts, name) + 1)

    def _cancel_all(self) -> None:
        while not self._stopping.is_set():
            due = self._next_cancel()
            if due is None:
                self._stopping.wait(0.01)
                continue
            job_id, tries = due
            try:
                self._cancel(job_id)
            except (QueueUnavailable, StoreUnavailable):
                if tries < _MOST_TRIES:
                    with self._lock:
                        heapq.heappush(self._to_cancel, (time.monotonic() + _AGAIN_S, job_id, tries + 1))
            else:
                self._count("cancels")

    def _next_cancel(self) -> tuple[str, int] | None:
        with self._lock:
            if not self._to_cancel or self._to_cancel[0][0] > time.monotonic():
                return None
            _, job_id, tries = heapq.heappop(self._to_cancel)
            return job_id, tries

    def _cancel(self, job_id: str) -> None:
        """As the API cancels."""
        cancel_row(self._store, self._engine, job_id)
