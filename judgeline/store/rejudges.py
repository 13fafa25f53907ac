"""Rejudges: sets of submissions that are judged anew beside their verdicts, and written over them when asked.

Each verb takes a connection, as those of ``jobs`` do. A submission of a set has a second row of the kind
"rejudge", which is enqueued, swept and recorded as any other; only ``apply`` carries its result over.
"""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from judgeline.store.errors import RejudgeClosed, RejudgeUnfinished, UnknownRejudge
from judgeline.store.jobs import MAX_PAGE, PENDING
from judgeline.store.rejudge_rows import (
    Applied,
    Candidate,
    Counts,
    Earlier,
    Item,
    Rejudge,
    RejudgeState,
    WantedSubmissions,
)
from judgeline.store.rows import NewJobRow, RowState
from judgeline.store.schema import jobs, rejudge_items, rejudges

KIND = "rejudge"
"""The kind of the rows that judge anew."""
MAX_ADDED = 100
"""Submissions that one call of ``add`` takes: a short transaction."""
JUDGE_ERROR = "judge_error"
"""A result that says nothing about the program: it never replaces one that does."""

_items = rejudge_items.c
_again = jobs.alias("again")
_first = jobs.alias("first")


class _Figures(msgspec.Struct):
    time_ms: float = 0


_figures = msgspec.json.Decoder(_Figures)
_wanted = msgspec.json.Decoder(WantedSubmissions)

_is_pending: ColumnElement[bool] = _again.c.state == PENDING
_is_judged: ColumnElement[bool] = and_(
    _again.c.state == RowState.DONE.value, _again.c.verdict.is_not(None), _again.c.verdict != JUDGE_ERROR
)
_state = case(
    (_is_pending, "pending"),
    (and_(_is_judged, _again.c.verdict == _items.old_verdict), "same"),
    (_is_judged, "changed"),
    else_="failed",
)


def make(connection: Connection, rejudge_id: str, version: str, wanted: WantedSubmissions, by: str) -> None:
    """Begin a set with nothing in it."""
    connection.execute(
        insert(rejudges).values(
            id=rejudge_id,
            problem=wanted.problem,
            problem_version=version,
            wanted=msgspec.json.encode(wanted).decode(),
            made_by=by,
            closed_by="",
            state=RejudgeState.MAKING.value,
            created_ms=_now_ms(),
            closed_ms=0,
        )
    )


def count_candidates(connection: Connection, wanted: WantedSubmissions) -> int:
    """Count the submissions that fit. Reads all there are: no index serves what is asked so rarely."""
    return connection.scalar(_fitting(select(func.count()), wanted)) or 0


def candidates(connection: Connection, wanted: WantedSubmissions, after: str) -> list[Candidate]:
    """Give the next MAX_ADDED submissions that fit, by id, after the id ``after``."""
    names = Candidate.__struct_fields__
    query = _fitting(select(*(jobs.c[name] for name in names)), wanted)
    query = query.where(jobs.c.id > after).order_by(jobs.c.id).limit(MAX_ADDED)
    return [Candidate(**found._mapping) for found in connection.execute(query)]  # noqa: SLF001 - public


def add(connection: Connection, rejudge_id: str, pairs: Sequence[tuple[Candidate, NewJobRow]]) -> None:
    """Add submissions, each with the row that judges it anew. Raises RejudgeClosed where it was discarded."""
    _lock(connection, rejudge_id, RejudgeState.MAKING)
    now_ms = _now_ms()
    rest = {
        "state": RowState.PENDING.value,
        "attempt": 0,
        "verdict": None,
        "reason": "",
        "created_ms": now_ms,
        "pending_ms": now_ms,
        "started_ms": 0,
        "finished_ms": 0,
        "rejudged_ms": 0,
    }
    connection.execute(insert(jobs), [msgspec.structs.asdict(row) | rest for _, row in pairs])
    connection.execute(
        insert(rejudge_items),
        [
            {
                "rejudge_id": rejudge_id,
                "submission_id": candidate.id,
                "job_id": row.id,
                "old_verdict": candidate.verdict,
                "old_version": candidate.problem_version,
                "applied_ms": 0,
                "old_result": None,
            }
            for candidate, row in pairs
        ],
    )


def open_for_review(connection: Connection, rejudge_id: str) -> None:
    """All of its submissions are in it. Raises RejudgeClosed."""
    _lock(connection, rejudge_id, RejudgeState.MAKING)
    _set(connection, rejudge_id, state=RejudgeState.OPEN.value)


