"""Sends the e-mails of a queue, one attempt a message, a checkpoint a recipient."""

from collections.abc import Mapping

from judgeline.mail.errors import BadMessage, MailError
from judgeline.mail.mailer import Mailer, open_mailer
from judgeline.mail.message import Message
from judgeline.mail.recipients import RecipientState, decode_states, encode_states
from judgeline.payloads import EmailPayload, PayloadError, decode
from judgeline.queues.handler import Context, GiveUp, Retry
from judgeline.queues.job import Claim
from workers.errors import Unready
from workers.handlers import Workplace

_MARGIN = 0.8


class EmailHandler:
    """Has a mailer send what a job asks for; whom an earlier attempt settled is left alone."""

    def __init__(self, mailer: Mailer, within_s: float) -> None:
        self._mailer = mailer
        self._within_s = within_s

    def __call__(self, claim: Claim, context: Context) -> bytes:
        """Send to everybody left; gives address -> state as JSON. Raises Retry while somebody is left."""
        payload = decode(claim.payload)
        if not isinstance(payload, EmailPayload):
            raise PayloadError("not an e-mail")
        message = Message(
            job_id=claim.id,
            to=tuple(payload.to),
            subject=payload.subject,
            text=payload.text,
            html=payload.html,
        )

        def note(states: Mapping[str, RecipientState]) -> None:
            settled = sum(state.settled for state in states.values())
            context.stage("sending", settled)
            context.checkpoint(encode_states(states))

        try:
            done = decode_states(claim.checkpoint)
            report = self._mailer.send(message, done, note=note, within_s=self._within_s)
        except BadMessage as error:
            raise GiveUp(str(error)) from error
        if not report.settled:
            raise Retry(report.reason)
        return encode_states(report.recipients)

    def idle(self) -> None:
        """Nothing to prepare: a connection kept open would only time out."""

    def close(self) -> None:
        """Take leave of the mail server."""
        self._mailer.close()


def make(place: Workplace) -> EmailHandler:
    """Make the handler. Raises Unready where SMTP_URL or the sender cannot be used."""
    mail = place.config.mail
    try:
        mailer = open_mailer(
            place.settings.smtp_url, place.settings.home / "outbox", mail.sender, mail.timeout_s
        )
    except MailError as error:
        raise Unready(str(error)) from error
    return EmailHandler(mailer, place.options.timeout_s * _MARGIN)
