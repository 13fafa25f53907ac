"""The life of a row: accepted, perhaps enqueued again, recorded once.

Each verb takes a connection of ``Store.writer`` (or of ``reader`` where it only reads), so that a caller may
do several in one transaction.
"""

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Row,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from judgeline.store.errors import IdempotencyConflict
from judgeline.store.rows import Accepted, Filter, JobRow, NewJobRow, PendingRow, RowState
from judgeline.store.schema import jobs

MAX_PAGE = 1_000
"""Rows that one call gives at most."""

PENDING: ColumnElement[str] = literal_column("'pending'")
"""Written out: a planner cannot tell that a parameter allows the index of pending rows."""

_LONG = ("checkpoint", "result", "payload", "not_before_ms", "problem_version", "rejudged_ms")

_SUMMARY = [jobs.c[name].label(name) for name in JobRow.__struct_fields__ if name not in _LONG]
_WHOLE = [*_SUMMARY, *(jobs.c[name] for name in _LONG if name != "payload")]


def insert_or_ignore(dialect: str) -> Insert:
    """Give the INSERT that leaves a row alone that is there already; both databases spell it alike."""
    insert = postgresql.insert(jobs) if dialect == "postgresql" else sqlite.insert(jobs)
    return insert.on_conflict_do_nothing().execution_options(preserve_rowcount=True)


_ACCEPT = insert_or_ignore("postgresql")
_ACCEPT_SQLITE = str(insert_or_ignore("sqlite").compile(dialect=sqlite.dialect(paramstyle="named")))
"""Given to the driver as it is: SQLAlchemy's way to it would cost as much as SQLite's own work."""


def accept(connection: Connection, row: NewJobRow) -> Accepted:
    """Write a pending row. The commit after it is the acceptance.

    A row with the same id, or the same owner and Idempotency-Key, is answered as the first was, and nothing
    is written. Raises IdempotencyConflict when the key's first request was another one.
    """
    now_ms = time.time_ns() // 1_000_000
    values = {
        "id": row.id,
        "queue": row.queue,
        "kind": row.kind,
        "owner": row.owner,
        "user": row.user,
        "priority": row.priority,
        "problem": row.problem,
        "language": row.language,
        "digest": row.digest,
        "idempotency_key": row.idempotency_key,
        "state": RowState.PENDING,
        "attempt": 0,
        "verdict": None,
        "reason": "",
        "created_ms": now_ms,
        "pending_ms": now_ms,
        "started_ms": 0,
        "finished_ms": 0,
        "checkpoint": None,
        "result": None,
        "payload": row.payload,
        "not_before_ms": row.not_before_ms,
        "problem_version": row.problem_version,
        "rejudged_ms": 0,
    }
    if _inserted(connection, values) == 1:
        return Accepted(id=row.id, new=True, created_ms=now_ms, state=RowState.PENDING)
    first = _first(connection, row)
    if (first.kind, first.digest) != (row.kind, row.digest):
        raise IdempotencyConflict(row.idempotency_key or row.id, first.id)
    return Accepted(id=first.id, new=False, created_ms=first.created_ms, state=RowState(first.state))


def _inserted(connection: Connection, values: dict[str, Any]) -> int:
    if connection.dialect.name == "postgresql":
        return connection.execute(_ACCEPT, values).rowcount
    driver: Any = connection.connection.dbapi_connection
    return int(driver.execute(_ACCEPT_SQLITE, values).rowcount)


def _first(connection: Connection, row: NewJobRow) -> Row[*tuple[Any, ...]]:
    """Give the row that stands where ``row`` would."""
    same = jobs.c.id == row.id
    if row.idempotency_key is not None:
        same |= (jobs.c.owner == row.owner) & (jobs.c.idempotency_key == row.idempotency_key)
    return connection.execute(
        select(jobs.c.id, jobs.c.kind, jobs.c.digest, jobs.c.created_ms, jobs.c.state).where(same)
    ).one()


# Built once: a statement built anew for each request costs as much as running it.
_GET = select(*_WHOLE).where(jobs.c.id == bindparam("job_id"))
_GET_ALL = _GET.add_columns(jobs.c.payload)


def get(connection: Connection, job_id: str, *, payload: bool = False) -> JobRow | None:
    """Give a row with its result, and with what was enqueued if ``payload``; None when there is none."""
    found = connection.execute(_GET_ALL if payload else _GET, {"job_id": job_id}).one_or_none()
    return None if found is None else _job_row(found)