def get(connection: Connection, rejudge_id: str) -> Rejudge:
    """Give a set. Raises UnknownRejudge."""
    found = connection.execute(select(rejudges).where(rejudges.c.id == rejudge_id)).one_or_none()
    if found is None:
        raise UnknownRejudge(f"there is no rejudge {rejudge_id}")
    return _rejudge(found)


def list_newest(connection: Connection, *, after: str | None = None, limit: int = 50) -> list[Rejudge]:
    """Give sets, newest first, after the id ``after``."""
    query = select(rejudges).order_by(rejudges.c.id.desc()).limit(min(limit, MAX_PAGE))
    if after is not None:
        query = query.where(rejudges.c.id < after)
    return [_rejudge(found) for found in connection.execute(query)]


def count(connection: Connection, rejudge_id: str) -> Counts:
    """How far a set is."""
    query = (
        select(_state.label("item_state"), func.count())
        .select_from(rejudge_items.join(_again, _again.c.id == _items.job_id))
        .where(_items.rejudge_id == rejudge_id)
        .group_by("item_state")  # not "state", which is a column of jobs
    )
    found: dict[str, int] = dict(connection.execute(query).all())
    names = ("pending", "same", "changed", "failed")
    return Counts(total=sum(found.values()), **{name: found.get(name, 0) for name in names})


def items(
    connection: Connection, rejudge_id: str, *, state: str | None = None, after: str = "", limit: int = 100
) -> list[Item]:
    """Give submissions of a set by id, after the id ``after``; only those in ``state`` if that is said."""
    old_result = case((_items.applied_ms > 0, _items.old_result), else_=_first.c.result)
    query = (
        select(
            _items.submission_id,
            _first.c.owner,
            _first.c.language,
            _state.label("state"),
            _items.old_verdict,
            _again.c.verdict.label("new_verdict"),
            _items.old_version,
            _again.c.problem_version.label("new_version"),
            _again.c.reason,
            _items.applied_ms,
            old_result.label("old_result"),
            _again.c.result.label("new_result"),
        )
        .join(_again, _again.c.id == _items.job_id)
        .join(_first, _first.c.id == _items.submission_id)
        .where(_items.rejudge_id == rejudge_id, _items.submission_id > after)
        .order_by(_items.submission_id)
        .limit(min(limit, MAX_PAGE))
    )
    if state is not None:
        query = query.where(_state == state)
    return [_item(dict(found._mapping)) for found in connection.execute(query)]  # noqa: SLF001 - public


def apply(connection: Connection, rejudge_id: str, by: str) -> Applied:
    """Write the new results over the old ones, which become history.

    The one way in which a shown verdict changes. What failed keeps its verdict, and so does what another set
    has written since this one was made. Raises UnknownRejudge, RejudgeClosed, RejudgeUnfinished.
    """
    made = _lock(connection, rejudge_id, RejudgeState.OPEN, RejudgeState.MAKING)
    counts = count(connection, rejudge_id)
    if made.state is RejudgeState.MAKING or counts.pending:
        raise RejudgeUnfinished(
            f"{counts.pending} submissions of the rejudge {rejudge_id} are not judged yet"
        )
    now_ms = _now_ms()
    other = rejudge_items.alias("other")
    overtaken = exists().where(
        other.c.submission_id == _items.submission_id,
        other.c.rejudge_id != rejudge_id,
        other.c.applied_ms >= made.created_ms,
        other.c.applied_ms > 0,
    )
    judged = exists().where(_again.c.id == _items.job_id, _is_judged)
    old_result = select(_first.c.result).where(_first.c.id == _items.submission_id).scalar_subquery()
    written = connection.execute(
        update(rejudge_items)
        .where(_items.rejudge_id == rejudge_id, judged, ~overtaken)
        .values(applied_ms=now_ms, old_result=old_result)
    ).rowcount
    mine = and_(_items.rejudge_id == rejudge_id, _items.applied_ms > 0)
    changed = connection.scalar(
        select(func.count())
        .select_from(rejudge_items.join(_again, _again.c.id == _items.job_id))
        .where(mine, or_(_items.old_verdict.is_(None), _items.old_verdict != _again.c.verdict))
    )
    connection.execute(
        update(jobs)
        .where(jobs.c.id.in_(select(_items.submission_id).where(mine)))
        .values(
            verdict=_anew(rejudge_id, _again.c.verdict),
            result=_anew(rejudge_id, _again.c.result),
            problem_version=_anew(rejudge_id, _again.c.problem_version),
            rejudged_ms=now_ms,
        )
    )
    _close(connection, rejudge_id, RejudgeState.APPLIED, by)
    return Applied(written=written, changed=changed or 0, overtaken=counts.total - counts.failed - written)


