"""Closing a queue and waiting until it is empty."""

import time
from collections.abc import Callable

import msgspec

from judgeline.queues.engine import Engine
from judgeline.store import jobs
from judgeline.store.database import Store


class Remaining(msgspec.Struct, frozen=True, kw_only=True):
    """What is still to be done."""

    waiting: int
    running: int
    delayed: int
    unrecorded: int
    """Ended, and their results not in the database yet: no recorder runs, or it is behind."""
    pending: int
    """Rows of the database that are accepted and not recorded; all of the above are among them."""
    workers: int
    paused: bool

    @property
    def nothing(self) -> bool:
        """Whether the queue is empty."""
        return not (self.waiting or self.running or self.delayed or self.unrecorded or self.pending)

    def __str__(self) -> str:
        """In words, with what keeps it from getting less."""
        parts = [f"{self.waiting:,} waiting", f"{self.running:,} running", f"{self.delayed:,} delayed"]
        late = max(self.unrecorded, self.pending - self.waiting - self.running - self.delayed)
        if late > 0:
            parts.append(f"{late:,} not recorded")
        if self.waiting and self.paused:
            parts.append("paused")
        elif self.waiting and not self.workers:
            parts.append("no worker")
        return ", ".join(parts)


def remaining(engine: Engine, store: Store | None) -> Remaining:
    """Look. Raises QueueUnavailable, StoreUnavailable."""
    stats = engine.stats()
    pending = 0
    if store is not None:
        with store.reader() as connection:
            pending = jobs.count_pending(connection).get(engine.name, 0)
    return Remaining(
        waiting=sum(priority.queued for priority in stats.priorities.values()),
        running=stats.running,
        delayed=stats.delayed,
        unrecorded=stats.unrecorded if engine.options.store else 0,
        pending=pending,
        workers=stats.workers,
        paused=all(priority.paused for priority in stats.priorities.values()),
    )


def work_off(
    engine: Engine,
    store: Store | None,
    *,
    timeout_s: float | None,
    every_s: float,
    told: Callable[[Remaining], None],
) -> Remaining:
    """Wait until a queue that was shut is empty, or the time is up; give what remains.

    It stays closed either way. Dead letters stay, too: they wait for a person. ``told`` hears each look.
    Empty is what was seen empty twice: a submit may have been let in just before, and be on its way.
    """
    until = None if timeout_s is None else time.monotonic() + timeout_s
    before = False
    while True:
        left = remaining(engine, store)
        told(left)
        now = time.monotonic()
        if (left.nothing and before) or (until is not None and now >= until):
            return left
        before = left.nothing
        time.sleep(every_s if until is None else max(0.0, min(every_s, until - now)))
