"""What submissions, runs and e-mails have in common: look, wait, cancel, follow."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from flask import Response, request

from api.errors import AlreadyEnded, InvalidField, NotFound, QueueAway, TooManyStreams
from api.reading import Reading, Status, channel_of, find_row, position, read
from api.requests import read_query
from api.routes import Answer, Route
from api.services import Services
from api.stream import Stream
from api.waiting import hung_up, wait_until_ended
from judgeline.outbox import cancel_row
from judgeline.queues.engine import Cancelled
from judgeline.store.rows import JobRow, RowState

encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Noun:
    """A kind of thing that is accepted."""

    kind: str
    """"submission", "run" or "email": what its rows say."""
    path: str
    """Where they are, e.g. "/v1/submissions"."""
    view: Callable[[Reading, int | None], Any]
    """Makes the answer's struct from a reading and the position in the queue."""


class WaitQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of a GET of one thing."""

    wait: float = 0
    """Hold the answer until it has ended, at most so many seconds."""


def json_response(body: Any, status: int = 200, headers: list[tuple[str, str]] | None = None) -> Response:
    """An answer of ours; states change, so nothing between may keep it."""
    response = Response(encode(body), status, headers, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def show(services: Services, noun: Noun, id: str) -> Response:  # noqa: A002 - the path's own word
    """GET of one: as it stands, or with ``?wait=`` as it stands when it has ended or the time is up."""
    query = read_query(WaitQuery)
    caller = services.authenticator.caller()
    row = find_row(services, caller, noun.kind, id)
    if query.wait > 0 and row.state is RowState.PENDING:
        return _show_when_ended(services, noun, row, min(query.wait, services.config.api.max_wait_s))
    return _answer(services, noun, read(services, row))


def _show_when_ended(services: Services, noun: Noun, row: JobRow, seconds: float) -> Response:
    with services.slots.hold() as held:
        if not held:  # an honest answer now beats a thread that nobody else can have
            return _answer(services, noun, read(services, row), [("Retry-After", "1")])
        environ = request.environ
        reading = wait_until_ended(
            services.listener.watch(channel_of(services, row)),
            lambda: read(services, row),
            lambda: services.stopping() or hung_up(environ),
            seconds,
        )
    return _answer(services, noun, reading)


def _answer(
    services: Services, noun: Noun, reading: Reading, headers: list[tuple[str, str]] | None = None
) -> Response:
    return json_response(noun.view(reading, position(services, reading)), headers=headers)


def cancel(services: Services, noun: Noun, id: str) -> Response:  # noqa: A002 - the path's own word
    """DELETE of one: 200 when it is cancelled, 202 when its worker has been told. Raises AlreadyEnded."""
    caller = services.authenticator.caller()
    row = find_row(services, caller, noun.kind, id)
    asked = _cancel(services, row)
    row = find_row(services, caller, noun.kind, id)
    reading = read(services, row)
    return json_response(noun.view(reading, None), 202 if asked and not reading.ended else 200)


def _cancel(services: Services, row: JobRow) -> bool:
    """Whether its worker had to be told. Raises AlreadyEnded."""
    if row.state is RowState.CANCELLED:
        return False
    if row.state is RowState.PENDING:
        found = cancel_row(services.store, services.engines[row.queue], row.id)
        if found is not Cancelled.TOO_LATE or _was_cancelled(services, row):
            return found is Cancelled.ASKED
    raise AlreadyEnded(f"the {row.kind} {row.id} has ended; what has ended cannot be cancelled")


def _was_cancelled(services: Services, row: JobRow) -> bool:
    """Whether it had ended by an earlier cancel: the same request again is no fault."""
    return read(services, row).status is Status.CANCELLED


def follow(services: Services, noun: Noun, id: str) -> Response:  # noqa: A002 - the path's own word
    """GET of the events: a stream until it has ended. Raises TooManyStreams."""
    caller = services.authenticator.caller()
    row = find_row(services, caller, noun.kind, id)
    if not services.slots.take():
        raise TooManyStreams("every thread for streams is taken; poll, or try again", retry_after_s=1)
    stream = Stream(services, row, noun.view, request.environ, request.headers.get("Last-Event-ID", ""))
    return stream.response()


def routes_of_one(noun: Noun, tag: str, view: Any) -> tuple[Route, ...]:
    """The routes of one submission or run: look, follow, cancel."""
    return (
        route_of_show(noun, tag, view),
        Route(
            method="GET",
            path=f"{noun.path}/<id>/events",
            name=f"follow_{noun.kind}",
            handler=partial(follow, noun=noun),
            summary=f"Follow a {noun.kind} as server-sent events until it has ended",
            tag=tag,
            headers=("Last-Event-ID",),
            answers={
                200: Answer(
                    why="Events queued, delayed, running, progress, and last verdict with the whole thing.",
                    content_type="text/event-stream",
                ),
                204: Answer(why="Last-Event-ID was the last event: there is nothing more to come."),
            },
            errors=(NotFound, TooManyStreams),
            access="caller",
        ),
        Route(
            method="DELETE",
            path=f"{noun.path}/<id>",
            name=f"cancel_{noun.kind}",
            handler=partial(cancel, noun=noun),
            summary=f"Cancel a {noun.kind}, queued or running",
            tag=tag,
            answers={
                200: Answer(why="It is cancelled.", body=view),
                202: Answer(why="It runs; its worker has been told to stop it.", body=view),
            },
            errors=(NotFound, AlreadyEnded, QueueAway),
            access="caller",
        ),
    )


def route_of_show(noun: Noun, tag: str, view: Any) -> Route:
    """The route that shows one of them."""
    return Route(
        method="GET",
        path=f"{noun.path}/<id>",
        name=f"show_{noun.kind}",
        handler=partial(show, noun=noun),
        summary=f"How a {noun.kind} stands; with wait=20, as soon as it has ended",
        tag=tag,
        query=WaitQuery,
        answers={200: Answer(why="As it stands.", body=view)},
        errors=(NotFound, InvalidField, QueueAway),
        access="caller",
    )
