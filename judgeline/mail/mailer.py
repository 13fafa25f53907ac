"""What sends a message, and the choice between a server and the outbox."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from judgeline.mail.address import parse_sender
from judgeline.mail.message import Message
from judgeline.mail.outbox import OutboxMailer
from judgeline.mail.recipients import RecipientState, Report
from judgeline.mail.server import parse_server
from judgeline.mail.smtp import SmtpMailer

Note = Callable[[Mapping[str, RecipientState]], None]
"""Keeps every recipient's state (a checkpoint). What it raises ends the attempt there."""


class Mailer(Protocol):
    """Sends messages; made once a process, used by one thread."""

    def send(
        self,
        message: Message,
        recipients_done: Mapping[str, RecipientState],
        *,
        note: Note,
        within_s: float | None = None,
    ) -> Report:
        """Try everybody whom ``recipients_done`` does not settle, and tell how each stands.

        ``recipients_done`` is what the last ``note`` of the earlier attempts got, {} at first. ``note`` gets
        the states of all recipients as soon as one of them changed, before anything else can fail. After
        ``within_s`` seconds nobody new is begun. Raises BadMessage (nothing was sent, nothing ever will be)
        and what ``note`` raises; a server's faults are never raised but told in the report.
        """

    def close(self) -> None:
        """End the connection, if there is one."""


def open_mailer(smtp_url: str, outbox: Path, sender: str, timeout_s: float = 30) -> Mailer:
    """Give a mailer for SMTP_URL, or one that writes .eml files into ``outbox`` when that is "".

    ``sender`` is ``Name <address>`` or an address; ``timeout_s`` bounds one SMTP command. Connects
    with the first message only. Raises BadServerUrl.
    """
    author = parse_sender(sender)
    if not smtp_url:
        return OutboxMailer(outbox, author)
    return SmtpMailer(parse_server(smtp_url), author, timeout_s)
