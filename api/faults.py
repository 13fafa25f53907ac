"""From exceptions to answers: what a handler raises becomes problem+json and never shows what is inside."""

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from api import log
from api.errors import (
    ApiError,
    InternalError,
    InvalidBody,
    MethodNotAllowed,
    NotFound,
    QueueAway,
    QueueIsFull,
    StoreAway,
    TooLarge,
)
from judgeline.queues.errors import QueueFull, QueueUnavailable
from judgeline.store.errors import StoreError, StoreUnavailable

AGAIN_S = 2
"""Retry-After where nothing better is known: Redis and stores come back within seconds or not at all."""


def register(app: Flask) -> None:
    """Let an app answer every fault as problem+json."""
    app.register_error_handler(ApiError, ApiError.response)
    app.register_error_handler(QueueFull, _queue_full)
    app.register_error_handler(QueueUnavailable, _queue_away)
    app.register_error_handler(StoreError, _store)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _anything)


def _queue_full(error: QueueFull) -> Response:
    if error.bound == "max_queued_per_user":
        detail = f"as many of your jobs wait on {error.queue} as one user may have there"
    elif error.bound == "closed":
        detail = f"the queue {error.queue} is closed: its operator takes nothing new in for now"
    else:
        detail = f"the queue {error.queue} is full"
    return QueueIsFull(detail, retry_after_s=error.retry_after_s).response()


def _queue_away(error: QueueUnavailable) -> Response:
    log.queue_away(str(error))
    return QueueAway("the queue cannot be reached; nothing was accepted", retry_after_s=AGAIN_S).response()


def _store(error: StoreError) -> Response:
    log.store_away(str(error))
    if isinstance(error, StoreUnavailable):
        detail = "the store is locked or does not answer; nothing was accepted"
    else:
        detail = "the store cannot be used as it is; its operator must mend it (see /readyz)"
    return StoreAway(detail, retry_after_s=AGAIN_S).response()


def _http(error: HTTPException) -> Response:
    """What Flask and Werkzeug raise by themselves."""
    match error.code:
        case 404:
            return NotFound(f"there is nothing at {request.path}").response()
        case 405:
            allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
            detail = f"{request.path} takes {allowed}, not {request.method}"
            return MethodNotAllowed(detail, headers=[("Allow", allowed)]).response()
        case 413:
            most = request.max_content_length
            return TooLarge(f"the body has more than {most:,} bytes").response()
        case 400:
            return InvalidBody("the request cannot be read").response()
        case _:
            return _anything(error)


def _anything(_error: Exception) -> Response:
    log.broke(request.method, request.path)
    return InternalError("a fault of ours; it was logged").response()
