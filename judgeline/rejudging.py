"""Judging a problem's submissions anew: putting a set together, and giving one up.

What a set holds stands in the store before the queue hears of it: the sweeper puts its jobs on the queue,
with the lightest priority and as one user, so that they take one turn among those who wait.
"""

import contextlib

import msgspec

from judgeline.errors import JudgelineError
from judgeline.ids import new_id
from judgeline.payloads import PayloadError, SubmissionPayload, decode, encode
from judgeline.queues.engine import Engine
from judgeline.queues.errors import QueueUnavailable, UnknownJob
from judgeline.store import rejudges
from judgeline.store.database import Store
from judgeline.store.rejudge_rows import Candidate, WantedSubmissions
from judgeline.store.rejudges import KIND
from judgeline.store.rows import NewJobRow

MOST = 20_000
"""Submissions of one set: applying so many takes about a second, and SQLite has one writer at a time."""
USER = ":rejudge"
"""Who takes turns for all rejudges; no owner of a key has this name by chance."""


class RejudgeError(JudgelineError):
    """A rejudge cannot be made of what was asked for."""


def make_rejudge(store: Store, engine: Engine, version: str, wanted: WantedSubmissions, by: str) -> str:
    """Put a set together and give its id. ``version`` is the problem's version that judges all of them.

    In short transactions, so that nobody who submits waits; broken off, the set stays in the state "making",
    and can be discarded. Raises RejudgeError where nothing fits or too much.
    """
    with store.reader() as connection:
        fitting = rejudges.count_candidates(connection, wanted)
    if not fitting:
        raise RejudgeError(f"no judged submission of {wanted.problem} fits")
    if fitting > MOST:
        raise RejudgeError(f"{fitting:,} submissions fit, and a set holds at most {MOST:,}: say less")
    rejudge_id, after = new_id(), ""
    with store.writer() as connection:
        rejudges.make(connection, rejudge_id, version, wanted, by)
    while True:
        with store.reader() as connection:
            page = rejudges.candidates(connection, wanted, after)
        if not page:
            break
        after = page[-1].id
        pairs = [(found, row) for found in page if (row := _row(engine, version, found, by))]
        if pairs:
            with store.writer() as connection:
                rejudges.add(connection, rejudge_id, pairs)
    with store.writer() as connection:
        rejudges.open_for_review(connection, rejudge_id)
    return rejudge_id


def discard_rejudge(store: Store, engine: Engine, rejudge_id: str, by: str) -> None:
    """Drop a set and take what waits of it off the queue; every verdict stays.

    A queue that does not answer keeps its jobs, and they run for nothing. Raises UnknownRejudge,
    RejudgeClosed.
    """
    with store.writer() as connection:
        pending = rejudges.discard(connection, rejudge_id, by)
    with contextlib.suppress(QueueUnavailable):
        for start in range(0, len(pending), 1_000):
            batch = pending[start : start + 1_000]
            for job_id, state in zip(batch, engine.exists(batch), strict=True):
                if state is not None and not state.terminal:
                    with contextlib.suppress(UnknownJob):
                        engine.cancel(job_id)


def _row(engine: Engine, version: str, found: Candidate, by: str) -> NewJobRow | None:
    """The row that judges a submission anew; None for one whose source cannot be read any more."""
    try:
        payload = decode(found.payload)
    except PayloadError:
        return None
    if not isinstance(payload, SubmissionPayload):
        return None
    weights = {name: options.weight for name, options in engine.options.priorities.items()}
    return NewJobRow(
        id=new_id(),
        queue=engine.name,
        kind=KIND,
        owner=by,
        user=USER,
        priority=min(reversed(weights), key=weights.__getitem__),
        payload=encode(msgspec.structs.replace(payload, version=version)),
        digest="",
        problem=payload.problem,
        language=found.language,
        problem_version=version,
    )
