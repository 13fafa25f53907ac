"""/v1/errors: what the ``type`` of a problem+json answer means."""

import inspect

import msgspec
from flask import Response

from api.errors import TYPES, ApiError, NotFound, every_error
from api.jobs import json_response
from api.routes import Answer, Route
from api.services import Services


class ErrorKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of error."""

    type: str
    status: int
    title: str
    meaning: str


class ErrorKinds(msgspec.Struct, frozen=True):
    """All kinds, by status."""

    errors: list[ErrorKind]


def list_errors(_services: Services) -> Response:
    """GET: all kinds."""
    return json_response(ErrorKinds([describe(kind) for kind in every_error()]))


def show_error(_services: Services, name: str) -> Response:
    """GET of one."""
    for kind in every_error():
        if kind.name == name:
            return json_response(describe(kind))
    raise NotFound(f"there is no error {name!r}")


def describe(kind: type[ApiError]) -> ErrorKind:
    """A kind of error as people read it."""
    meaning = " ".join(inspect.cleandoc(kind.__doc__ or "").split())
    return ErrorKind(type=TYPES + kind.name, status=kind.status, title=kind.title, meaning=meaning)


ROUTES = (
    Route(
        method="GET",
        path="/v1/errors",
        name="list_errors",
        handler=list_errors,
        summary="Every kind of error this API answers with",
        tag="operations",
        answers={200: Answer(why="All of them, by status.", body=ErrorKinds)},
    ),
    Route(
        method="GET",
        path="/v1/errors/<name>",
        name="show_error",
        handler=show_error,
        summary="What one kind of error means",
        tag="operations",
        answers={200: Answer(why="The kind.", body=ErrorKind)},
        errors=(NotFound,),
    ),
)
