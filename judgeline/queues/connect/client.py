"""Making clients, and single connections, from a REDIS_URL."""

from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import ConstantBackoff
from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from judgeline.queues.address import Address, parse_address
from judgeline.queues.connect.locate import ClusterLocator, Connect, Locator, SentinelLocator
from judgeline.queues.connect.located import LocatedConnection, LocatedTlsConnection

CONNECT_S = 0.5
ANSWER_S = 1.0
SHARED = "judgeline"
"""The tag of whoever works on no queue's keys."""


def command_client(url: str, *, tag: str = SHARED) -> "Redis":
    """Make a client for commands that answer at once, on keys with this hash tag. Raises BadRedisUrl."""
    address = parse_address(url)
    return _client(address, tag, {"socket_timeout": ANSWER_S} | address.options, retries=1)


def blocking_client(url: str, block_s: float, *, tag: str = SHARED) -> "Redis":
    """Make a client for commands that block for at most ``block_s`` seconds. Raises BadRedisUrl."""
    address = parse_address(url)
    silent_s = max(block_s + 2, address.options.get("socket_timeout", 0.0))
    return _client(address, tag, address.options | {"socket_timeout": silent_s}, retries=0)


def open_connection(url: str, *, tag: str = SHARED, **options: Any) -> Any:
    """Make one connection, not connected yet, that belongs to no pool. Raises BadRedisUrl."""
    address = parse_address(url)
    kind, settings = _settings(address, tag, {"socket_timeout": ANSWER_S} | address.options | options, 0)
    settings.pop("max_connections", None)
    return kind(**settings)


def every_primary(url: str) -> "list[Redis]":
    """Make a client for each server that may carry a shard: of a cluster each primary, else the one.

    Raises BadRedisUrl, and RedisError where a cluster does not say.
    """
    address = parse_address(url)
    if address.kind != "cluster":
        return [command_client(url)]
    locator = ClusterLocator(address.nodes, _asking(address, address.options), SHARED)
    return [
        _client(
            Address(kind="server", tls=address.tls, nodes=(node,)),
            SHARED,
            {"socket_timeout": ANSWER_S} | address.options,
            retries=1,
        )
        for node in locator.primaries()
    ]


class Clients:
    """The command clients of one process: one, or on a cluster one a tag. Threads may share it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._apart = parse_address(url).kind == "cluster"
        self._made: dict[str, Redis] = {}

    def at(self, tag: str) -> "Redis":
        """Give the client for keys with this tag."""
        key = tag if self._apart else SHARED
        client = self._made.get(key)
        if client is None:
            client = self._made.setdefault(key, command_client(self._url, tag=key))
        return client

    def close(self) -> None:
        """Close all."""
        for client in self._made.values():
            client.close()
        self._made.clear()


def _client(address: Address, tag: str, options: dict[str, Any], *, retries: int) -> "Redis":
    kind, settings = _settings(address, tag, options, retries)
    return Redis.from_pool(ConnectionPool(kind, **settings))


def _settings(
    address: Address, tag: str, options: dict[str, Any], retries: int
) -> tuple[type[Any], dict[str, Any]]:
    """Give the class of the connections, and what they are made with."""
    settings: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_S,
        "retry": Retry(ConstantBackoff(0.05), retries),
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
        **options,
    }
    if address.kind == "socket":
        return UnixDomainSocketConnection, settings | {"path": address.path}
    if address.kind == "server":
        host, port = address.nodes[0]
        return SSLConnection if address.tls else Connection, settings | {"host": host, "port": port}
    kind = LocatedTlsConnection if address.tls else LocatedConnection
    return kind, settings | {"locator": _locator(address, tag, options)}


def _locator(address: Address, tag: str, options: dict[str, Any]) -> Locator:
    connect = _asking(address, options)
    if address.kind == "sentinel":
        return SentinelLocator(address.nodes, connect, address.master)
    return ClusterLocator(address.nodes, connect, tag)


def _asking(address: Address, options: dict[str, Any]) -> Connect:
    """Give what makes the connections to those who know where the primary is."""
    asking = {name: value for name, value in options.items() if name not in ("db", "max_connections")}
    if address.kind == "sentinel":
        for name in ("username", "password"):  # the server's are none of theirs
            asking.pop(name, None)
        asking |= address.sentinel
    asking |= {
        "socket_connect_timeout": CONNECT_S,
        "socket_timeout": CONNECT_S,
        "retry": Retry(ConstantBackoff(0.05), 0),
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    kind = SSLConnection if address.tls else Connection
    return lambda host, port: kind(host=host, port=port, **asking)
