"""How often a key or an address may submit, counted in Redis: one limit, however many processes serve."""

import hashlib
import math
from pathlib import Path

from redis import Redis
from redis.exceptions import NoScriptError, RedisError

from api.auth import Caller
from api.errors import TooManyRequests
from judgeline.config import ApiConfig
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.wire import Wire

_SCRIPT = Path(__file__).with_name("rate.lua").read_text("utf-8")
_MINUTE_US = 60_000_000
RATE_TAG = "rate"
"""The hash tag of these keys."""


class Limits:
    """Submits a minute: as many as allowed may come at once, then one as each drains away."""

    def __init__(self, redis: Redis, config: ApiConfig) -> None:
        self._redis = redis
        self._wire = Wire(redis)
        self._digest = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()
        self._config = config

    def spend(self, caller: Caller) -> None:
        """Count one submit. Raises TooManyRequests, or QueueUnavailable when Redis does not answer."""
        if caller.key is None:
            subject, allowed = caller.owner, self._config.anonymous_per_minute
        else:
            subject, allowed = f"key:{caller.key.id}", self._config.per_minute
        try:
            wait_us = self._spend(f"jl:{{{RATE_TAG}}}:{subject}", _MINUTE_US // allowed)
        except RedisError as error:
            raise QueueUnavailable(f"Redis does not answer: {error}") from error
        if wait_us:
            whom = "this address without a key" if caller.key is None else "this key"
            raise TooManyRequests(
                f"{whom} may submit {allowed} times a minute", retry_after_s=math.ceil(wait_us / 1e6)
            )

    def _spend(self, key: str, drain_us: int) -> int:
        """Run the script; the first time, and after SCRIPT FLUSH, it is loaded."""
        command = ("EVALSHA", self._digest, 1, key, drain_us, _MINUTE_US)
        try:
            return int(self._wire.call(*command))
        except NoScriptError:
            self._redis.script_load(_SCRIPT)
            return int(self._wire.call(*command))
