"""What a server must be like to carry a queue."""

from typing import Any

from redis import Redis
from redis.exceptions import (
    AuthenticationError,
    InvalidResponse,
    NoPermissionError,
    RedisError,
    ResponseError,
)

from judgeline.queues.errors import ServerUnfit

_NEW_ENOUGH = "use Redis >= 7.0 or Valkey >= 7.2 at REDIS_URL"


def check_server(client: "Redis", *, fsync: bool = False) -> None:
    """Raise ServerUnfit unless the server may carry a queue; with ``fsync`` it must sync what it answers.

    Capabilities are tried, not version numbers (Valkey calls itself redis_version 7.2.4): functions and
    sharded pub/sub came together with Redis 7.0, which also brought the script flags we need.

    So must one that no waiting mends: it refuses the password, is older than Redis 6, or is no Redis at all.
    """
    try:
        _check(client, fsync=fsync)
    except RedisError as error:
        hopeless = _hopeless(error)
        if hopeless is None:
            raise
        raise hopeless from error


def _hopeless(error: RedisError) -> ServerUnfit | None:
    """What no waiting mends: a server says this in its first answer, whatever is asked."""
    if isinstance(error, InvalidResponse):
        return ServerUnfit(
            f"what answers at REDIS_URL is no Redis server ({error})",
            "name a Redis or Valkey server in REDIS_URL",
        )
    if isinstance(error, AuthenticationError):
        return ServerUnfit(
            f"the server refuses the name or password of REDIS_URL ({str(error).rstrip('.')})",
            "put the right ones into REDIS_URL, as redis://name:password@host:6379",
        )
    if isinstance(error, ResponseError) and "unknown command" in str(error) and "HELLO" in str(error):
        return ServerUnfit("the server is too old: it lacks HELLO", _NEW_ENOUGH)
    return None


def _check(client: "Redis", *, fsync: bool) -> None:
    try:
        policy = _setting(client, "maxmemory-policy", "noeviction")
    except ResponseError:  # a managed server hides CONFIG; its INFO still tells
        policy = _told_policy(client)
    if policy != "noeviction":
        raise ServerUnfit(
            f"the server evicts keys (maxmemory-policy is {policy}), so it would lose jobs",
            "set maxmemory-policy noeviction on it",
        )
    wanted = ("SPUBLISH", "LMOVE", "BZPOPMIN")
    known = client.execute_command("COMMAND INFO", *wanted)  # type: ignore[no-untyped-call]
    missing = [name for name, info in zip(wanted, known, strict=True) if not info]
    if missing:
        raise ServerUnfit(
            f"the server lacks {', '.join(missing)}",
            _NEW_ENOUGH,
        )
    if fsync:
        _check_fsync(client)


def _check_fsync(client: "Redis") -> None:
    try:
        wrong = [
            f"{name} {wanted}"
            for name, wanted in (("appendonly", "yes"), ("appendfsync", "always"))
            if _setting(client, name, "") != wanted
        ]
    except ResponseError as error:
        raise ServerUnfit(
            f"the server does not say whether it syncs its file, as durability asks ({error})",
            "let it: ACL SETUSER <user> +config|get, or set durability = 'server'",
        ) from error
    if wrong:
        raise ServerUnfit(
            "the server may lose what it has answered, and durability asks for more",
            f"set {' and '.join(wrong)} on it, or durability = 'server' in queues.toml",
        )


def _setting(client: "Redis", name: str, default: str) -> str:
    settings: Any = client.config_get(name)
    return str(settings.get(name, default))


def _told_policy(client: "Redis") -> str:
    try:
        return str(client.info("memory").get("maxmemory_policy", "noeviction"))
    except NoPermissionError as error:
        raise ServerUnfit(
            f"the user of REDIS_URL may not ask the server whether it evicts keys ({error})",
            "let it: ACL SETUSER <user> +info",
        ) from error
