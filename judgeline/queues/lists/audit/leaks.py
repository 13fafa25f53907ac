"""What an idle queue must not have: the check that memory returns to its start."""

from redis import Redis

from judgeline.queues.keys import CAPPED, Keys


def leaks(client: Redis, queue: str) -> list[str]:
    """Give the keys that would stay for ever on a queue whose jobs have all ended and been settled.

    Every key has a time to live, is one of a fixed few that do not grow, or goes with its last job. Scans the
    server: for tests and for ``doctor``.
    """
    prefix = Keys(queue).prefix
    return sorted(
        name
        for key in client.scan_iter(match=f"{prefix}*", count=1000)
        if (name := key.decode().removeprefix(prefix)).split(":")[0] not in CAPPED and client.ttl(key) < 0
    )
