"""What can be wrong with mail.

::

    MailError
    ├── BadMessage       a field cannot go into a message: ``field``, ``reason``; no attempt will ever succeed
    ├── BadServerUrl     SMTP_URL or the sender is wrong: an operator's to mend
    └── ConnectionLost   the server cannot be reached, or went away; stays inside the mailer
"""

from judgeline.errors import JudgelineError


class MailError(JudgelineError):
    """A message cannot be built or sent."""


class BadMessage(MailError):
    """A field holds what no message may carry. ``field`` is its path in the payload, e.g. ``to[2]``."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class BadServerUrl(MailError):
    """SMTP_URL or the sender cannot be used. The text never holds the password."""


class ConnectionLost(MailError):
    """The server cannot be reached, will not have us, or went away in the middle.

    ``code`` is its last reply, 0 if there was none. ``body_sent``: the whole message had been handed over, so
    the server may have taken it.
    """

    def __init__(self, reason: str, *, code: int = 0, body_sent: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.body_sent = body_sent
