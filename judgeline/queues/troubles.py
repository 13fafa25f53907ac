"""Why workers that live claim nothing, for those who ask whether the system is ready.

One hash a queue, ``jl:{<queue>}:troubles``: supervisor -> the server's time until which it holds, in
milliseconds, and the reason. A supervisor repeats its trouble each second; what it does not repeat is
forgotten within ten.
"""

from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.keys import Keys

_HOLDS_MS = 10_000
_REASON_CHARACTERS = 500


class Troubles:
    """The troubles of one queue's workers. Each verb raises QueueUnavailable where the server is away."""

    def __init__(self, queue: str, client: "Redis") -> None:
        self._key = Keys(queue).named("troubles")
        self._client = client

    def report(self, supervisor: str, reason: str) -> None:
        """Say, for the next ten seconds, why a supervisor's children claim nothing."""
        try:
            now, known = self._look()
            with self._client.pipeline(transaction=False) as pipe:
                pipe.hset(self._key, supervisor, f"{now + _HOLDS_MS} {reason[:_REASON_CHARACTERS]}")
                past = [name for name, (until, _) in known.items() if until <= now and name != supervisor]
                if past:
                    pipe.hdel(self._key, *past)
                pipe.pexpire(self._key, _HOLDS_MS)
                pipe.execute()
        except RedisError as error:
            raise QueueUnavailable(str(error)) from error

    def clear(self, supervisor: str) -> None:
        """Say that the trouble is over."""
        try:
            self._client.hdel(self._key, supervisor)
        except RedisError as error:
            raise QueueUnavailable(str(error)) from error

    def read(self) -> dict[str, str]:
        """Give supervisor -> reason, of those that hold."""
        try:
            now, known = self._look()
        except RedisError as error:
            raise QueueUnavailable(str(error)) from error
        return {name: reason for name, (until, reason) in known.items() if until > now}

    def _look(self) -> tuple[int, dict[str, tuple[int, str]]]:
        """Give the server's time, milliseconds, and all that is noted."""
        with self._client.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.hgetall(self._key)
            (seconds, micros), fields = pipe.execute()
        return seconds * 1000 + micros // 1000, {_text(name): _parse(value) for name, value in fields.items()}


def _parse(value: Any) -> tuple[int, str]:
    until, _, reason = _text(value).partition(" ")
    return int(until), reason


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
