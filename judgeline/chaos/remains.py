"""What is left on the queue when a run is over."""

import time
from collections.abc import Sequence

from redis import Redis

from judgeline.chaos.house import House
from judgeline.chaos.options import LEASE_S, QUEUE
from judgeline.config import load_config
from judgeline.queues.engine import Engine
from judgeline.queues.lists.audit import leaks
from judgeline.queues.open import open_consumer

_LOOKED_UP = 1_000


def on_queue(engine: Engine, job_ids: Sequence[str]) -> dict[str, bool]:
    """Say of each job whether the queue has it."""
    found: dict[str, bool] = {}
    for start in range(0, len(job_ids), _LOOKED_UP):
        batch = job_ids[start : start + _LOOKED_UP]
        found |= {
            job_id: state is not None for job_id, state in zip(batch, engine.exists(batch), strict=True)
        }
    return found


def clear(client: Redis, engine: Engine, house: House) -> list[str]:
    """Forget the dead letters, let the last leases lapse, and give the keys that would stay for good.

    The workers are gone by now: what a killed supervisor left may still have to be reaped, which a tick does.
    """
    while ended := engine.unrecorded():  # all are recorded; who recorded them may have died before saying so
        engine.settle(ended)
    while letters := engine.dead():
        for letter in letters:
            engine.forget(letter.id)
    consumer = open_consumer(QUEUE, load_config(house.config).queues[QUEUE], client_url(client))
    deadline = time.monotonic() + 3 * LEASE_S
    while (left := leaks(client, QUEUE)) and time.monotonic() < deadline:
        consumer.tick()
        time.sleep(0.2)
    return left


def client_url(client: Redis) -> str:
    """Give the URL of a client on a Unix socket."""
    return f"unix://{client.connection_pool.connection_kwargs['path']}?db=0"
