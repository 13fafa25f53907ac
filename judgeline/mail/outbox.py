"""The mailer of a house without a mail server: every message is a file to look at."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from judgeline.mail.address import Sender
from judgeline.mail.message import Message, build_message, check_message, copy_for, job_name
from judgeline.mail.recipients import RecipientState, RecipientStatus, Report, begin, one_line, turns


class OutboxMailer:
    """Writes ``<job id>.eml``, one file a message, complete or not at all, the same on every attempt.

    Unlike the copies that a server gets, the file names all recipients: only the operator reads it.
    """

    def __init__(self, folder: Path, sender: Sender) -> None:
        self._folder = folder
        self._sender = sender

    def send(
        self,
        message: Message,
        recipients_done: Mapping[str, RecipientState],
        *,
        note: Callable[[Mapping[str, RecipientState]], None],
        within_s: float | None = None,  # noqa: ARG002 - a Mailer's parameter; a file takes no time
    ) -> Report:
        """Write the message for those whom ``recipients_done`` does not settle. See ``Mailer.send``."""
        envelope = check_message(message)
        states = begin(message.to, recipients_done)
        if left := turns(states):
            name = f"{job_name(message.job_id)}.eml"
            body = copy_for(
                build_message(message, self._sender).as_bytes(), ",\r\n ".join(dict.fromkeys(envelope))
            )
            try:
                _write(self._folder, name, body)
                state = RecipientState(RecipientStatus.SENT, reply=one_line(f"written to {name}"))
            except OSError as error:
                state = RecipientState(
                    RecipientStatus.DEFERRED, reply=one_line(f"outbox: {error.strerror or error}")
                )
            states |= dict.fromkeys(left, state)
            note(dict(states))
        return Report(states)

    def close(self) -> None:
        """Nothing is held open."""


def _write(folder: Path, name: str, data: bytes) -> None:
    """Make the file durable under its final name, or leave what was there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / f".{name}.{os.getpid()}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / name)
    finally:
        draft.unlink(missing_ok=True)
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
