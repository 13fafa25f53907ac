"""The sign of life of the recorders, by which readiness knows that results reach the store."""

from redis import Redis

RECORDER_TAG = "recorder"
"""The hash tag of these keys."""
ALIVE_KEY = f"jl:{{{RECORDER_TAG}}}:alive"
SWEEP_KEY = f"jl:{{{RECORDER_TAG}}}:sweep"
"""Whose turn to sweep it is: held by one recorder for most of a sweep's interval."""
ALIVE_MS = 3_000
"""How long a sign holds, milliseconds; readiness is red within that time."""


def sign_alive(client: Redis) -> None:
    """Say that a recorder lives and has just reached both queue and store."""
    client.set(ALIVE_KEY, b"1", px=ALIVE_MS)


def recorder_alive(client: Redis) -> bool:
    """Whether some recorder reached both queue and store within the last three seconds."""
    return bool(client.exists(ALIVE_KEY))


def take_sweep(client: Redis, interval_s: float) -> bool:
    """Take the turn to sweep: one recorder each interval is enough, and a dead one's turn lapses."""
    return bool(client.set(SWEEP_KEY, b"1", nx=True, px=max(1, int(interval_s * 900))))
