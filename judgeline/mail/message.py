"""Building a message: the same job gives the same bytes on every attempt."""

import hashlib
import re
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from judgeline.mail.address import Sender, check_address
from judgeline.mail.errors import BadMessage

_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_PLAIN_SUBJECT = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_MAX_SUBJECT = 998
_BREAKS = frozenset({"Cc", "Zl", "Zp"})
"""Unicode's controls and line and paragraph separators."""
_READABLE_BYTES = 65_536


@dataclass(frozen=True)
class Message:
    """What a job asks to be sent."""

    job_id: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str | None = None


class _Wire(policy.EmailPolicy):
    """Headers of ours go to the wire as they were made.

    The standard library would decode an encoded word in a subject and write what it hides, line breaks and
    all (CVE-2024-6923, in Python up to 3.11.9 and 3.12.4): ``=?utf-8?q?=0D=0ABcc:…?=`` injects a header.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Keep what ``build_message`` made; MIME's own headers stay the library's."""
        return super().header_store_parse(name, value) if name.lower() in _MIME else (name, value)


_MIME = frozenset({"content-type", "content-transfer-encoding", "mime-version", "content-disposition"})
_POLICY = _Wire(linesep="\r\n", refold_source="none")


def check_message(message: Message) -> tuple[str, ...]:
    """Give the envelope's recipients, in the order of ``to``.

    Raises BadMessage naming the field that no message may carry: whoever accepts messages can ask beforehand.
    """
    if not message.to:
        raise BadMessage("to", "names nobody")
    envelope = tuple(check_address(address, f"to[{index}]") for index, address in enumerate(message.to))
    if len(message.subject) > _MAX_SUBJECT:
        raise BadMessage("subject", f"is longer than {_MAX_SUBJECT} characters")
    if any(char != "\t" and unicodedata.category(char) in _BREAKS for char in message.subject):
        raise BadMessage("subject", "holds a line break or another control character")
    for field, body in (("subject", message.subject), ("text", message.text), ("html", message.html or "")):
        try:
            body.encode()
        except UnicodeEncodeError:
            raise BadMessage(field, "holds half a character (a lone surrogate)") from None
    return envelope


def build_message(message: Message, sender: Sender) -> EmailMessage:
    """Give the message without a To header: each recipient's own copy gets that (``copy_for``).

    Message-ID, Date and the MIME boundary follow from the job, so that every attempt makes the same bytes and
    a receiver that sees two of them can drop one. Raises BadMessage.
    """
    check_message(message)
    name = job_name(message.job_id)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender.header
    mail["Subject"] = _subject(message.subject)
    mail["Date"] = format_datetime(_accepted(message.job_id))
    mail["Message-ID"] = f"<{name}@{sender.domain}>"
    # RFC 3834: keeps vacation notices and other robots from answering.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text, cte=_encoding(message.text))
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html", cte=_encoding(message.html))
        # "=_" stands in no quoted-printable and no base64 body (RFC 2045, 6.7): it cannot be forged.
        mail.set_boundary(f"=_{name}")
    return mail


def copy_for(body: bytes, address: str) -> bytes:
    """Give one recipient's copy: the message as bytes, addressed to that recipient alone.

    Nobody learns who else got it, and "undisclosed recipients", which filters take for spam, is not needed.
    """
    return b"To: " + address.encode() + b"\r\n" + body


def job_name(job_id: str) -> str:
    """Give a job's id as it may stand in a Message-ID or a file name; its digest where it may not."""
    return job_id if _PLAIN_ID.fullmatch(job_id) else hashlib.sha256(job_id.encode()).hexdigest()


def _subject(subject: str) -> str:
    """Plain where it reads the same everywhere, else in encoded words (RFC 2047), "=?" itself included."""
    if "=?" not in subject and _PLAIN_SUBJECT.fullmatch(subject):
        return Header(subject, header_name="Subject").encode()
    return Header(subject, "utf-8", header_name="Subject").encode() if subject else ""


def _encoding(text: str) -> str:
    """Always one of the two that carry any line and any byte, the readable one where it stays readable."""
    size = len(text.encode())
    foreign = size - sum(char.isascii() for char in text) if size <= _READABLE_BYTES else size
    return "quoted-printable" if foreign * 6 <= size else "base64"


def _accepted(job_id: str) -> datetime:
    """When the message was handed in: a UUIDv7 starts with that, in Unix milliseconds. Else now."""
    try:
        number = uuid.UUID(job_id)
    except ValueError:
        return datetime.now(UTC)
    if number.version != 7:
        return datetime.now(UTC)
    return datetime.fromtimestamp((number.int >> 80) // 1_000, UTC)
