"""Queues: how they stand, pausing them and closing them."""

from typing import Any

import msgspec
from flask import Response

from api.errors import InvalidField, KeyRequired, MissingScope, NotFound, QueueAway
from api.jobs import json_response
from api.requests import read_query
from api.routes import Answer, Route
from api.services import Services
from judgeline.queues.engine import Engine, PriorityStats, QueueStats
from judgeline.store.keys import Scope


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
    arrive_per_s: float
    """Jobs that were enqueued a second, over the last minute."""
    closed: bool
    """Whether nothing new is taken in."""
    totals: dict[str, int]
    """Counters since the queue's keys exist."""


class QueueList(msgspec.Struct, frozen=True):
    """All queues, in the order of queues.toml."""

    queues: list[QueueView]


class PauseQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of pause and resume."""

    priority: str | None = None
    """One priority; all of the queue's if it is left out."""


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No query at all: a queue is closed as a whole, and whoever names a priority is told so."""


def list_queues(services: Services) -> Response:
    """GET: every queue."""
    return json_response(QueueList([view(engine) for engine in services.engines.values()]))


def pause(services: Services, queue: str) -> Response:
    """POST: stop claims; what runs runs on."""
    engine = operated(services, queue)
    engine.pause(_priority(engine))
    return json_response(view(engine))


def resume(services: Services, queue: str) -> Response:
    """POST: undo pause."""
    engine = operated(services, queue)
    engine.resume(_priority(engine))
    return json_response(view(engine))


def close(services: Services, queue: str) -> Response:
    """POST: take nothing new in; what was accepted is worked off."""
    engine = operated(services, queue)
    read_query(NoQuery)
    engine.shut()
    return json_response(view(engine))


def reopen(services: Services, queue: str) -> Response:
    """POST: undo close."""
    engine = operated(services, queue)
    read_query(NoQuery)
    engine.reopen()
    return json_response(view(engine))


def operated(services: Services, queue: str) -> Engine:
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


def view(engine: Engine) -> QueueView:
    """A queue's answer."""
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
        arrive_per_s=stats.arrive_per_s,
        closed=stats.closed,
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


OPERATOR_ERRORS = (KeyRequired, MissingScope, NotFound, QueueAway)


def _control(name: str, handler: Any, summary: str, query: Any = None) -> Route:
    return Route(
        method="POST",
        path=f"/v1/queues/<queue>/{name}",
        name=f"{name}_queue",
        handler=handler,
        summary=summary,
        tag="operations",
        query=query,
        answers={200: Answer(why="The queue as it stands.", body=QueueView)},
        errors=(*OPERATOR_ERRORS, InvalidField),
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
    _control("pause", pause, "Stop claims from a queue, or from one priority of it", PauseQuery),
    _control("resume", resume, "Let claims go on", PauseQuery),
    _control("close", close, "Take nothing new into a queue; what was accepted is worked off"),
    _control("open", reopen, "Let new jobs into a queue again"),
)
