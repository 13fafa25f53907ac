"""The mailer that speaks SMTP."""

import time
from collections.abc import Callable, Mapping

from judgeline.mail.address import Sender
from judgeline.mail.errors import ConnectionLost
from judgeline.mail.message import Message, build_message, check_message, copy_for
from judgeline.mail.recipients import RecipientState, RecipientStatus, Report, begin, one_line, turns
from judgeline.mail.server import Server
from judgeline.mail.session import Reply, Session

_LOSSES_IN_A_ROW = 2
_OPERATORS_CODES = frozenset({530, 534, 535, 538})
"""Login wanted or refused (RFC 4954): our set-up's fault, for which no recipient is given up."""


class SmtpMailer:
    """Sends over one connection, kept from message to message and renewed when it has gone stale.

    Each recipient gets a transaction of its own (MAIL, RCPT, DATA) rather than all of them one together: the
    reply to DATA then speaks of one recipient, so a filter that refuses one settles only that one; a
    connection that dies in the middle leaves one recipient in doubt, not all; and a copy can be addressed to
    its reader alone. The price is the body once a recipient, and three round trips.

    Delivery is at least once. When the connection dies after the last byte of a message and before the
    server's reply, nobody can know whether it was taken: that recipient is deferred and tried again, under
    the same Message-ID, by which the receiving side can drop the double.
    """

    def __init__(self, server: Server, sender: Sender, timeout_s: float) -> None:
        self._server = server
        self._sender = sender
        self._timeout_s = timeout_s
        self._session: Session | None = None

    def send(
        self,
        message: Message,
        recipients_done: Mapping[str, RecipientState],
        *,
        note: Callable[[Mapping[str, RecipientState]], None],
        within_s: float | None = None,
    ) -> Report:
        """Try those who are left, one after another. See ``Mailer.send``."""
        envelope = dict(zip(message.to, check_message(message), strict=True))
        states = begin(message.to, recipients_done)
        left = turns(states)
        if not left:
            return Report(states)
        body = build_message(message, self._sender).as_bytes()
        deadline = time.monotonic() + within_s if within_s is not None else float("inf")
        losses = 0
        if self._session is not None and not self._session.alive():
            self._drop()
        for address in left:
            if losses == _LOSSES_IN_A_ROW or time.monotonic() >= deadline:
                break
            try:
                self._connect()
            except ConnectionLost as lost:
                states |= {other: _deferred(lost) for other in left if not states[other].settled}
                note(dict(states))
                break
            try:
                reply = self._hand_over(envelope[address], copy_for(body, envelope[address]))
            except ConnectionLost as lost:
                losses += 1
                states[address] = _deferred(lost)
            else:
                losses = 0
                states[address] = _state(reply)
            note(dict(states))
        return Report(states)

    def close(self) -> None:
        """Take leave of the server."""
        if self._session is not None:
            self._session.quit()
            self._session = None

    def _connect(self) -> Session:
        if self._session is None:
            self._session = Session(self._server, self._timeout_s)
        return self._session

    def _hand_over(self, recipient: str, copy: bytes) -> Reply:
        """Offer one copy, and once more if a connection that had worked ended before all of it was out.

        Servers end connections that were idle, or that carried as many messages as they allow.
        """
        session = self._connect()
        try:
            return session.hand_over(self._sender.address, recipient, copy)
        except ConnectionLost as lost:
            self._drop()
            if lost.body_sent or session.served == 0:
                raise
            return self._hand_over(recipient, copy)
        except BaseException:
            # Cut off anywhere (a time limit): what is said next could land in the middle of a body.
            self._drop()
            raise

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def _state(reply: Reply) -> RecipientState:
    if reply.good:
        status = RecipientStatus.SENT
    elif reply.code // 100 == 5 and reply.code not in _OPERATORS_CODES:
        status = RecipientStatus.REFUSED
    else:
        status = RecipientStatus.DEFERRED
    return RecipientState(status, reply.code, reply.text)


def _deferred(lost: ConnectionLost) -> RecipientState:
    return RecipientState(RecipientStatus.DEFERRED, lost.code, one_line(str(lost)))
