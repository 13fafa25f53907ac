"""Dead letters: jobs given up, with their evidence, and what an operator does with them."""

from typing import Annotated, Any

import msgspec
from flask import Response
from msgspec import Meta

from api.errors import InvalidField, NotFound
from api.jobs import json_response
from api.queues import OPERATOR_ERRORS, QueueView, operated, view
from api.reading import Moment, moment
from api.requests import read_query
from api.routes import Answer, Route
from api.services import Services
from judgeline.dead_letters import find_dead, requeue_dead
from judgeline.queues.errors import UnknownJob
from judgeline.queues.job import Job

MOST_PAYLOAD = 65_536
"""Bytes of a dead letter's payload that are shown."""


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
    """"hand" for an element somebody LPUSHed by hand, "schedule" for a schedule's, else ""."""
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


def list_dead(services: Services, queue: str) -> Response:
    """GET: dead letters, newest first."""
    engine = operated(services, queue)
    query = read_query(DeadQuery)
    found = engine.dead(after=query.after, limit=query.limit)
    more = len(found) == query.limit
    following = f"/v1/queues/{queue}/dead?limit={query.limit}&after={found[-1].id}" if more else None
    return json_response(DeadLetters([_letter(job, whole=False) for job in found], following))


def show_dead(services: Services, queue: str, id: str) -> Response:  # noqa: A002 - the path's own word
    """GET of one, with evidence and payload."""
    engine = operated(services, queue)
    try:
        return json_response(_letter(find_dead(engine, id), whole=True))
    except UnknownJob as error:
        raise NotFound(str(error)) from None


def requeue(services: Services, queue: str, id: str) -> Response:  # noqa: A002 - the path's own word
    """POST to one: back on its queue with its counters at zero."""
    engine = operated(services, queue)
    try:
        requeue_dead(services.store, engine, id)
    except UnknownJob as error:
        raise NotFound(str(error)) from None
    return json_response(view(engine))


def forget(services: Services, queue: str, id: str) -> Response:  # noqa: A002 - the path's own word
    """DELETE of one: its evidence goes; the store's row stays dead."""
    engine = operated(services, queue)
    try:
        engine.forget(id)
    except UnknownJob:
        raise NotFound(f"there is no dead letter {id}") from None
    return Response(status=204)


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


ROUTES = (
    Route(
        method="GET",
        path="/v1/queues/<queue>/dead",
        name="list_dead",
        handler=list_dead,
        summary="List dead letters, newest first",
        tag="operations",
        query=DeadQuery,
        answers={200: Answer(why="A page of them.", body=DeadLetters)},
        errors=(*OPERATOR_ERRORS, InvalidField),
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
        errors=OPERATOR_ERRORS,
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
        errors=OPERATOR_ERRORS,
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
        errors=OPERATOR_ERRORS,
        access="key",
    ),
)
