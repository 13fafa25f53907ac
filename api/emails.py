"""E-mails: never from strangers, and only with the scope ``mail``, so this is no open relay."""

from typing import Annotated

import msgspec
from flask import Response
from msgspec import Meta

from api.accept import ACCEPT_ERRORS, Links, Receipt, accept
from api.errors import InvalidField, MissingScope
from api.jobs import Noun, route_of_show
from api.reading import Moment, Reading, Status, instant, moment
from api.requests import BodyReader, check_text
from api.routes import Answer, Route
from api.services import Services
from judgeline.mail.errors import BadMessage, MailError
from judgeline.mail.message import Message, check_message
from judgeline.mail.recipients import RecipientState, decode_states
from judgeline.payloads import Address, EmailPayload
from judgeline.queues.rules import MAX_DELAY_MS
from judgeline.store.keys import Scope

PATH = "/v1/emails"


class NewEmail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to send; the sender is the operator's choice."""

    to: Annotated[list[Address], Meta(min_length=1, max_length=1_000)]
    """At most ``[mail] max_recipients`` addresses (50); each gets a state of its own."""
    subject: Annotated[str, Meta(max_length=998)]
    text: str
    html: str | None = None
    """The same as HTML, for clients that show it."""
    delay_s: Annotated[int, Meta(ge=0, le=MAX_DELAY_MS // 1000)] = 0
    """How long to wait before it is sent, whole seconds, at most 30 days."""


class EmailView(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail as it stands."""

    id: str
    status: Status
    recipients: dict[str, RecipientState]
    """By address, in no particular order; empty until the first attempt."""
    reason: str
    """Why it is dead, delayed or cancelled."""
    attempt: int
    position: int | None
    not_before: Moment | None
    """When its delay is over, if it was sent with one."""
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    links: Links


_reader = BodyReader(NewEmail)


def send(services: Services) -> Response:
    """POST: take an e-mail in."""
    caller = services.authenticator.caller()
    caller.require(Scope.MAIL)
    new = _reader.read()
    _check(new, services.config.mail.max_recipients)
    payload = EmailPayload(to=new.to, subject=new.subject, text=new.text, html=new.html)
    return accept(services, caller, services.mail_engine, payload, PATH, new.delay_s)


def view(reading: Reading, position: int | None) -> EmailView:
    """An e-mail's answer."""
    row = reading.row
    return EmailView(
        id=row.id,
        status=reading.status,
        recipients=_states(reading),
        reason=reading.reason,
        attempt=reading.attempt,
        position=position,
        not_before=moment(row.not_before_ms),
        created_at=instant(row.created_ms),
        started_at=moment(reading.started_ms),
        finished_at=moment(reading.finished_ms),
        links=Links(self=f"{PATH}/{row.id}"),
    )


def _check(new: NewEmail, most: int) -> None:
    """Refuse what no attempt could ever send. Raises InvalidField."""
    if len(new.to) > most:
        raise InvalidField.of("to", f"has {len(new.to)} addresses; at most {most} are allowed")
    check_text("text", new.text)
    if new.html is not None:
        check_text("html", new.html)
    message = Message(job_id="", to=tuple(new.to), subject=new.subject, text=new.text, html=new.html)
    try:
        envelope = check_message(message)
    except BadMessage as error:
        raise InvalidField.of(error.field, error.reason) from None
    # Domains have no case and may be written in two alphabets; what is before the @ is its server's matter.
    people = {(local, domain.lower()) for local, _, domain in (one.rpartition("@") for one in envelope)}
    if len(people) < len(envelope):
        raise InvalidField.of("to", "names an address twice")


def _states(reading: Reading) -> dict[str, RecipientState]:
    try:
        return decode_states(reading.result or reading.checkpoint)
    except MailError:
        return {}


NOUN = Noun("email", PATH, view)

ROUTES = (
    Route(
        method="POST",
        path=PATH,
        name="send_email",
        handler=send,
        summary="Send an e-mail to one or more recipients",
        tag="emails",
        body=NewEmail,
        headers=("Idempotency-Key",),
        answers={202: Answer(why="Accepted: it will be sent, whatever breaks from here on.", body=Receipt)},
        errors=(*ACCEPT_ERRORS, MissingScope),
        access="key",
    ),
    route_of_show(NOUN, "emails", EmailView),
)
