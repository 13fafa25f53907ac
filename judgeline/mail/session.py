"""One connection to an SMTP server, over which many copies go, one after another."""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from judgeline.mail.errors import ConnectionLost
from judgeline.mail.recipients import one_line
from judgeline.mail.server import Server, Tls

_VERDICT_PATIENCE = 4
"""How many timeouts the reply to a whole message may take. A hasty sender makes doubles (RFC 1047)."""


@dataclass(frozen=True)
class Reply:
    """What the server said."""

    code: int
    text: str

    @property
    def good(self) -> bool:
        """Whether it is a 2xx."""
        return self.code // 100 == 2


class Session:
    """A connection that has greeted, secured and logged in. Raises ConnectionLost if it cannot."""

    def __init__(self, server: Server, timeout_s: float) -> None:
        self._server = server
        self._timeout_s = timeout_s
        self._client = _open(server, timeout_s)
        self._transaction_open = False
        self.served = 0
        """Copies about which the server gave a verdict."""

    def alive(self) -> bool:
        """Whether the connection still answers; ends a transaction that was left open (RSET)."""
        try:
            self._reset()
        except ConnectionLost:
            return False
        return True

    def hand_over(self, sender: str, recipient: str, copy: bytes) -> Reply:
        """Offer one copy for one recipient; the first reply that is no 2xx, else the last, is the verdict.

        Raises ConnectionLost when there is no verdict; the session is of no use then.
        """
        if self._transaction_open:
            self._reset()
        options = [f"SIZE={len(copy)}"] if self._client.has_extn("size") else []
        if not recipient.isascii():
            if not self._client.has_extn("smtputf8"):
                return Reply(553, "the server takes no internationalised addresses (SMTPUTF8)")
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        self._transaction_open = True
        reply = self._ask(lambda: self._client.mail(sender, options))
        if reply.good:
            reply = self._ask(lambda: self._client.rcpt(recipient))
        if reply.good:
            reply = self._data(copy)
            self._transaction_open = not reply.good
        self.served += 1
        return reply

    def close(self) -> None:
        """Drop the connection without a word: whatever state it is in."""
        self._client.close()

    def quit(self) -> None:
        """Take leave, if the server still listens."""
        try:
            self._client.quit()
        except (smtplib.SMTPException, OSError):
            self._client.close()

    def _reset(self) -> None:
        if not self._ask(self._client.rset).good:
            raise ConnectionLost(f"{self._server} does not take RSET")
        self._transaction_open = False

    def _data(self, copy: bytes) -> Reply:
        """Hand the body over. Once the closing dot is out the server may have taken it, whatever we hear."""
        try:
            code, text = self._client.docmd("DATA")
            if code != 354:
                return self._judge(code, text)
            # Every line is CRLF already; a leading dot is doubled so that none of them is the closing one.
            self._client.send(re.sub(rb"(?m)^\.", b"..", copy.removesuffix(b"\r\n")) + b"\r\n.\r\n")
        except (smtplib.SMTPException, OSError) as error:
            raise self._lost(error) from error
        self._set_timeout(self._timeout_s * _VERDICT_PATIENCE)
        try:
            reply = self._judge(*self._client.getreply(), body_sent=True)
        except (smtplib.SMTPException, OSError) as error:
            raise self._lost(error, body_sent=True) from error
        self._set_timeout(self._timeout_s)
        return reply

    def _ask(self, command: Callable[[], tuple[int, bytes]]) -> Reply:
        try:
            code, text = command()
        except (smtplib.SMTPException, OSError) as error:
            raise self._lost(error) from error
        return self._judge(code, text)

    def _judge(self, code: int, text: bytes, *, body_sent: bool = False) -> Reply:
        """421 says goodbye in place of any reply (RFC 5321, 3.8); what is no verdict puts us out of step."""
        reply = Reply(code, _decode(text))
        if code == 421 or code // 100 not in (2, 4, 5):
            raise ConnectionLost(
                f"{self._server}: {reply.text}", code=max(code, 0), body_sent=body_sent and code != 421
            )
        return reply

    def _lost(self, error: OSError, *, body_sent: bool = False) -> ConnectionLost:
        return ConnectionLost(f"{self._server}: {_words(error)}", body_sent=body_sent)

    def _set_timeout(self, seconds: float) -> None:
        if self._client.sock is not None:
            self._client.sock.settimeout(seconds)


def _open(server: Server, timeout_s: float) -> smtplib.SMTP:
    context = None if server.tls is Tls.NONE else ssl.create_default_context()
    name = _own_name()
    client: smtplib.SMTP | None = None
    try:
        if server.tls is Tls.IMPLICIT:
            client = smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=name, timeout=timeout_s, context=context
            )
        else:
            client = smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=timeout_s)
        client.ehlo_or_helo_if_needed()
        if server.tls is Tls.STARTTLS:
            client.starttls(context=context)
            client.ehlo()
        if server.user:
            client.login(server.user, server.password)
    except BaseException as error:
        if client is not None:
            client.close()
        if isinstance(error, OSError):  # every SMTPException is one
            code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
            raise ConnectionLost(f"{server}: {_words(error)}", code=max(code, 0)) from error
        raise
    return client


def _own_name() -> str:
    """EHLO's name without asking DNS, which may hang: the host's if it is a full one, else a literal."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _words(error: OSError) -> str:
    """Give the reason in an error of smtplib, ssl or the socket."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"login refused: {_decode(error.smtp_error)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return _decode(error.smtp_error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    return one_line(str(error.strerror or error or type(error).__name__))


def _decode(text: bytes | str) -> str:
    return one_line(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)
