"""Dead letters: which of them are meant, and putting them back: a matter of store, then queue."""

from collections.abc import Iterator, Sequence

import msgspec

from judgeline.queues.engine import Engine
from judgeline.queues.errors import UnknownJob
from judgeline.queues.job import Job, JobState
from judgeline.store import jobs
from judgeline.store.database import Store

MAX_MOVED = 100
"""Dead letters that one call of ``requeue_all`` or ``forget_all`` takes."""
MAX_SEARCHED = 2_000
"""Dead letters that one call of ``search`` looks at: it may have to answer a request."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which dead letters are meant: all that fit everything that is said."""

    reason: str = ""
    """A part of the reason, whatever its case."""
    user: str | None = None
    priority: str | None = None
    since_ms: int | None = None
    """Died then or later; Unix milliseconds."""
    before_ms: int | None = None
    """Died earlier than then."""

    def fits(self, letter: Job) -> bool:
        """Whether a dead letter is meant."""
        return (
            self.reason.casefold() in letter.reason.casefold()
            and (self.user is None or self.user == letter.user)
            and (self.priority is None or self.priority == letter.priority)
            and (self.since_ms is None or letter.finished_ms >= self.since_ms)
            and (self.before_ms is None or letter.finished_ms < self.before_ms)
        )


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found, before it reached its bounds or the end."""

    ids: list[str]
    after: str
    """Where to go on when these are gone: the last id that was looked at and is not among them."""
    more: bool


def every_dead(engine: Engine, *, after: str = "") -> Iterator[Job]:
    """Give dead letters, newest first, page by page: an engine gives as few at once as suits it.

    Each once: where the letter that a page ends with is gone by the next one, the engine begins anew.
    """
    given: set[str] = set()
    while page := engine.dead(after=after, limit=100):
        yield from (letter for letter in page if letter.id not in given)
        given.update(letter.id for letter in page)
        after = page[-1].id


def search(engine: Engine, wanted: Wanted, *, after: str = "", limit: int = MAX_MOVED) -> Found:
    """Find at most ``limit`` of the dead letters that are meant, newest first, after the id ``after``."""
    ids: list[str] = []
    for number, letter in enumerate(every_dead(engine, after=after)):
        if wanted.since_ms is not None and letter.finished_ms < wanted.since_ms:
            break
        if len(ids) == limit or number == MAX_SEARCHED:
            return Found(ids=ids, after=after, more=True)
        if wanted.fits(letter):
            ids.append(letter.id)
        else:
            after = letter.id
    return Found(ids=ids, after=after, more=False)


def find_dead(engine: Engine, job_id: str) -> Job:
    """Give a dead letter with its evidence and payload. Raises UnknownJob."""
    job = engine.look(job_id)
    if job is None or job.state is not JobState.DEAD:
        raise UnknownJob(f"there is no dead letter {job_id} on queue {engine.name}")
    return job


def requeue_dead(store: Store | None, engine: Engine, job_id: str) -> None:
    """Put a dead letter back on its priority, its counters at zero. Raises UnknownJob."""
    find_dead(engine, job_id)
    _requeue(store, engine, [job_id])


def requeue_all(store: Store | None, engine: Engine, job_ids: Sequence[str]) -> int:
    """Put at most 100 dead letters back, in this order; give how many. What is none any more is left out."""
    states = engine.exists(job_ids)
    dead = [job_id for job_id, state in zip(job_ids, states, strict=True) if state is JobState.DEAD]
    return _requeue(store, engine, dead, strict=False)


def _requeue(store: Store | None, engine: Engine, job_ids: Sequence[str], *, strict: bool = True) -> int:
    """The rows first: should the requeue never come, the sweeper records the dead letter anew."""
    if store is not None and job_ids:
        with store.writer() as connection:
            for job_id in job_ids:
                jobs.reopen(connection, job_id)
    moved = 0
    for job_id in job_ids:
        try:
            engine.requeue(job_id)
            moved += 1
        except UnknownJob:  # somebody else was faster
            if strict:
                raise
    return moved


def forget_all(engine: Engine, job_ids: Sequence[str]) -> int:
    """Drop dead letters for good; give how many. What is none any more is left out."""
    moved = 0
    for job_id in job_ids:
        try:
            engine.forget(job_id)
            moved += 1
        except UnknownJob:
            continue
    return moved
