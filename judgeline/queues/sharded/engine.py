"""The side of a sharded queue that everybody uses."""

import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

from judgeline.queues.engine import Cancelled, Engine, QueueStats, WorkerView
from judgeline.queues.errors import QueueUnavailable, UnknownJob
from judgeline.queues.job import Enqueued, Job, JobState, NewJob
from judgeline.queues.options import QueueOptions
from judgeline.queues.rules import MAX_BATCH, MAX_LOOKED_UP, check_count
from judgeline.queues.sharded.merge import merged_stats, merged_workers
from judgeline.queues.sharded.shards import Shards
from judgeline.queues.sharded.split import shard_of

_T = TypeVar("_T")


class ShardedEngine:
    """A queue in parts. ``agreed`` is called before the first job is put there, and may refuse."""

    def __init__(
        self,
        name: str,
        options: QueueOptions,
        shards: Sequence[Engine],
        agreed: Callable[[], None] = lambda: None,
    ) -> None:
        self._name = name
        self._options = options
        self._shards = Shards(name, shards)
        self._agreed: Callable[[], None] | None = agreed
        self._turn = itertools.count()
        self._found: dict[str, int] = {}
        """Ended job -> its shard, of the last page of them: one that came in by hand may be in any."""

    @property
    def name(self) -> str:
        """The queue's name."""
        return self._name

    @property
    def options(self) -> QueueOptions:
        """What the queue was made with."""
        return self._options

    @property
    def shards(self) -> tuple[Engine, ...]:
        """Its parts, each a queue by itself."""
        return self._shards.all

    def home(self, job_id: str) -> int:
        """Give the number of a job's shard."""
        return shard_of(job_id, len(self._shards))

    def enqueue(self, jobs: Sequence[NewJob]) -> list[Enqueued]:
        """Put jobs on the queue, at most 100 a call; one step and one round trip a shard.

        A refusal holds for the jobs behind it on the same shard only.
        """
        check_count(len(jobs), MAX_BATCH)
        if self._agreed is not None:
            self._agreed()
            self._agreed = None
        parts: dict[int, list[NewJob]] = {}
        for job in jobs:
            parts.setdefault(self.home(job.id), []).append(job)
        answers = self._shards.ask_parts(parts, lambda shard, part: shard.enqueue(part))
        told = {index: iter(answer) for index, answer in answers.items()}
        return [next(told[self.home(job.id)]) for job in jobs]

    def admit(self, priority: str, user: str, payload_bytes: int) -> None:
        """Raise QueueFull if such a job would be refused now by one of the shards, each asked in its turn."""
        start, error = next(self._turn), None
        for step in range(len(self._shards)):
            index = (start + step) % len(self._shards)
            if self._shards.away(index) and step < len(self._shards) - 1:
                continue
            try:
                return self._shards.ask(index, lambda shard: shard.admit(priority, user, payload_bytes))
            except QueueUnavailable as failure:
                error = failure
        raise error or QueueUnavailable(f"queue {self._name}: no shard answers")

    def look(self, job_id: str) -> Job | None:
        """Give a job as it stands, or None; one that was LPUSHed by hand may be in any shard."""
        for index in self._places(job_id):
            if (job := self._shards.ask(index, lambda shard: shard.look(job_id))) is not None:
                return job
        return None

    def exists(self, job_ids: Sequence[str]) -> list[JobState | None]:
        """Give the state of each of at most 1,000 jobs; one round trip a shard."""
        check_count(len(job_ids), MAX_LOOKED_UP)
        parts: dict[int, list[str]] = {}
        for job_id in job_ids:
            parts.setdefault(self.home(job_id), []).append(job_id)
        answers = self._shards.ask_parts(parts, lambda shard, part: shard.exists(part))
        told = {index: iter(answer) for index, answer in answers.items()}
        return [next(told[self.home(job_id)]) for job_id in job_ids]

    def position(self, job_id: str) -> int | None:
        """About how many jobs start before this waiting one: as many in each shard as in its own."""
        position = self._shards.ask(self.home(job_id), lambda shard: shard.position(job_id))
        return None if position is None else position * len(self._shards)

    def cancel(self, job_id: str) -> Cancelled:
        """Take a waiting job off, or flag a running one."""
        return self._wherever(job_id, lambda shard: shard.cancel(job_id))

    def requeue(self, job_id: str) -> None:
        """Put a dead letter back on its priority with its failures and crashes at zero."""
        self._wherever(job_id, lambda shard: shard.requeue(job_id))

    def forget(self, job_id: str) -> None:
        """Drop a dead letter for good."""
        self._wherever(job_id, lambda shard: shard.forget(job_id))

    def stats(self) -> QueueStats:
        """Give depth, ages, workers and counters of all shards together. Raises where one is away."""
        return merged_stats(self._shards.ask_all(lambda shard: shard.stats()))

    def workers(self) -> list[WorkerView]:
        """Give the workers that any shard knows, with what they hold."""
        return merged_workers([views for _, views in self._shards.ask_each(lambda shard: shard.workers())])

    def pause(self, priority: str | None = None) -> None:
        """Stop claims from one priority, or from all."""
        self._shards.ask_all(lambda shard: shard.pause(priority))

    def resume(self, priority: str | None = None) -> None:
        """Undo ``pause``."""
        self._shards.ask_all(lambda shard: shard.resume(priority))

    def shut(self) -> None:
        """Take no new jobs in."""
        self._shards.ask_all(lambda shard: shard.shut())

    def reopen(self) -> None:
        """Undo ``shut``."""
        self._shards.ask_all(lambda shard: shard.reopen())

    def dead(self, *, after: str = "", limit: int = 100) -> list[Job]:
        """Give dead letters, newest first, a page after the id ``after``.

        A shard knows no place of another's job, so each is read from its newest down to there.
        """
        last = self.look(after) if after else None
        before = (last.finished_ms, last.id) if last is not None and last.state is JobState.DEAD else None
        found = [
            job
            for _, page in self._shards.ask_each(lambda shard: _dead_before(shard, before, limit))
            for job in page
        ]
        return sorted(found, key=_age, reverse=True)[:limit]

    def unrecorded(self, limit: int = 100) -> list[Job]:
        """Give ended jobs that no store has yet, oldest first, of the shards that answer."""
        places: dict[str, int] = {}
        found: list[Job] = []
        for index, page in self._shards.ask_each(lambda shard: shard.unrecorded(limit)):
            found += page
            places.update((job.id, index) for job in page)
        self._found = places
        return sorted(found, key=_age)[:limit]

    def settle(self, ended: Sequence[Job]) -> None:
        """Say that the store has these ends: the TTL of their jobs starts."""
        check_count(len(ended), MAX_BATCH)
        parts: dict[int, list[Job]] = {}
        for job in ended:
            parts.setdefault(self._found.get(job.id, self.home(job.id)), []).append(job)
        self._shards.ask_parts(parts, lambda shard, part: shard.settle(part))

    def mark_epoch(self) -> bool:
        """Set the epoch marker of each shard that answers; True if one was missing."""
        missing = [was for _, was in self._shards.ask_each(lambda shard: shard.mark_epoch())]
        return any(missing)

    def channel(self, job_id: str) -> str:
        """The sharded pub/sub channel of a job's events."""
        return self._shards.all[self.home(job_id)].channel(job_id)

    def _places(self, job_id: str) -> list[int]:
        home = self.home(job_id)
        return [home, *(index for index in range(len(self._shards)) if index != home)]

    def _wherever(self, job_id: str, what: Callable[[Engine], _T]) -> _T:
        """Do it where the job is: at its home, but what was LPUSHed by hand may be in any shard."""
        unknown = UnknownJob(f"queue {self._name} knows no job {job_id}")
        for index in self._places(job_id):
            try:
                return self._shards.ask(index, what)
            except UnknownJob as error:
                if index == self.home(job_id):
                    unknown = error
        raise unknown


def _age(job: Job) -> tuple[int, str]:
    return job.finished_ms, job.id


def _dead_before(shard: Engine, before: tuple[int, str] | None, limit: int) -> list[Job]:
    found: list[Job] = []
    after = ""
    while len(found) < limit:
        page = shard.dead(after=after, limit=100)
        found += [job for job in page if before is None or _age(job) < before]
        if not page or page[-1].id == after:
            break
        after = page[-1].id
    return found
