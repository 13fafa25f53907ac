"""What the front says, and in which words. Requests are counted in /metrics, not logged one by one."""

from typing import Any

import structlog

_log: Any = structlog.get_logger()


def left_to_sweeper(job_id: str, queue: str, reason: str) -> None:
    """Something was accepted and could not be enqueued."""
    _log.warning("accepted, and left to the sweeper", id=job_id, queue=queue, reason=reason)


def broke(method: str, path: str) -> None:
    """A fault of ours ended a request; called while it is being handled."""
    _log.exception("request broke", method=method, path=path)


def store_away(reason: str) -> None:
    """The store did not serve a request."""
    _log.warning("the store did not serve", reason=reason)


def queue_away(reason: str) -> None:
    """The queue did not serve a request."""
    _log.warning("the queue did not serve", reason=reason)


def package_taken(slug: str, version: str, replaced: str | None, owner: str) -> None:
    """An operator changed a problem."""
    _log.info("problem taken in", problem=slug, version=version, replaced=replaced or "", by=owner)


def problems_unwritable(reason: str) -> None:
    """The folder of problems did not take a package."""
    _log.warning("the folder of problems did not serve", reason=reason)


def rejudge_made(rejudge_id: str, slug: str, submissions: int, owner: str) -> None:
    """An operator has a problem's submissions judged anew."""
    _log.info("rejudge made", id=rejudge_id, problem=slug, submissions=submissions, by=owner)


def rejudge_applied(rejudge_id: str, written: int, changed: int, owner: str) -> None:
    """Shown verdicts have changed: the one way in which they do."""
    _log.warning("rejudge applied", id=rejudge_id, written=written, changed=changed, by=owner)


def rejudge_discarded(rejudge_id: str, owner: str) -> None:
    """An operator dropped a set."""
    _log.info("rejudge discarded", id=rejudge_id, by=owner)
