"""What a peer says of itself, and the client that fills it as it is told.

A client has ``one(number)`` (enqueue one job), ``call(number)`` (enqueue one and wait for its result), where
the system can ``bulk(numbers)`` (enqueue many in its own call for that) and ``hold(number)`` (enqueue a job
that takes a minute). All are plain functions or all are coroutines.
"""

import asyncio
import inspect
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

URL = os.environ.get("BENCH_URL", "redis://127.0.0.1:6379/0")
WAIT_S = 10.0
_CHUNK = 1_000
_LOAD_BASE = 1 << 40
_PROBE_BASE = 1 << 41


@dataclass(frozen=True)
class Peer:
    """What the measurements must know of a system."""

    label: str
    version: str
    one: list[str]
    """The command of one worker that works one job at a time."""
    settings: str
    """What was chosen for it, for the reader."""
    pace: tuple[int, int]
    """Jobs/s to expect of one worker and of its best: says how many jobs a round gives it, nothing else."""
    two: list[list[str]] | None = None
    """The commands of two such workers, where that is not ``one`` twice."""
    best: list[list[str]] | None = None
    """The commands of its fastest set-up on two cores; None: two workers."""
    best_is: str = "two workers"
    client: list[str] | None = None
    """The command of its client, where that is not Python."""
    kill: str = "executor"
    """Whom a kill hits: "executor" (the process that ran a job last) or "parent" (what was started, where
    each job has a process of its own)."""
    shapes: tuple[str, ...] = ("drain", "enqueue", "latency", "kill", "delay")


Order = dict[str, Any]


def serve(make: Callable[[], Any]) -> None:
    """Obey orders, one JSON object a line, and answer each in the same way, until standard input ends."""
    asyncio.run(_serve(make))


async def _serve(make: Callable[[], Any]) -> None:
    client = make()
    if hasattr(client, "open"):
        await client.open()
    loop = asyncio.get_running_loop()
    _say({"ready": True, "bulk": hasattr(client, "bulk")})
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        try:
            _say(await _obey(client, order))
        except Exception as error:  # noqa: BLE001 - the row says what failed, the run goes on
            _say({"error": f"{type(error).__name__}: {error}"})
    os._exit(0)  # whatever threads and tasks the system's client still has


async def _obey(client: Any, order: Order) -> Order:
    match order["do"]:
        case "fill":
            return await _fill(client, order["first"], order["count"], bulk=order["bulk"])
        case "load":
            return await _load(client, order["rate"], order["seconds"], order["seed"])
        case "probe":
            return await _probe(client, order["rate"], order["count"], order["seed"])
        case "hold":
            await _done(client.hold(order["number"]))
            return {}
        case other:
            raise ValueError(f"no such order: {other}")


async def _fill(client: Any, first: int, count: int, *, bulk: bool) -> Order:
    """Enqueue as fast as one client can, and say how long it took (s)."""
    numbers = range(first, first + count)
    began = time.perf_counter()
    if bulk:
        for start in range(0, count, _CHUNK):
            await _done(client.bulk(numbers[start : start + _CHUNK]))
    elif inspect.iscoroutinefunction(client.one):
        for number in numbers:
            await client.one(number)
    else:
        for number in numbers:
            client.one(number)
    return {"s": time.perf_counter() - began}


async def _load(client: Any, rate: float, seconds: float, seed: int) -> Order:
    """Enqueue one by one at random times of this rate (a Poisson process), whoever keeps up."""
    began, sent = time.perf_counter(), 0
    late = 0.0
    for due in _arrivals(rate, seed):
        if due > seconds:
            break
        await _sleep_until(began + due)
        await _done(client.one(_LOAD_BASE + sent))
        sent += 1
        late = time.perf_counter() - began - due
    return {"sent": sent, "late_s": max(0.0, late)}


async def _probe(client: Any, rate: float, count: int, seed: int) -> Order:
    """Enqueue and wait, at random times of this rate; the ms each took from when it was due.

    One that is due while the one before it still waits counts from when it was due, so that a stall costs all
    whom it made wait. What the clock overslept is not counted.
    """
    began, times = time.perf_counter(), []
    for number, due in zip(range(count), _arrivals(rate, seed), strict=False):
        behind = time.perf_counter() > began + due
        await _sleep_until(began + due)
        since = began + due if behind else time.perf_counter()
        await asyncio.wait_for(_done(client.call(_PROBE_BASE + number)), WAIT_S)
        times.append((time.perf_counter() - since) * 1000)
    return {"ms": times}


def _arrivals(rate: float, seed: int) -> Iterator[float]:
    chance, due = random.Random(seed), 0.0
    while True:
        due += chance.expovariate(rate)
        yield due


async def _sleep_until(when: float) -> None:
    if (left := when - time.perf_counter()) > 0:
        await asyncio.sleep(left)


async def _done(given: Awaitable[Any] | Any) -> Any:
    return await given if inspect.isawaitable(given) else given


def _say(answer: Order) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
