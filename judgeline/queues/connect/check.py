"""What a server must be like to carry a queue."""

from typing import Any

from redis import Redis
from redis.exceptions import NoPermissionError, ResponseError

from judgeline.queues.errors import ServerUnfit


def check_server(client: "Redis", *, fsync: bool = False) -> None:
    """Raise ServerUnfit unless the server may carry a queue; with ``fsync`` it must sync what it answers.

    Capabilities are tried, not version numbers (Valkey calls itself redis_version 7.2.4): functions and
    sharded pub/sub came together with Redis 7.0, which also brought the script flags we need.
    """
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
            "use Redis >= 7.0 or Valkey >= 7.2",
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
