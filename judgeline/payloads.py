"""What the front puts on a queue and a handler reads: one tagged struct a kind, as JSON.

A worker trusts nothing it finds on a list: ``decode`` refuses what does not fit, and the handler checks the
names in it (problem, language) as the front did.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from judgeline.errors import JudgelineError

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Version = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")]
LanguageId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9+_.-]{0,31}$")]
Address = Annotated[
    str, Meta(min_length=3, max_length=254, pattern=r"^[^\s@<>(),;:\\\"\[\]]+@[^\s@<>(),;:\\\"\[\]]+$")
]


class PayloadError(JudgelineError):
    """A payload is not what its queue carries."""


class SubmissionPayload(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="submission",
):
    """Code for a problem."""

    problem: Slug
    language: LanguageId
    source: str
    version: Version = ""
    """The problem's version that is to judge it; "" is the one in use when it runs."""


class RunPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="run"):
    """Code with stdin, no problem."""

    language: LanguageId
    source: str
    stdin: str = ""
    expected_output: str | None = None


class EmailPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="email"):
    """A message for one or more recipients, each with a state of its own."""

    to: Annotated[list[Address], Meta(min_length=1, max_length=1_000)]
    subject: Annotated[str, Meta(max_length=998)]
    text: str
    html: str | None = None


Payload = SubmissionPayload | RunPayload | EmailPayload

_decoder = msgspec.json.Decoder(Payload)


def encode(payload: Payload) -> bytes:
    """Give the JSON that travels on the queue."""
    return msgspec.json.encode(payload)


def decode(data: bytes) -> Payload:
    """Read what travelled. Raises PayloadError naming the field."""
    try:
        payload: Payload = _decoder.decode(data)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PayloadError(f"not a payload: {error}") from None
    return payload
