"""SMTP_URL: where the server is, and how to speak with it."""

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, unquote, urlsplit

from judgeline.mail.errors import BadServerUrl


class Tls(StrEnum):
    """How the connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    """Required, never "if offered": whoever sits between would simply not offer it."""
    IMPLICIT = "implicit"
    """TLS from the first byte (smtps://)."""


@dataclass(frozen=True)
class Server:
    """An SMTP server."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_server(url: str) -> Server:
    """Read ``smtp://user:password@host:587?tls=starttls|none`` or ``smtps://user:password@host:465``.

    smtp:// means STARTTLS, except to this very machine (localhost, 127.0.0.0/8, ::1), where it means none.
    User and password are percent-encoded. Raises BadServerUrl, which never repeats the URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadServerUrl(f"SMTP_URL: {error}") from None
    host = parts.hostname
    if parts.scheme not in ("smtp", "smtps") or not host:
        raise BadServerUrl("SMTP_URL must be smtp://[user:password@]host[:port] or smtps://…")
    if parts.path not in ("", "/") or parts.fragment:
        raise BadServerUrl("SMTP_URL has something after the host; percent-encode / ? # in the password")
    tls = _tls(parts.scheme, parts.query, host)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise BadServerUrl("SMTP_URL needs both a user and a password, or neither")
    if not (user + password).isascii() or not (user + password).isprintable():
        raise BadServerUrl("SMTP_URL: user and password must be printable ASCII, as SMTP's login is")
    if user and tls is Tls.NONE and not _is_here(host):
        raise BadServerUrl("SMTP_URL would send its password in clear; use tls=starttls or smtps://")
    return Server(host, port or (465 if parts.scheme == "smtps" else 587), tls, user, password)


def _tls(scheme: str, query: str, host: str) -> Tls:
    settings = dict(parse_qsl(query, keep_blank_values=True))
    chosen = settings.pop("tls", None)
    if settings:
        raise BadServerUrl(f"SMTP_URL: unknown setting {min(settings)!r}; there is tls=starttls|none")
    if scheme == "smtps":
        if chosen is not None:
            raise BadServerUrl("SMTP_URL: smtps:// is TLS already and takes no tls=")
        return Tls.IMPLICIT
    if chosen is None:
        return Tls.NONE if _is_here(host) else Tls.STARTTLS
    if chosen not in (Tls.NONE, Tls.STARTTLS):
        raise BadServerUrl("SMTP_URL: tls must be starttls or none")
    return Tls(chosen)


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
