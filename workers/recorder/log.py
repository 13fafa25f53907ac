"""What a recorder says, and in which words."""

from typing import Any

import structlog

_log: Any = structlog.get_logger()


def started(queues: list[str], store: str) -> None:
    """A recorder begins."""
    _log.info("recorder started", queues=queues, store=store)


def stopped(recorded: int) -> None:
    """It was told to end."""
    _log.info("recorder stopped", recorded=recorded)


def unfit(reason: str) -> None:
    """It cannot start, and waiting would not help."""
    _log.error("recorder cannot start", reason=reason)


def hindered(reason: str) -> None:
    """Queue or store cannot be reached; said once for each reason."""
    _log.error("cannot record, trying again", reason=reason)


def well_again(seconds: float) -> None:
    """Both are there again."""
    _log.info("recording again", away_s=round(seconds, 1))


def reloaded() -> None:
    """queues.toml was read anew."""
    _log.info("reloaded queues.toml")


def reload_refused(reason: str) -> None:
    """queues.toml was read anew and cannot be followed."""
    _log.error("queues.toml not reloaded, going on as before", reason=reason)


def emptied(queue: str) -> None:
    """The queue's epoch marker was missing."""
    _log.warning("the queue is new or was emptied, enqueueing all that is pending", queue=queue)


def swept(queue: str, enqueued: int, recorded: int, *, left: bool) -> None:
    """A sweep moved something."""
    _log.warning("swept", queue=queue, enqueued=enqueued, recorded=recorded, left_for_next_time=left)


def refused(queue: str, job: str, reason: str) -> None:
    """The queue will never take a pending row."""
    _log.error("pending row refused by its queue", queue=queue, job=job, reason=reason)


def orphaned(queue: str, pending: int) -> None:
    """Rows wait for a queue that queues.toml does not name."""
    _log.warning("rows are pending for a queue that queues.toml does not name", queue=queue, pending=pending)
