"""What a REDIS_URL says: one server, the Sentinels that know one, or the nodes of a cluster.

=============================================================  ===========================================
``redis://[user:password@]host[:port][/db]``                   one server; ``rediss`` for TLS
``unix://[user:password@]/path/to.sock[?db=0]``                one server of this machine
``redis+sentinel://[user:password@]host[:port],.../master[/db]``  the primary that Sentinel calls ``master``
``redis+cluster://[user:password@]host[:port],...``            a cluster; any of its nodes
=============================================================  ===========================================

``rediss+sentinel`` and ``rediss+cluster`` are the last two over TLS. Name and password are the server's;
Sentinel's own are the options ``sentinel_username`` and ``sentinel_password``. No error repeats a part of a
URL that may hold a password.
"""

import dataclasses
import difflib
import os
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from judgeline.queues.errors import BadRedisUrl

Kind = Literal["server", "socket", "sentinel", "cluster"]
Node = tuple[str, int]

_SCHEMES: dict[str, tuple[Kind, bool]] = {
    "redis": ("server", False),
    "rediss": ("server", True),
    "unix": ("socket", False),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
}
_PORT, _SENTINEL_PORT = 6379, 26379


@dataclasses.dataclass(frozen=True)
class Address:
    """A REDIS_URL, read."""

    kind: Kind
    tls: bool = False
    nodes: tuple[Node, ...] = ()
    """(host, port): the server, the Sentinels, or nodes of the cluster."""
    path: str = ""
    """Of a socket."""
    master: str = ""
    """What Sentinel calls the primary."""
    options: dict[str, Any] = dataclasses.field(default_factory=dict, repr=False)
    """What redis-py's connections to the server take."""
    sentinel: dict[str, Any] = dataclasses.field(default_factory=dict, repr=False)
    """Name and password of the Sentinels."""


def parse_address(url: str) -> Address:
    """Read a REDIS_URL. Connects to nothing. Raises BadRedisUrl."""
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in _SCHEMES:
        raise BadRedisUrl(f"must start with one of {', '.join(f'{known}://' for known in _SCHEMES)}")
    kind, tls = _SCHEMES[scheme]
    parts = _split(url, kind)
    options = _options(parts.query, kind=kind, tls=tls)
    identity, _, hosts = parts.netloc.rpartition("@")
    user, _, password = identity.partition(":")
    for name, value in (("username", user), ("password", password)):
        if value:
            options[name] = unquote(value)
    sentinel = {
        name.removeprefix("sentinel_"): options.pop(name)
        for name in ("sentinel_username", "sentinel_password")
        if name in options
    }
    if kind == "socket":
        if hosts or not parts.path.strip("/"):
            raise BadRedisUrl("needs the socket's whole path, e.g. unix:///run/redis.sock")
        return Address(kind=kind, path=unquote(parts.path), options=options)
    master, database = _behind(unquote(parts.path).strip("/"), kind)
    if database:
        options.setdefault("db", _whole(database, "the database behind the host"))
    if kind == "cluster" and options.get("db"):
        raise BadRedisUrl("names a database, and a cluster has database 0 only")
    return Address(
        kind=kind,
        tls=tls,
        nodes=_nodes(hosts, _SENTINEL_PORT if kind == "sentinel" else _PORT, several=kind != "server"),
        master=master,
        options=options,
        sentinel=sentinel,
    )


def _split(url: str, kind: Kind) -> SplitResult:
    """Take a URL apart; what stands unescaped in a password would part it in the wrong places."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BadRedisUrl("has a host that cannot be read") from None
    behind = parts.query + parts.fragment + ("" if kind == "socket" else parts.path)
    if "@" in behind and "@" not in parts.netloc:
        raise BadRedisUrl("has an @ behind its host: in a password write / as %2F, ? as %3F, # as %23")
    if parts.fragment:
        raise BadRedisUrl("has a #: in a password write %23")
    return parts


def _behind(path: str, kind: Kind) -> tuple[str, str]:
    """Give what stands behind the host: the primary's name, where Sentinel is asked, and the database."""
    if kind != "sentinel":
        return "", path
    master, _, database = path.partition("/")
    if not master:
        raise BadRedisUrl("needs the name that Sentinel gives the primary, e.g. ...host:26379/mymaster")
    return master, database


