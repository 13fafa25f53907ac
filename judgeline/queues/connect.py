"""Connections to Redis: two kinds of client, and what a server must be like.

A *command* client answers within a second or fails (connect 0.5 s, socket 1 s, one retry, so a request never
hangs on a dead server). A *blocking* client waits in BZPOPMIN, so its socket may be silent for that long, and
it never resends: a repeated blocking pop would take twice. Neither may be used across a fork.
"""

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import NoPermissionError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from judgeline.queues.errors import ServerUnfit

CONNECT_S = 0.5
ANSWER_S = 1.0


def command_client(url: str) -> Redis:
    """Make a client for commands that answer at once. ``url`` is redis://, rediss:// or unix://."""
    return _client(url, socket_timeout=ANSWER_S, retries=1)


def blocking_client(url: str, block_s: float) -> Redis:
    """Make a client for commands that block for at most ``block_s`` seconds."""
    return _client(url, socket_timeout=block_s + 2, retries=0)


def _client(url: str, *, socket_timeout: float, retries: int) -> Redis:
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=socket_timeout,
        retry=Retry(ConstantBackoff(0.05), retries),
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )


def check_server(client: Redis) -> None:
    """Raise ServerUnfit unless the server may carry a queue.

    Capabilities are tried, not version numbers (Valkey calls itself redis_version 7.2.4): functions and
    sharded pub/sub came together with Redis 7.0, which also brought the script flags we need.
    """
    try:
        policy = str(client.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction"))
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


def _told_policy(client: Redis) -> str:
    try:
        return str(client.info("memory").get("maxmemory_policy", "noeviction"))
    except NoPermissionError as error:
        raise ServerUnfit(
            f"the user of REDIS_URL may not ask the server whether it evicts keys ({error})",
            "let it: ACL SETUSER <user> +info",
        ) from error
