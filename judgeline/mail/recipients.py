"""What became of each recipient of a message."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from judgeline.mail.errors import MailError

MAX_REPLY_CHARACTERS = 120
"""A server's words are cut to this: the states of a thousand recipients travel in one checkpoint."""


class RecipientStatus(StrEnum):
    """Where a recipient stands. ``sent`` and ``refused`` never change again."""

    WAITING = "waiting"
    """Not tried yet."""
    SENT = "sent"
    """The server took the message for this recipient."""
    DEFERRED = "deferred"
    """Tried, and to be tried again: a 4xx reply, or a connection that broke."""
    REFUSED = "refused"
    """A 5xx reply: final, for this recipient only."""


class RecipientState(msgspec.Struct, frozen=True, omit_defaults=True):
    """One recipient's standing, and the server's words on it."""

    status: RecipientStatus
    code: int = 0
    """The SMTP reply code, 0 where no reply was had."""
    reply: str = ""
    """What the server said, or why it could not be asked; one line, at most MAX_REPLY_CHARACTERS."""

    @property
    def settled(self) -> bool:
        """Whether this recipient must not be tried again."""
        return self.status in (RecipientStatus.SENT, RecipientStatus.REFUSED)


class Report(msgspec.Struct, frozen=True):
    """How a message stands after an attempt."""

    recipients: dict[str, RecipientState]
    """Address as the payload wrote it -> state, in the payload's order."""

    @property
    def settled(self) -> bool:
        """Whether nothing is left to try; otherwise the caller tries again later."""
        return all(state.settled for state in self.recipients.values())

    @property
    def left(self) -> list[str]:
        """Who is still to be tried."""
        return [address for address, state in self.recipients.items() if not state.settled]

    @property
    def reason(self) -> str:
        """Why something is left, in one line; "" when nothing is."""
        left = [self.recipients[address] for address in self.left]
        if not left:
            return ""
        told = next((state for state in left if state.reply), left[0])
        said = f"{told.code} {told.reply}".removeprefix("0 ").strip()
        return f"{len(left)} of {len(self.recipients)} recipients are left: {said or 'not tried yet'}"


def begin(to: Iterable[str], done: Mapping[str, RecipientState]) -> dict[str, RecipientState]:
    """Give every recipient once, with what an earlier attempt left of it."""
    waiting = RecipientState(RecipientStatus.WAITING)
    return {address: done.get(address, waiting) for address in to}


def turns(states: Mapping[str, RecipientState]) -> list[str]:
    """Who is to be tried, in which order: those never tried first.

    So a recipient on whom the server breaks off every time cannot keep the others from their turn.
    """
    left = [address for address, state in states.items() if not state.settled]
    return sorted(left, key=lambda address: states[address].status != RecipientStatus.WAITING)


def one_line(text: str) -> str:
    """Give a server's words as one printable line of bounded length."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= MAX_REPLY_CHARACTERS else line[: MAX_REPLY_CHARACTERS - 1] + "…"


def encode_states(states: Mapping[str, RecipientState]) -> bytes:
    """Give the states as a JSON object, address -> {status, code?, reply?}: a checkpoint, or a result."""
    return msgspec.json.encode(states)


def decode_states(data: bytes) -> dict[str, RecipientState]:
    """Read what ``encode_states`` gave; ``b""`` is no recipient yet. Raises MailError."""
    if not data:
        return {}
    try:
        return msgspec.json.decode(data, type=dict[str, RecipientState])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MailError(f"not recipient states: {error}") from None
