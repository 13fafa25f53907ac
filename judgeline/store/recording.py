"""Recording: what the queue decided becomes the row, once."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from judgeline.queues.job import Job
from judgeline.store.jobs import PENDING, insert_or_ignore
from judgeline.store.schema import jobs

MAX_RECORDED = 100
"""Jobs that one call takes: a short transaction, so that a submit never waits long for the lock."""

_MAY_CHANGE = ("pending", "dead")


class _Judged(msgspec.Struct):
    """What of a result stands in columns of its own."""

    verdict: str | None = None
    version: str | None = None


_judged = msgspec.json.Decoder(_Judged)

_RECORD = (
    update(jobs)
    .where(
        jobs.c.id == bindparam("job_id"),
        or_(
            jobs.c.state == PENDING,
            and_(jobs.c.state == "dead", jobs.c.attempt < bindparam("attempt")),
        ),
    )
    .values(
        {
            name: bindparam(name)
            for name in (
                "state",
                "attempt",
                "verdict",
                "reason",
                "started_ms",
                "finished_ms",
                "checkpoint",
                "result",
            )
        }
        | {"problem_version": func.coalesce(bindparam("problem_version"), jobs.c.problem_version)}
    )
)


def record(connection: Connection, queue: str, ended: Sequence[Job]) -> int:
    """Record at most MAX_RECORDED ended jobs of a queue and give how many rows that changed.

    A row that is terminal stays as it is, so the same job may come again, and a second result of it is
    refused; but a dead row gives way to a later attempt, for only an operator's requeue makes one. A job
    without a row (of a schedule, put on a list by hand, or by a program that keeps no store) gets one. The
    caller settles the jobs with the queue after the commit.
    """
    if len(ended) > MAX_RECORDED:
        raise ValueError(f"{len(ended)} jobs in one transaction; at most {MAX_RECORDED}")
    # In order of id, so that two recorders at the same jobs wait for one another and never crosswise.
    in_order = sorted(ended, key=lambda job: job.id)
    endings = {job.id: _ending(job) for job in in_order}
    known = dict(connection.execute(select(jobs.c.id, jobs.c.state).where(jobs.c.id.in_(endings))).all())
    strangers = [_stranger(queue, job) | endings[job.id] for job in in_order if job.id not in known]
    changed = 0
    if strangers:
        changed += connection.execute(insert_or_ignore(connection.dialect.name), strangers).rowcount
    changeable = [
        endings[job_id] | {"job_id": job_id} for job_id in endings if known.get(job_id) in _MAY_CHANGE
    ]
    if changeable:
        changed += connection.execute(_RECORD, changeable).rowcount
    return changed


def _judgement_of(result: bytes) -> _Judged:
    """Read a result; what is not as it should be is None."""
    try:
        return _judged.decode(result)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Judged()  # one such job would hold up all behind it


def _ending(job: Job) -> dict[str, Any]:
    judged = _judgement_of(job.result) if job.result else _Judged()
    return {
        "state": job.state.value,
        "attempt": job.attempt,
        "verdict": None if judged.verdict is None else _storable(judged.verdict),
        "problem_version": None if judged.version is None else _storable(judged.version),
        "reason": _storable(job.reason),
        "started_ms": job.started_ms,
        "finished_ms": job.finished_ms,
        "checkpoint": job.checkpoint or None,
        "result": job.result or None,
    }


def _stranger(queue: str, job: Job) -> dict[str, Any]:
    """What a row needs beside its ending, for a job that nobody accepted here."""
    return {
        "id": job.id,
        "queue": queue,
        "kind": job.origin or "hand",
        "owner": "",
        "user": _storable(job.user),
        "priority": _storable(job.priority),
        "problem": None,
        "language": None,
        "digest": "",
        "idempotency_key": None,
        "created_ms": job.enqueued_ms,
        "pending_ms": job.enqueued_ms,
        "payload": job.payload,
        "not_before_ms": 0,
        "rejudged_ms": 0,
    }


def _storable(text: str) -> str:
    """Replace what PostgreSQL refuses in text: one such job would hold up all behind it."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