def list_owned(
    connection: Connection,
    owner: str,
    wanted: Filter,
    *,
    after: str | None = None,
    limit: int = 50,
) -> list[JobRow]:
    """Give an owner's rows, newest first and without results: at most ``limit`` after the id ``after``."""
    query: Select[Any] = select(*_SUMMARY).where(jobs.c.owner == owner, jobs.c.kind == wanted.kind)
    if wanted.problem is not None:
        query = query.where(jobs.c.problem == wanted.problem)
    if wanted.state is not None:
        query = query.where(jobs.c.state == wanted.state)
    if after is not None:
        query = query.where(jobs.c.id < after)
    query = query.order_by(jobs.c.id.desc()).limit(min(limit, MAX_PAGE))
    return [_job_row(found) for found in connection.execute(query)]


def cancel_pending(connection: Connection, job_id: str) -> bool:
    """Cancel a row of which the queue has never heard; False when it is not pending (any more).

    Should the sweeper enqueue it in the same moment, then it runs for nothing: its result is not recorded.
    """
    now_ms = time.time_ns() // 1_000_000
    statement = (
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state == PENDING)
        .values(state="cancelled", reason="cancelled before it was queued", finished_ms=now_ms)
    )
    return connection.execute(statement).rowcount == 1


def reopen(connection: Connection, job_id: str) -> bool:
    """Make a dead row pending again; False when it is not dead.

    Commit it before ``Engine.requeue``: should that never come, the sweeper records the dead letter anew.
    """
    now_ms = time.time_ns() // 1_000_000
    statement = (
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state == "dead")
        .values(state="pending", reason="", pending_ms=now_ms, started_ms=0, finished_ms=0)
    )
    return connection.execute(statement).rowcount == 1


def count_pending(connection: Connection) -> dict[str, int]:
    """Give the number of pending rows of each queue that has any."""
    query = select(jobs.c.queue, func.count()).where(jobs.c.state == PENDING).group_by(jobs.c.queue)
    return dict(connection.execute(query).all())


def pending_priorities(connection: Connection, queue: str) -> list[str]:
    """Give the priorities that a queue's pending rows have."""
    query = select(jobs.c.priority).where(jobs.c.queue == queue, jobs.c.state == PENDING).distinct()
    return list(connection.scalars(query))


def pending_before(
    connection: Connection,
    queue: str,
    priority: str,
    before_ms: int,
    after: PendingRow | None = None,
) -> list[PendingRow]:
    """Give a page of the rows that are pending since ``before_ms`` or longer, oldest first."""
    query = select(jobs.c.id, jobs.c.pending_ms, func.length(jobs.c.payload)).where(
        jobs.c.queue == queue,
        jobs.c.priority == priority,
        jobs.c.state == PENDING,
        jobs.c.pending_ms <= before_ms,
    )
    if after is not None:
        query = query.where(tuple_(jobs.c.pending_ms, jobs.c.id) > tuple_(after.pending_ms, after.id))
    query = query.order_by(jobs.c.pending_ms, jobs.c.id).limit(MAX_PAGE)
    return [
        PendingRow(id=job_id, pending_ms=pending_ms, payload_bytes=size)
        for job_id, pending_ms, size in connection.execute(query)
    ]


def still_pending(connection: Connection, job_ids: Sequence[str]) -> list[JobRow]:
    """Give those of the rows that are pending, with their payloads, oldest first."""
    query = (
        select(*_SUMMARY, jobs.c.payload, jobs.c.not_before_ms)
        .where(jobs.c.id.in_(job_ids), jobs.c.state == PENDING)
        .order_by(jobs.c.pending_ms, jobs.c.id)
    )
    return [_job_row(found) for found in connection.execute(query)]


_NOTE = (
    update(jobs)
    .where(jobs.c.id == bindparam("job_id"), jobs.c.state == PENDING, jobs.c.attempt < bindparam("attempts"))
    .values(attempt=bindparam("attempts"))
)


def note_attempts(connection: Connection, attempts: dict[str, int]) -> None:
    """Keep how many attempts pending rows have had, so that counting goes on when Redis is emptied."""
    if attempts:
        connection.execute(
            _NOTE, [{"job_id": job_id, "attempts": count} for job_id, count in sorted(attempts.items())]
        )


def _job_row(found: Row[*tuple[Any, ...]]) -> JobRow:
    values = dict(found._mapping)  # noqa: SLF001 - public in spite of the dash, which keeps columns' names free
    return JobRow(**values | {"state": RowState(values["state"])})
