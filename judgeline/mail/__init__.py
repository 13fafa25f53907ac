"""E-mail: building messages and handing them to a server, one recipient at a time.

``message`` builds, ``smtp`` and ``outbox`` send, ``open_mailer`` chooses between the two. Every recipient
has a state of its own (``recipients``), kept by whoever calls, so that no second attempt reaches those who
took the first.
"""

from judgeline.mail.errors import BadMessage, BadServerUrl, ConnectionLost, MailError
from judgeline.mail.mailer import Mailer, Note, open_mailer
from judgeline.mail.message import Message, build_message, check_message
from judgeline.mail.recipients import (
    RecipientState,
    RecipientStatus,
    Report,
    decode_states,
    encode_states,
)

__all__ = [
    "BadMessage",
    "BadServerUrl",
    "ConnectionLost",
    "MailError",
    "Mailer",
    "Message",
    "Note",
    "RecipientState",
    "RecipientStatus",
    "Report",
    "build_message",
    "check_message",
    "decode_states",
    "encode_states",
    "open_mailer",
]