def _nodes(hosts: str, port: int, *, several: bool) -> tuple[Node, ...]:
    names = hosts.split(",")
    if len(names) > 1 and not several:
        raise BadRedisUrl("names several hosts: that is for redis+sentinel:// and redis+cluster://")
    if hosts and not all(names):
        raise BadRedisUrl("has an empty host between two commas")
    return tuple(_node(name, port) for name in names)


def _node(text: str, default: int) -> Node:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadRedisUrl("has a host or port that cannot be read") from None
    if port == 0:
        raise BadRedisUrl("has port 0")
    return unquote(host or "localhost"), port or default


def _options(query: str, *, kind: Kind, tls: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    known = {name for name, (wants, _) in OPTIONS.items() if wants in ("", kind, "tls" if tls else None)}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise BadRedisUrl("has options that are not name=value&name=value") from None
    for name, value in pairs:
        if name not in known:
            raise BadRedisUrl(_unknown(name, known))
        if name in found:
            raise BadRedisUrl(f"has the option {name} twice")
        found[name] = OPTIONS[name][1](value, name)
    return found


def _unknown(name: str, known: set[str]) -> str:
    if name in OPTIONS:
        wants = OPTIONS[name][0]
        return f"has the option {name}, which is for {'rediss://' if wants == 'tls' else f'redis+{wants}://'}"
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"has an unknown option, {name}: did you mean {close[0]}?"
    return f"has an unknown option; there are: {', '.join(sorted(known))}"


def _text(value: str, _name: str) -> str:
    return value


def _whole(value: str, name: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise BadRedisUrl(f"{name} must be a whole number")
    return int(value)


def _seconds(value: str, name: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number <= 86_400:
        raise BadRedisUrl(f"{name} must be a number of seconds, e.g. 1.5")
    return number


def _switch(value: str, name: str) -> bool:
    known = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}
    if value.lower() not in known:
        raise BadRedisUrl(f"{name} must be yes or no")
    return known[value.lower()]


def _one_of(*choices: str) -> Callable[[str, str], str]:
    def read(value: str, name: str) -> str:
        if value not in choices:
            raise BadRedisUrl(f"{name} must be one of {', '.join(choices)}")
        return value

    return read


def _protocol(value: str, name: str) -> int:
    return int(_one_of("2", "3")(value, name))


def _path(value: str, name: str) -> str:
    if not os.access(value, os.R_OK):
        raise BadRedisUrl(f"{name} names nothing that can be read here: {value}")
    return value


OPTIONS: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "client_name": ("", _text),
    "db": ("", _whole),
    "health_check_interval": ("", _whole),
    "max_connections": ("", _whole),
    "password": ("", _text),
    "protocol": ("", _protocol),
    "sentinel_password": ("sentinel", _text),
    "sentinel_username": ("sentinel", _text),
    "socket_connect_timeout": ("", _seconds),
    "socket_timeout": ("", _seconds),
    "ssl_ca_certs": ("tls", _path),
    "ssl_ca_path": ("tls", _path),
    "ssl_cert_reqs": ("tls", _one_of("none", "optional", "required")),
    "ssl_certfile": ("tls", _path),
    "ssl_check_hostname": ("tls", _switch),
    "ssl_ciphers": ("tls", _text),
    "ssl_keyfile": ("tls", _path),
    "ssl_password": ("tls", _text),
    "username": ("", _text),
}
"""Option -> (where it belongs: "" everywhere, "tls", or a kind of address; how it is read)."""