def discard(connection: Connection, rejudge_id: str, by: str) -> list[str]:
    """Drop a set: every verdict stays. Give the jobs that the queue may still have.

    Their rows are cancelled with it, so whatever the queue does to them changes nothing.
    Raises UnknownRejudge, RejudgeClosed.
    """
    _lock(connection, rejudge_id, RejudgeState.OPEN, RejudgeState.MAKING)
    of_set = select(_items.job_id).where(_items.rejudge_id == rejudge_id)
    pending = list(
        connection.scalars(select(jobs.c.id).where(jobs.c.id.in_(of_set), jobs.c.state == PENDING))
    )
    connection.execute(
        update(jobs)
        .where(jobs.c.id.in_(of_set), jobs.c.state == PENDING)
        .values(state="cancelled", reason="its rejudge was discarded", finished_ms=_now_ms())
    )
    _close(connection, rejudge_id, RejudgeState.DISCARDED, by)
    return pending


def history(connection: Connection, submission_id: str) -> list[Earlier]:
    """Give the verdicts that rejudges replaced, oldest first."""
    query = (
        select(_items.old_verdict, _items.old_version, _items.applied_ms, _items.rejudge_id)
        .where(_items.submission_id == submission_id, _items.applied_ms > 0)
        .order_by(_items.applied_ms)
    )
    return [
        Earlier(verdict=verdict, problem_version=version, replaced_ms=replaced_ms, rejudge_id=rejudge_id)
        for verdict, version, replaced_ms, rejudge_id in connection.execute(query)
    ]


def _fitting(query: Select[Any], wanted: WantedSubmissions) -> Select[Any]:
    query = query.where(
        jobs.c.kind == "submission", jobs.c.problem == wanted.problem, jobs.c.state == RowState.DONE.value
    )
    if wanted.user is not None:
        query = query.where(jobs.c.owner == wanted.user)
    if wanted.verdicts:
        query = query.where(jobs.c.verdict.in_(wanted.verdicts))
    if wanted.language is not None:
        query = query.where(jobs.c.language == wanted.language)
    if wanted.since_ms is not None:
        query = query.where(jobs.c.created_ms >= wanted.since_ms)
    if wanted.before_ms is not None:
        query = query.where(jobs.c.created_ms < wanted.before_ms)
    return query


def _anew(rejudge_id: str, column: ColumnElement[Any]) -> ScalarSelect[Any]:
    """What the row that judged a submission anew has in a column."""
    return (
        select(column)
        .where(
            _items.rejudge_id == rejudge_id, _items.submission_id == jobs.c.id, _again.c.id == _items.job_id
        )
        .correlate(jobs)
        .scalar_subquery()
    )


def _lock(connection: Connection, rejudge_id: str, *allowed: RejudgeState) -> Rejudge:
    """Hold a set to the end of the transaction (SQLite holds all there is). Raises RejudgeClosed."""
    query = select(rejudges).where(rejudges.c.id == rejudge_id).with_for_update()
    found = connection.execute(query).one_or_none()
    if found is None:
        raise UnknownRejudge(f"there is no rejudge {rejudge_id}")
    made = _rejudge(found)
    if made.state not in allowed:
        raise RejudgeClosed(f"the rejudge {rejudge_id} is {made.state.value}")
    return made


def _close(connection: Connection, rejudge_id: str, state: RejudgeState, by: str) -> None:
    """Its rows keep their results; what was to be judged stands in the submissions' own."""
    of_set = select(_items.job_id).where(_items.rejudge_id == rejudge_id)
    connection.execute(update(jobs).where(jobs.c.id.in_(of_set)).values(payload=b""))
    _set(connection, rejudge_id, state=state.value, closed_by=by, closed_ms=_now_ms())


def _set(connection: Connection, rejudge_id: str, **values: Any) -> None:
    connection.execute(update(rejudges).where(rejudges.c.id == rejudge_id).values(**values))


def _rejudge(found: Row[*tuple[Any, ...]]) -> Rejudge:
    values = {name: value for name, value in found._mapping.items() if name != "problem"}  # noqa: SLF001 - public
    values["wanted"] = _wanted.decode(values["wanted"])
    values["state"] = RejudgeState(values["state"])
    return Rejudge(**values)


def _item(values: dict[str, Any]) -> Item:
    old, new = values.pop("old_result"), values.pop("new_result")
    return Item(**values, old_time_ms=_time_of(old), new_time_ms=_time_of(new))


def _time_of(result: bytes | None) -> float:
    try:
        return _figures.decode(result or b"{}").time_ms
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
