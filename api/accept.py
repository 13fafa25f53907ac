"""Accepting: the one path by which anything enters, whatever it is.

Checks come first and write nothing: the rate, then one read of the queue (Redis reachable? room?). Then the
row is committed as pending, and that commit is the acceptance. Only then is the job enqueued, and whatever
that says, the answer is 202: the sweeper enqueues every pending row that Redis does not know. (A
transactional outbox; the id is made here, so enqueuing twice is one job.)
"""

import hashlib
import time

import msgspec
from flask import Response

from api import log
from api.auth import Caller
from api.checks import require_sandbox
from api.errors import (
    IdempotencyMismatch,
    InvalidBody,
    InvalidField,
    QueueAway,
    QueueIsFull,
    TooLarge,
    TooManyRequests,
    UnsupportedMediaType,
)
from api.reading import Status
from api.requests import idempotency_key
from api.services import Services
from judgeline.ids import new_id
from judgeline.payloads import EmailPayload, Payload, RunPayload, SubmissionPayload, encode
from judgeline.queues.engine import Engine
from judgeline.queues.errors import QueueError
from judgeline.queues.job import NewJob
from judgeline.queues.options import QueueOptions
from judgeline.store import jobs, keys
from judgeline.store.errors import IdempotencyConflict
from judgeline.store.keys import Plan
from judgeline.store.rows import Accepted, NewJobRow

LONGEST_USER = 200
"""Bytes of an owner's name that go onto a queue as they are."""
PRIORITIES = {Plan.FREE: "low", Plan.PREMIUM: "high", Plan.OPERATOR: "high"}
"""Plan -> priority. A queue with other priorities gives the plan its lightest or heaviest one."""

ACCEPT_ERRORS = (
    InvalidBody,
    InvalidField,
    IdempotencyMismatch,
    TooLarge,
    UnsupportedMediaType,
    TooManyRequests,
    QueueIsFull,
    QueueAway,
)
"""What every route that accepts may answer."""

_encode = msgspec.json.Encoder().encode


class Links(msgspec.Struct, frozen=True):
    """Where to go from here; paths on this server."""

    self: str
    events: str | None = None
    """Server-sent events until it has ended."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an accepted request."""

    id: str
    status: Status
    links: Links


def accept(  # noqa: PLR0913, PLR0917 - who, what, where to and when
    services: Services,
    caller: Caller,
    engine: Engine,
    payload: Payload,
    path: str,
    delay_s: int = 0,
) -> Response:
    """Take a validated payload in and answer 202.

    ``path`` is what the id is appended to in the answer's links; the job waits ``delay_s`` before it joins
    its queue's line. Raises TooLarge, TooManyRequests, NoSandbox, IdempotencyMismatch, QueueFull,
    QueueUnavailable or StoreUnavailable; then nothing was accepted.
    """
    idempotency = idempotency_key()
    data = encode(payload)
    most = engine.options.max_payload_bytes
    if len(data) > most:
        raise TooLarge(f"this makes a job of {len(data):,} bytes; at most {most:,} are allowed")
    kind, problem, language = _describe(payload)
    row = NewJobRow(
        id=new_id(),
        queue=engine.name,
        kind=kind,
        owner=caller.owner,
        user=user_of(caller.owner),
        priority=priority_of(caller.plan, engine.options),
        payload=data,
        # The same payload at another time is another request.
        digest=hashlib.sha256(_said(payload, data) + (b"\0%d" % delay_s if delay_s else b"")).hexdigest(),
        problem=problem,
        problem_version=payload.version if isinstance(payload, SubmissionPayload) else None,
        language=language,
        idempotency_key=idempotency,
        not_before_ms=time.time_ns() // 1_000_000 + 1000 * delay_s if delay_s else 0,
    )
    services.limits.spend(caller)  # the first to ask Redis: where that is away, nobody waits for it twice
    if kind != "email":
        require_sandbox(services)
    engine.admit(row.priority, row.user, len(data))
    accepted = _commit(services, caller, row)
    if accepted.new:
        _enqueue(engine, row, delay_s)
    return _receipt(accepted, path, events=kind != "email", later=delay_s > 0)


def user_of(owner: str) -> str:
    """Who takes turns with whom: the owner, by a digest where the name is longer than a queue takes."""
    return owner if len(owner.encode()) <= LONGEST_USER else hashlib.sha256(owner.encode()).hexdigest()


def priority_of(plan: Plan, options: QueueOptions) -> str:
    """The priority a plan gives on a queue. The request has no say in it."""
    usual = PRIORITIES[plan]
    if usual in options.priorities:
        return usual
    by_weight = sorted(options.priorities, key=lambda name: options.priorities[name].weight)
    return by_weight[0] if usual == "low" else by_weight[-1]


def _describe(payload: Payload) -> tuple[str, str | None, str | None]:
    """The row's kind, problem and language."""
    match payload:
        case SubmissionPayload():
            return "submission", payload.problem, payload.language
        case RunPayload():
            return "run", None, payload.language
        case EmailPayload():
            return "email", None, None


def _said(payload: Payload, data: bytes) -> bytes:
    """What the client asked for: the problem's version, which changes by itself, is no part of it."""
    if isinstance(payload, SubmissionPayload) and payload.version:
        return encode(msgspec.structs.replace(payload, version=""))
    return data


def _commit(services: Services, caller: Caller, row: NewJobRow) -> Accepted:
    try:
        with services.store.writer() as connection:
            accepted = jobs.accept(connection, row)
            if (key := services.authenticator.use_to_note(caller)) is not None:
                keys.note_use(connection, key)  # here, where a transaction is being paid for anyway
            return accepted
    except IdempotencyConflict as conflict:
        raise IdempotencyMismatch(
            f"this Idempotency-Key was used for {conflict.first_id} with another body"
        ) from None


def _enqueue(engine: Engine, row: NewJobRow, delay_s: int) -> None:
    job = NewJob(
        id=row.id,
        priority=row.priority,
        payload=row.payload,
        user=row.user,
        admitted=True,
        delay_ms=1000 * delay_s,  # by the server's clock, so that another one here moves nothing
    )
    try:
        engine.enqueue([job])
    except QueueError as error:
        log.left_to_sweeper(row.id, row.queue, str(error))


def _receipt(accepted: Accepted, path: str, *, events: bool, later: bool) -> Response:
    here = f"{path}/{accepted.id}"
    # A repeated request is answered as the first was, whatever has become of it since: links.self tells that.
    receipt = Receipt(
        id=accepted.id,
        status=Status.DELAYED if later else Status.QUEUED,
        links=Links(self=here, events=f"{here}/events" if events else None),
    )
    return Response(_encode(receipt), 202, [("Location", here)], content_type="application/json")
