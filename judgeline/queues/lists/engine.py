"""The side of a queue that everybody uses: fill it, watch it, steer it."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from redis import Redis

from judgeline.queues.engine import Cancelled, PriorityStats, QueueStats, WorkerView
from judgeline.queues.errors import JobConflict, QueueError, QueueUnavailable, UnknownJob
from judgeline.queues.job import Enqueued, Job, JobState, NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists.guard import SERVER_ERRORS, server_errors, unavailable
from judgeline.queues.lists.replies import histogram_from, job_from, paired, text_of
from judgeline.queues.lists.scripts import Scripts
from judgeline.queues.lists.settings import settings_of
from judgeline.queues.options import QueueOptions
from judgeline.queues.rules import (
    MAX_BATCH,
    MAX_LOOKED_UP,
    check_count,
    digest_of,
    known_priorities,
    queue_full,
    refusal_of,
    start_of,
    too_far_ahead,
)

INTERNAL_TOTALS = frozenset({b"told", b"by_hand", b"looked"})


class ListsEngine:
    """A queue on Redis lists. Safe to share between threads, not across a fork.

    ``agreed`` is called before the first job is put there, and may refuse.
    """

    def __init__(
        self,
        client: Redis,
        name: str,
        options: QueueOptions,
        *,
        tag: str = "",
        agreed: Callable[[], None] | None = None,
    ) -> None:
        self._client = client
        self._agreed = agreed
        self._name = name
        self._options = options
        self._keys = Keys(tag or name)
        self._scripts = Scripts(client, self._keys.prefix, settings_of(options))

    @property
    def name(self) -> str:
        """The queue's name."""
        return self._name

    @property
    def options(self) -> QueueOptions:
        """What the queue was made with."""
        return self._options

    def enqueue(self, jobs: Sequence[NewJob]) -> list[Enqueued]:
        """Put jobs on the queue, at most 100 a call, in one step."""
        check_count(len(jobs), MAX_BATCH)
        if self._agreed is not None:
            self._agreed()
            self._agreed = None
        arguments: list[str | bytes | int] = []
        refusal: QueueError | None = None
        for job in jobs:
            refusal = refusal_of(job, self._name, self._options)
            if refusal:
                break
            arguments += (job.id, job.priority, job.user, job.payload, digest_of(job.payload))
            arguments += (job.attempts, start_of(job), "1" if job.admitted else "")
        enqueued: list[Enqueued] = []
        answers = self._put(arguments) if arguments else []
        for job, answer in zip(jobs, answers, strict=False):
            if answer[0] == b"full":
                raise queue_full(self._name, text_of(answer[1]), answer[2], answer[3])
            if answer[0] == b"conflict":
                raise JobConflict(f"job {job.id} is on queue {self._name} with another payload")
            if answer[0] == b"far":
                raise too_far_ahead(job.id)
            enqueued.append(Enqueued(id=job.id, new=answer[0] == b"new", state=JobState(answer[1].decode())))
        if refusal:
            raise refusal
        return enqueued

    def _put(self, arguments: list[str | bytes | int]) -> Any:
        if self._options.durability != "replica":
            return self._run("enqueue", *arguments)
        with server_errors(self._name):
            answers, confirmed = self._scripts.run_confirmed("enqueue", *arguments)
        if not confirmed:
            raise QueueUnavailable(
                f"queue {self._name}: no replica has confirmed the jobs in time; they may be on the queue, "
                "and the same again puts none there twice"
            )
        return answers

    def admit(self, priority: str, user: str, payload_bytes: int) -> None:
        """Raise QueueFull if such a job would be refused now, QueueUnavailable if the server is full."""
        self._check_room(priority, user, payload_bytes)

    def _check_room(self, priority: str, user: str, payload_bytes: int, *, admitted: bool = False) -> None:
        known_priorities(priority, self._name, self._options)
        if full := self._run("admit", priority, user, payload_bytes, "1" if admitted else ""):
            raise queue_full(self._name, text_of(full[0]), full[1], full[2])

    def look(self, job_id: str) -> Job | None:
        """Give a job as it stands, or None."""
        with server_errors(self._name):
            reply = self._scripts.ask("HGETALL", self._keys.job(job_id))
        fields = reply if isinstance(reply, dict) else paired(reply)  # RESP3 has maps, RESP2 has not
        return job_from(job_id, fields) if b"state" in fields else None

    def exists(self, job_ids: Sequence[str]) -> list[JobState | None]:
        """Give the state of each of at most 1,000 jobs."""
        check_count(len(job_ids), MAX_LOOKED_UP)
        with server_errors(self._name), self._client.pipeline(transaction=False) as pipeline:
            for job_id in job_ids:
                pipeline.hget(self._keys.job(job_id), "state")
            states = pipeline.execute()
        return [JobState(state.decode()) if state else None for state in states]

    def position(self, job_id: str) -> int | None:
        """About how many jobs start before this waiting one."""
        position = self._run("position", job_id)
        return None if position is None else int(position)

    def cancel(self, job_id: str) -> Cancelled:
        """Take a waiting job off, or flag a running one."""
        found = self._run("cancel", job_id)
        if found is None:
            raise UnknownJob(f"queue {self._name} knows no job {job_id}")
        return Cancelled(found.decode())

    def stats(self) -> QueueStats:
        """Give depth, ages, workers and counters."""
        rows, (running, delayed, dead, unrecorded, workers, drained, closed, arrived), totals = self._run(
            "stats"
        )
        counted = paired(totals)
        return QueueStats(
            priorities={
                text_of(name): PriorityStats(
                    queued=queued,
                    queued_bytes=queued_bytes,
                    oldest_ms=oldest,
                    paused=bool(paused),
                    weight=self._options.priorities[text_of(name)].weight,
                )
                for name, queued, queued_bytes, oldest, paused in rows
            },
            running=running,
            delayed=delayed,
            dead=dead,
            unrecorded=unrecorded,
            workers=workers,
            drain_per_s=drained / 60,
            arrive_per_s=arrived / 60,
            closed=bool(closed),
            totals={
                text_of(total): int(value)
                for total, value in counted.items()
                if total not in INTERNAL_TOTALS and b":" not in total
            },
            waits={name: histogram_from(counted, f"wait:{name}") for name in self._options.priorities},
            runs=histogram_from(counted, "run"),
        )

    def workers(self) -> list[WorkerView]:
        """Give the workers the queue knows, with what they hold."""
        return [
            WorkerView(name=text_of(name), lease_ms=lease, jobs=[text_of(job_id) for job_id in held])
            for name, lease, held in self._run("workers")
        ]

    def pause(self, priority: str | None = None) -> None:
        """Stop claims from one priority, or from all."""
        self._run("pause", "pause", *known_priorities(priority, self._name, self._options))

    def resume(self, priority: str | None = None) -> None:
        """Undo ``pause``."""
        self._run("pause", "resume", *known_priorities(priority, self._name, self._options))

    def shut(self) -> None:
        """Take no new jobs in."""
        self._run("pause", "close")

    def reopen(self) -> None:
        """Undo ``shut``."""
        self._run("pause", "open")

    def dead(self, *, after: str = "", limit: int = 100) -> list[Job]:
        """Give dead letters, newest first, a page after the id ``after``; payloads only ``look`` gives."""
        return self._page("dead", after, limit)

    def requeue(self, job_id: str) -> None:
        """Put a dead letter back on its priority with its failures and crashes at zero."""
        if not self._run("requeue", job_id):
            raise UnknownJob(f"queue {self._name} has no dead letter {job_id}")

    def forget(self, job_id: str) -> None:
        """Drop a dead letter for good."""
        if not self._run("forget", job_id):
            raise UnknownJob(f"queue {self._name} has no dead letter {job_id}")

    def unrecorded(self, limit: int = 100) -> list[Job]:
        """Give ended jobs that no store has yet, oldest first; payloads only of jobs LPUSHed by hand."""
        return self._page("unrecorded", "", limit)

    def _page(self, which: str, after: str, limit: int) -> list[Job]:
        return [
            job_from(text_of(job_id), paired(fields))
            for job_id, fields in self._run("ended", which, after, limit)
        ]

    def settle(self, ended: Sequence[Job]) -> None:
        """Say that the store has these ends: the TTL of their jobs starts."""
        check_count(len(ended), MAX_BATCH)
        if ended:
            self._run("settle", *(part for job in ended for part in (job.id, job.attempt, job.state.value)))

    def mark_epoch(self) -> bool:
        """Set the queue's epoch marker; True if it was missing."""
        return bool(self._run("epoch", uuid.uuid4().hex))

    def channel(self, job_id: str) -> str:
        """The sharded pub/sub channel of a job's events."""
        return self._keys.events(job_id)

    def _run(self, script: str, *arguments: str | bytes | int) -> Any:
        try:  # what ``server_errors`` does, without the microsecond that a context costs
            return self._scripts.run(script, *arguments)
        except SERVER_ERRORS as error:
            raise unavailable(self._name, error) from error
