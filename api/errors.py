"""Every error the front answers with, as RFC 9457 problem+json.

::

    ApiError
    ├── InvalidBody           400  not JSON, not UTF-8
    ├── InvalidField          400  a field is unknown, missing, of a wrong type or names nothing we have
    ├── KeyRequired           401  no key, and this needs one
    ├── UnknownKey            401  a key nobody has
    ├── MissingScope          403  the key may not do this
    ├── NotFound              404
    ├── MethodNotAllowed      405
    ├── IdempotencyMismatch   409  the Idempotency-Key came with another body before
    ├── AlreadyEnded          409  what should be cancelled has ended
    ├── NotJudgedYet          409  a rejudge that is to be applied is still being judged
    ├── AlreadyClosed         409  a rejudge was applied or discarded before
    ├── PutByHand             409  a problem whose package was put there by hand
    ├── TooLarge              413  a body, or a field of it
    ├── UnsupportedMediaType  415  the body is not application/json
    ├── BrokenPackage         422  a problem package with faults, all of them listed
    ├── TooManyRequests       429  over the rate of a key or an address
    ├── InternalError         500  a fault of ours; the log has it
    ├── QueueIsFull           503  a bound of the queue (Retry-After is measured), or closed by an operator
    ├── QueueAway             503  Redis does not answer
    ├── StoreAway             503  the database is locked or does not answer
    ├── ProblemsUnwritable    503  the folder of problems cannot take a package (a full disk)
    ├── NoSandbox             503  no worker can judge on its host
    └── TooManyStreams        503  every thread for waits and streams is taken

``type`` is a path of this server, ``/v1/errors/<name>``, and answers with the error's meaning.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec
from flask import Response

from judgeline.errors import JudgelineError

CONTENT_TYPE = "application/problem+json"
TYPES = "/v1/errors/"


class FieldError(msgspec.Struct, frozen=True):
    """One thing wrong in a request."""

    field: str
    """Its path, e.g. "source" or "to[1]"; a header's or query parameter's name."""
    reason: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every answer that is not 2xx."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []
    retry_after_s: int | None = None
    """The header Retry-After, for those who only see the body."""


class ApiError(JudgelineError):
    """An answer that is not 2xx. ``name`` and ``title`` say which kind, ``detail`` what happened here."""

    status: ClassVar[int]
    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after_s: int | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.retry_after_s = retry_after_s
        self.headers = list(headers)
        if retry_after_s is not None:
            self.headers.append(("Retry-After", str(retry_after_s)))

    def problem(self) -> Problem:
        """The answer's body."""
        return Problem(
            type=TYPES + self.name,
            title=self.title,
            status=self.status,
            detail=self.detail,
            errors=self.errors,
            retry_after_s=self.retry_after_s,
        )

    def response(self) -> Response:
        """The whole answer."""
        body = msgspec.json.encode(self.problem())
        return Response(body, self.status, self.headers, content_type=CONTENT_TYPE)


class InvalidBody(ApiError):
    """The body cannot be read at all: no JSON, or not UTF-8."""

    status = 400
    name = "invalid-body"
    title = "The body is not JSON"


class InvalidField(ApiError):
    """A field, parameter or header is unknown, missing, of a wrong type, or names what is not here."""

    status = 400
    name = "invalid-field"
    title = "A field is not as it must be"

    @classmethod
    def of(cls, field: str, reason: str) -> "InvalidField":
        """The error of one field."""
        return cls(f"{field}: {reason}" if field else reason, errors=[FieldError(field, reason)])


class KeyRequired(ApiError):
    """This needs an API key: send ``Authorization: Bearer <id.secret>``."""

    status = 401
    name = "key-required"
    title = "An API key is needed"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers=[("WWW-Authenticate", "Bearer")])


class UnknownKey(ApiError):
    """The Authorization header holds no key that is known and not revoked."""

    status = 401
    name = "unknown-key"
    title = "The API key is not known"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers=[("WWW-Authenticate", 'Bearer error="invalid_token"')])


