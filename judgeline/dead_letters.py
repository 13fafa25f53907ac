"""Dead letters that have a row in the store: putting one back is a matter of both, in this order."""

from judgeline.queues.engine import Engine
from judgeline.queues.errors import UnknownJob
from judgeline.queues.job import Job, JobState
from judgeline.store import jobs
from judgeline.store.database import Store


def find_dead(engine: Engine, job_id: str) -> Job:
    """Give a dead letter with its evidence and payload. Raises UnknownJob."""
    job = engine.look(job_id)
    if job is None or job.state is not JobState.DEAD:
        raise UnknownJob(f"there is no dead letter {job_id} on queue {engine.name}")
    return job


def requeue_dead(store: Store, engine: Engine, job_id: str) -> None:
    """Put a dead letter back on its priority, its counters at zero. Raises UnknownJob.

    The row first: should the requeue never come, the sweeper records the dead letter anew.
    """
    find_dead(engine, job_id)
    with store.writer() as connection:
        jobs.reopen(connection, job_id)
    engine.requeue(job_id)
