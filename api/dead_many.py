"""Dead letters by the dozen: putting back, or dropping, those that fit a description."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from flask import Response
from msgspec import Meta

from api.errors import InvalidBody, InvalidField, TooLarge, UnsupportedMediaType
from api.jobs import json_response
from api.queues import OPERATOR_ERRORS, operated
from api.requests import BodyReader
from api.routes import Answer, Route
from api.services import Services
from judgeline.dead_letters import MAX_MOVED, Found, Wanted, forget_all, requeue_all, search
from judgeline.queues.engine import Engine


class DeadFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which dead letters are meant: all that fit everything that is said; something must be."""

    all: bool = False
    """All of the queue: no other field but ``limit`` and ``after`` goes with it."""
    reason: Annotated[str, Meta(max_length=500)] = ""
    """A part of the reason, whatever its case."""
    user: Annotated[str, Meta(max_length=256)] | None = None
    priority: str | None = None
    since: Annotated[datetime, Meta(tz=True)] | None = None
    """Died then or later."""
    before: Annotated[datetime, Meta(tz=True)] | None = None
    """Died earlier than then."""
    limit: Annotated[int, Meta(ge=1, le=MAX_MOVED)] = MAX_MOVED
    """At most so many in this call, the newest first."""
    after: Annotated[str, Meta(max_length=128)] = ""
    """As the answer before gave it, where there are more."""


class Requeued(msgspec.Struct, frozen=True, kw_only=True):
    """What a call put back."""

    requeued: int
    more: bool
    """Whether there may be more: ask again, with ``after``."""
    after: str


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """What a call dropped."""

    forgotten: int
    more: bool
    """Whether there may be more: ask again, with ``after``."""
    after: str


_filter = BodyReader(DeadFilter)


def requeue_some(services: Services, queue: str) -> Response:
    """POST: those that fit back on their priority, a bounded number a call."""
    engine = operated(services, queue)
    found = _found(engine)
    requeued = requeue_all(services.store, engine, found.ids)
    return json_response(Requeued(requeued=requeued, more=found.more, after=found.after))


def forget_some(services: Services, queue: str) -> Response:
    """POST: those that fit dropped for good, a bounded number a call."""
    engine = operated(services, queue)
    found = _found(engine)
    return json_response(
        Forgotten(forgotten=forget_all(engine, found.ids), more=found.more, after=found.after)
    )


def _found(engine: Engine) -> Found:
    meant = _filter.read()
    wanted = Wanted(
        reason=meant.reason,
        user=meant.user,
        priority=meant.priority,
        since_ms=_milliseconds(meant.since),
        before_ms=_milliseconds(meant.before),
    )
    if meant.all == (wanted != Wanted()):
        raise InvalidField.of("all", "say which dead letters are meant: either all, or by other fields")
    if meant.priority is not None and meant.priority not in engine.options.priorities:
        raise InvalidField.of("priority", f"is not one of {', '.join(engine.options.priorities)}")
    return search(engine, wanted, after=meant.after, limit=meant.limit)


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


def _route(verb: str, handler: Callable[..., Response], summary: str, body: Any) -> Route:
    return Route(
        method="POST",
        path=f"/v1/queues/<queue>/dead/{verb}",
        name=f"{verb}_dead_letters",
        handler=handler,
        summary=summary,
        tag="operations",
        body=DeadFilter,
        answers={200: Answer(why="How many, and whether there are more.", body=body)},
        errors=(*OPERATOR_ERRORS, InvalidBody, InvalidField, TooLarge, UnsupportedMediaType),
        access="key",
    )


ROUTES = (
    _route("requeue", requeue_some, "Put back dead letters that fit a description", Requeued),
    _route("forget", forget_some, "Drop dead letters that fit a description", Forgotten),
)
