"""What the counters of a long queue should say, counted page by page while nothing moves."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import cast

from redis import Redis

from judgeline.queues.lists.replies import text_of

_PAGE = 500


def count(client: Redis, prefix: str, priorities: Iterable[str]) -> dict[str, int]:
    """Give the fields of the queue's ``depth`` as they should be.

    True only if no job moved meanwhile; the script that is given it sees to that.
    """
    truth = _waiting(client, prefix, priorities)
    for state, priority, user, fresh, size in _members(client, prefix, "delayed"):
        if state == "delayed":
            truth[f"delayed:{priority}"] += 1
            truth[f"bytes:{priority}"] += size
            if user and fresh:
                truth[f"delayed:{priority}:{user}"] += 1
    for *_, size in _members(client, prefix, "dead"):
        truth["bytes:dead"] += size
    return {field: number for field, number in truth.items() if number}


def _waiting(client: Redis, prefix: str, priorities: Iterable[str]) -> "Counter[str]":
    """What waits on lists, or is in a worker's hands and was not started."""
    truth: Counter[str] = Counter()
    waiting = [*priorities]
    for kind in ("behind:", "backup:"):
        keys = client.scan_iter(match=f"{prefix}{kind}*", count=1000)
        waiting += sorted({text_of(key).removeprefix(prefix) for key in keys})
    seen: set[bytes] = set()
    for name in waiting:
        if name.startswith("behind:"):
            truth[f"parked:{name.split(':')[1]}"] += client.llen(prefix + name)
        for page in _pages(client, prefix + name):
            unseen = [job_id for job_id in dict.fromkeys(page) if job_id not in seen]
            seen.update(unseen)
            for state, priority, _, _, size in _jobs(client, prefix, unseen):
                if state == "queued":
                    truth[f"bytes:{priority}"] += size
    return truth


def _members(client: Redis, prefix: str, name: str) -> Iterator[tuple[str, str, str, str, int]]:
    ids = list({member for member, _ in client.zscan_iter(prefix + name, count=_PAGE)})
    for start in range(0, len(ids), _PAGE):
        yield from _jobs(client, prefix, ids[start : start + _PAGE])


def _pages(client: Redis, key: str) -> Iterator[list[bytes]]:
    start = 0
    while page := cast("list[bytes]", client.lrange(key, start, start + _PAGE - 1)):
        yield page
        start += _PAGE


def _jobs(client: Redis, prefix: str, ids: Iterable[bytes]) -> Iterator[tuple[str, str, str, str, int]]:
    """(state, priority, user, fresh, bytes of the payload) of each."""
    with client.pipeline(transaction=False) as pipe:
        for job_id in ids:
            pipe.hmget(f"{prefix}job:{text_of(job_id)}", ["state", "priority", "user", "fresh"])
            pipe.hstrlen(f"{prefix}job:{text_of(job_id)}", "payload")
        replies = pipe.execute()
    for fields, size in zip(replies[::2], replies[1::2], strict=True):
        state, priority, user, fresh = (text_of(value or b"") for value in fields)
        yield state, priority, user, fresh, size
