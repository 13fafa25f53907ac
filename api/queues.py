"""Queues: how they stand, and an operator's hands on them."""

from typing import Annotated, Any

import msgspec
from flask import Response
from msgspec import Meta

from api.errors import InvalidField, KeyRequired, MissingScope, NotFound, NotOffered, QueueAway
from api.jobs import json_response
from api.reading import Moment, moment
from api.requests import read_query
from api.routes import Answer, Route
from api.services import Services
from judgeline.queues.engine import Engine, PriorityStats, QueueStats
from judgeline.queues.errors import UnknownJob
from judgeline.queues.job import Job, JobState
from judgeline.store import jobs
from judgeline.store.keys import Scope

MOST_PAYLOAD = 65_536
"""Bytes of a dead letter's payload that are shown."""


class PriorityView(msgspec.Struct, frozen=True, kw_only=True):
    """One priority of a queue, now."""

    queued: int
    queued_bytes: int
    oldest_ms: int
    """Age of the job next in line, milliseconds; 0 when none waits."""
    paused: bool
    weight: int


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """A queue, now."""

    name: str
    engine: str
    priorities: dict[str, PriorityView]
    running: int
    delayed: int
    dead: int
    unrecorded: int
    """Ended jobs that the store does not have yet."""
    workers: int
    """Workers whose lease runs, idle ones included."""
    drain_per_s: float
    """Jobs that ended a second, over the last minute."""
    totals: dict[str, int]
    """Counters since the queue's keys exist."""


class QueueList(msgspec.Struct, frozen=True):
    """All queues, in the order of queues.toml."""

    queues: list[QueueView]


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A job given up, with its evidence."""

    id: str
    priority: str
    user: str
    reason: str
    attempt: int
    crashes: int
    lost: int
    failures: int
    origin: str
    """"hand" for an element somebody LPUSHed by hand, else ""."""
    enqueued_at: Moment | None
    finished_at: Moment | None
    evidence: Any
    """What was seen of its attempts, or of what was no job; null in lists."""
    payload: str
    """Its first 64 KiB as UTF-8 with replacement; "" in lists."""


class DeadLetters(msgspec.Struct, frozen=True):
    """A page of dead letters, newest first."""

    dead: list[DeadLetter]
    next: str | None
    """The path of the next page, or null when this is the last."""


class DeadQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of the dead letters."""

    after: Annotated[str, Meta(max_length=128)] = ""
    """The id that the page before ended with."""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class PauseQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of pause and resume."""

    priority: str | None = None
    """One priority; all of the queue's if it is left out."""


def list_queues(services: Services) -> Response:
    """GET: every queue."""
    return json_response(QueueList([_view(engine) for engine in services.engines.values()]))


def pause(services: Services, queue: str) -> Response:
    """POST: stop claims; what runs runs on."""
    engine = _operated(services, queue)
    engine.pause(_priority(engine))
    return json_response(_view(engine))


def resume(services: Services, queue: str) -> Response:
    """POST: undo pause."""
    engine = _operated(services, queue)
    engine.resume(_priority(engine))
    return json_response(_view(engine))


def list_dead(services: Services, queue: str) -> Response:
    """GET: dead letters, newest first."""
    engine = _operated(services, queue)
    query = read_query(DeadQuery)
    found = engine.dead(after=query.after, limit=query.limit)
    more = len(found) == query.limit
    following = f"/v1/queues/{queue}/dead?limit={query.limit}&after={found[-1].id}" if more else None
    return json_response(DeadLetters([_letter(job, whole=False) for job in found], following))


def show_dead(services: Services, queue: str, id: str) -> Response:  # noqa: A002 - the path's own word
    """GET of one, with evidence and payload."""
    return json_response(_letter(_dead(_operated(services, queue), id), whole=True))


def requeue(services: Services, queue: str, id: str) -> Response:  # noqa: A002 - the path's own word
    """POST to one: back on its queue with its counters at zero."""
    engine = _operated(services, queue)
    job = _dead(engine, id)
    with services.store.writer() as connection:
        jobs.reopen(
            connection, job.id
        )  # first: should the requeue never come, the sweeper records it dead anew
    try:
        engine.requeue(job.id)
    except UnknownJob:
        raise NotFound(f"there is no dead letter {id}") from None
    return json_response(_view(engine))


def forget(services: Services, queue: str, id: str) -> Response:  # noqa: A002 - the path's own word
    """DELETE of one: its evidence goes; the store's row stays dead."""
    engine = _operated(services, queue)
    try:
        engine.forget(id)
    except UnknownJob:
        raise NotFound(f"there is no dead letter {id}") from None
    return Response(status=204)