class MissingScope(ApiError):
    """The key is known but lacks the scope this needs."""

    status = 403
    name = "missing-scope"
    title = "The API key may not do this"


class NotFound(ApiError):
    """There is no such thing, or it is somebody else's."""

    status = 404
    name = "not-found"
    title = "There is no such thing"


class MethodNotAllowed(ApiError):
    """The path is right, the method is not; the header Allow lists those that are."""

    status = 405
    name = "method-not-allowed"
    title = "The path does not take this method"


class IdempotencyMismatch(ApiError):
    """This Idempotency-Key was used before, with another body."""

    status = 409
    name = "idempotency-mismatch"
    title = "The Idempotency-Key was used for another request"


class AlreadyEnded(ApiError):
    """It has ended, so it cannot be cancelled."""

    status = 409
    name = "already-ended"
    title = "It has ended"


class NotJudgedYet(ApiError):
    """Not all submissions of the rejudge are judged, so it cannot be applied yet."""

    status = 409
    name = "not-judged-yet"
    title = "The rejudge is not judged to its end"


class AlreadyClosed(ApiError):
    """The rejudge was applied or discarded before; either is final."""

    status = 409
    name = "already-closed"
    title = "The rejudge is closed"


class PutByHand(ApiError):
    """The problem's package was put into the folder of problems by hand, so it is changed there."""

    status = 409
    name = "put-by-hand"
    title = "The problem was put there by hand"


class TooLarge(ApiError):
    """The body, or a field of it, is over its bound."""

    status = 413
    name = "too-large"
    title = "The request is too large"

    @classmethod
    def of(cls, field: str, size: int, most: int) -> "TooLarge":
        """The error of one field; sizes in bytes of UTF-8."""
        reason = f"has {size:,} bytes; at most {most:,} are allowed"
        return cls(f"{field} {reason}", errors=[FieldError(field, reason)])


class UnsupportedMediaType(ApiError):
    """The body must be JSON (of a problem package: a zip) and say so: ``Content-Type: application/json``."""

    status = 415
    name = "unsupported-media-type"
    title = "The body is not of the type it must be"


class BrokenPackage(ApiError):
    """The problem package has faults; ``errors`` lists them all, each with its path. Nothing has changed."""

    status = 422
    name = "broken-package"
    title = "The problem package has faults"


class TooManyRequests(ApiError):
    """Over the submits a minute of this key, or of this address without a key."""

    status = 429
    name = "too-many-requests"
    title = "Too many requests"


class InternalError(ApiError):
    """A fault of ours. The log has it, with the request's method and path."""

    status = 500
    name = "internal-error"
    title = "Something broke here"


class QueueIsFull(ApiError):
    """A bound of the queue is reached, or its operator closed it: nothing was accepted.

    Retry-After is measured from the queue's drain rate; it is a minute where the queue is closed.
    """

    status = 503
    name = "queue-full"
    title = "The queue is full"


class QueueAway(ApiError):
    """Redis does not answer; nothing was accepted."""

    status = 503
    name = "queue-away"
    title = "The queue cannot be reached"


class StoreAway(ApiError):
    """The database is locked or does not answer; nothing was accepted."""

    status = 503
    name = "store-away"
    title = "The store cannot be reached"


class ProblemsUnwritable(ApiError):
    """The disk refuses what a problem package needs; the version in use stays in use."""

    status = 503
    name = "problems-unwritable"
    title = "The folder of problems cannot be written"


class NoSandbox(ApiError):
    """Workers are there, but none of their hosts can run code safely; /readyz says what is missing."""

    status = 503
    name = "no-sandbox"
    title = "Nothing here can run code safely"


class TooManyStreams(ApiError):
    """Every thread that waits and streams may use is taken; poll instead, or try again."""

    status = 503
    name = "too-many-streams"
    title = "Too many streams are open"


def every_error() -> Iterator[type[ApiError]]:
    """All kinds, by status."""
    yield from sorted(ApiError.__subclasses__(), key=lambda kind: (kind.status, kind.name))
