"""One table of routes: what Flask serves and what /openapi.json says are the same rows."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec
from flask import Response

from api.errors import ApiError


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One way a route answers when all is well."""

    why: str
    body: Any = None
    """The type of its JSON body, or None."""
    content_type: str = "application/json"


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    """As Flask writes it: /v1/submissions/<id>."""
    name: str
    """The operation's id, e.g. "submit"."""
    handler: Callable[..., Response]
    """Called with the Services and the path's parts by name."""
    summary: str
    tag: str
    answers: dict[int, Answer]
    body: Any = None
    """The struct of the request's JSON body."""
    upload: str = ""
    """The content type of a request's body that is no JSON, e.g. "application/zip"."""
    query: Any = None
    """The struct of the query's parameters; each has a default."""
    headers: tuple[str, ...] = ()
    """Request headers it reads, of those that openapi.py describes."""
    errors: tuple[type[ApiError], ...] = ()
    """What else it may answer; what any route may is added."""
    access: Literal["anyone", "caller", "key"] = "anyone"
    """Who may call it: "caller" takes a key into account, "key" needs one."""