def _operated(services: Services, queue: str) -> Engine:
    """The queue, for a caller who may operate it."""
    services.authenticator.caller().require(Scope.OPERATE)
    engine = services.engines.get(queue)
    if engine is None:
        raise NotFound(f"there is no queue {queue!r}; there are {', '.join(services.engines)}")
    return engine


def _priority(engine: Engine) -> str | None:
    priority = read_query(PauseQuery).priority
    if priority is not None and priority not in engine.options.priorities:
        raise InvalidField.of("priority", f"is not one of {', '.join(engine.options.priorities)}")
    return priority


def _dead(engine: Engine, job_id: str) -> Job:
    job = engine.look(job_id)
    if job is None or job.state is not JobState.DEAD:
        raise NotFound(f"there is no dead letter {job_id}")
    return job


def _view(engine: Engine) -> QueueView:
    stats: QueueStats = engine.stats()
    return QueueView(
        name=engine.name,
        engine=engine.options.engine,
        priorities={name: _priority_view(figures) for name, figures in stats.priorities.items()},
        running=stats.running,
        delayed=stats.delayed,
        dead=stats.dead,
        unrecorded=stats.unrecorded,
        workers=stats.workers,
        drain_per_s=stats.drain_per_s,
        totals=stats.totals,
    )


def _priority_view(figures: PriorityStats) -> PriorityView:
    return PriorityView(
        queued=figures.queued,
        queued_bytes=figures.queued_bytes,
        oldest_ms=figures.oldest_ms,
        paused=figures.paused,
        weight=figures.weight,
    )


def _letter(job: Job, *, whole: bool) -> DeadLetter:
    return DeadLetter(
        id=job.id,
        priority=job.priority,
        user=job.user,
        reason=job.reason,
        attempt=job.attempt,
        crashes=job.crashes,
        lost=job.lost,
        failures=job.failures,
        origin=job.origin,
        enqueued_at=moment(job.enqueued_ms),
        finished_at=moment(job.finished_ms),
        evidence=_json(job.evidence) if whole else None,
        payload=job.payload[:MOST_PAYLOAD].decode(errors="replace") if whole else "",
    )


def _json(data: bytes) -> Any:
    if not data:
        return None
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return data.decode(errors="replace")


_OPERATOR = (KeyRequired, MissingScope, NotFound, QueueAway)


def _control(name: str, handler: Any, summary: str) -> Route:
    return Route(
        method="POST",
        path=f"/v1/queues/<queue>/{name}",
        name=f"{name}_queue",
        handler=handler,
        summary=summary,
        tag="operations",
        query=PauseQuery,
        answers={200: Answer(why="The queue as it stands.", body=QueueView)},
        errors=(*_OPERATOR, InvalidField, NotOffered),
        access="key",
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/queues",
        name="list_queues",
        handler=list_queues,
        summary="How the queues stand",
        tag="operations",
        answers={200: Answer(why="All of them.", body=QueueList)},
        errors=(QueueAway,),
    ),
    _control("pause", pause, "Stop claims from a queue, or from one priority of it"),
    _control("resume", resume, "Let claims go on"),
    Route(
        method="GET",
        path="/v1/queues/<queue>/dead",
        name="list_dead",
        handler=list_dead,
        summary="List dead letters, newest first",
        tag="operations",
        query=DeadQuery,
        answers={200: Answer(why="A page of them.", body=DeadLetters)},
        errors=(*_OPERATOR, InvalidField),
        access="key",
    ),
    Route(
        method="GET",
        path="/v1/queues/<queue>/dead/<id>",
        name="show_dead",
        handler=show_dead,
        summary="A dead letter with its evidence and payload",
        tag="operations",
        answers={200: Answer(why="The dead letter.", body=DeadLetter)},
        errors=_OPERATOR,
        access="key",
    ),
    Route(
        method="POST",
        path="/v1/queues/<queue>/dead/<id>",
        name="requeue",
        handler=requeue,
        summary="Put a dead letter back on its queue, its counters at zero",
        tag="operations",
        answers={200: Answer(why="The queue as it stands.", body=QueueView)},
        errors=_OPERATOR,
        access="key",
    ),
    Route(
        method="DELETE",
        path="/v1/queues/<queue>/dead/<id>",
        name="forget_dead",
        handler=forget,
        summary="Drop a dead letter for good",
        tag="operations",
        answers={204: Answer(why="It is gone.")},
        errors=_OPERATOR,
        access="key",
    ),
)
