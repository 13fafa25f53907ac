"""From the queue into the store: at most a hundred ended jobs, one transaction, then SETTLE.

Killed between the two, the next recorder finds the same jobs, changes no row and settles them.
"""

from collections.abc import Sequence

from judgeline.queues.engine import Engine
from judgeline.queues.job import Job
from judgeline.store.database import Store
from judgeline.store.recording import MAX_RECORDED, record


def record_ended(store: Store, engine: Engine) -> int:
    """Record the oldest ended jobs that the store has not; how many there were (MAX_RECORDED: maybe more).

    Raises QueueUnavailable, StoreUnavailable; what was left undone is found again.
    """
    ended = engine.unrecorded(MAX_RECORDED)
    if ended:
        record_jobs(store, engine, ended)
    return len(ended)


def record_jobs(store: Store, engine: Engine, ended: Sequence[Job]) -> None:
    """Record at most MAX_RECORDED jobs, and settle them once that is committed."""
    with store.writer() as connection:
        record(connection, engine.name, ended)
    engine.settle(ended)
