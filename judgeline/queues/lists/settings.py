"""What the scripts must know of a queue's options, as the JSON each of them gets as its first argument.

Named fields read better in Lua than sixteen numbered arguments, and cost a call 3 us on the server. So the
two scripts that every job passes through have them in their text, as Lua.
"""

from typing import Any

import msgspec

from judgeline.queues.options import QueueOptions
from judgeline.queues.rules import max_lost


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Options in the units of the scripts: milliseconds and bytes."""

    handler: str
    fair: bool
    store: bool
    lease_ms: int
    max_queued: int
    max_queued_bytes: int
    max_queued_per_user: int
    max_running_per_user: int
    max_payload_bytes: int
    max_attempts: int
    max_crashes: int
    max_lost: int
    crash_backoff_ms: list[int]
    result_ttl_ms: int
    dead_ttl_ms: int
    max_dead: int
    priorities: list[tuple[str, int]]
    """(name, weight)."""


def settings_of(options: QueueOptions) -> bytes:
    """Give the settings argument of every script."""
    return msgspec.json.encode(
        Settings(
            handler=options.handler,
            fair=options.fair == "user",
            store=options.store,
            lease_ms=options.lease_s * 1000,
            max_queued=options.max_queued,
            max_queued_bytes=options.max_queued_bytes,
            max_queued_per_user=options.max_queued_per_user,
            max_running_per_user=options.max_running_per_user,
            max_payload_bytes=options.max_payload_bytes,
            max_attempts=options.max_attempts,
            max_crashes=options.max_crashes,
            max_lost=max_lost(options),
            crash_backoff_ms=[round(wait * 1000) for wait in options.crash_backoff_s],
            result_ttl_ms=options.result_ttl_s * 1000,
            dead_ttl_ms=options.dead_ttl_s * 1000,
            max_dead=options.max_dead,
            priorities=[(name, priority.weight) for name, priority in options.priorities.items()],
        )
    )


def lua_of(value: Any) -> str:
    """Give what JSON can hold, but null, as a Lua expression. Names of fields must be names in Lua, too."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {lua_of(of)}" for name, of in value.items()) + " }"
    if isinstance(value, list):
        return "{ " + ", ".join(map(lua_of, value)) + " }"
    if isinstance(value, str):
        return "'" + "".join(map(_written, value)) + "'"
    return str(value).lower()


def _written(character: str) -> str:
    if character.isascii() and (character.isalnum() or character in "_-."):
        return character
    return "".join(f"\\{byte:03d}" for byte in character.encode())
