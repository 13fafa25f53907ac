"""Where a proxy forwards to, and how that looks through it."""

import socket
from typing import Any, Self
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

import msgspec

from judgeline.chaos.errors import ChaosError

PORTS = {"redis": 6379, "rediss": 6379, "http": 80, "tcp": 0}


class Address(msgspec.Struct, frozen=True):
    """A server's URL, taken apart."""

    parts: SplitResult
    family: socket.AddressFamily
    target: Any
    """What ``socket.connect`` takes."""

    @classmethod
    def of(cls, url: str) -> Self:
        """Take a URL apart. Raises ChaosError for one of another kind."""
        parts = urlsplit(url)
        if parts.scheme == "unix":
            return cls(parts, socket.AF_UNIX, unquote(parts.path))
        if parts.scheme not in PORTS:
            raise ChaosError(f"a proxy forwards to {', '.join(PORTS)} and unix URLs, not to {url!r}")
        host = parts.hostname or "127.0.0.1"
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return cls(parts, family, (host, parts.port or PORTS[parts.scheme]))

    def connect(self, timeout_s: float) -> socket.socket:
        """Connect. Raises OSError."""
        found = socket.socket(self.family)
        try:
            found.settimeout(timeout_s)
            found.connect(self.target)
        except OSError:
            found.close()
            raise
        return found

    def seen_through(self, listener: str | tuple[str, int]) -> str:
        """Give the URL with the proxy's address in place of the server's; names and settings stay."""
        parts = self.parts
        names, at, _ = parts.netloc.rpartition("@")
        if isinstance(listener, str):
            if parts.scheme not in ("redis", "unix"):
                raise ChaosError(f"a {parts.scheme} URL has no Unix socket")
            database = _database(parts)
            return f"unix://{names}{at}{quote(listener)}?db={database}"
        host, port = listener[:2]
        if parts.scheme == "unix":
            return f"redis://{names}{at}{host}:{port}/{_database(parts)}"
        return parts._replace(netloc=f"{names}{at}{host}:{port}").geturl()


def _database(parts: SplitResult) -> str:
    asked = parse_qs(parts.query).get("db")
    if asked:
        return asked[0]
    number = parts.path.strip("/") if parts.scheme == "redis" else ""
    return number or "0"
