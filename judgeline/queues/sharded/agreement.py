"""All processes of a queue must cut it into the same number of parts: a job is where its id says.

The number stands in ``jl:{<queue>}:shards``; where nothing stands it is 1. Whoever is told another may set it
only while the parts there are hold nothing.
"""

from redis import Redis

from judgeline.queues.connect import Clients
from judgeline.queues.errors import ServerUnfit
from judgeline.queues.keys import Keys
from judgeline.queues.lists import ListsEngine
from judgeline.queues.lists.guard import server_errors
from judgeline.queues.options import QueueOptions
from judgeline.queues.sharded.split import shard_names, split


def agree(queue: str, options: QueueOptions, clients: Clients) -> None:
    """Hold the number of shards against the one that the queue has. Raises ServerUnfit, QueueUnavailable.

    Two round trips, and a few for each shard where the numbers differ.
    """
    client, key = clients.at(queue), Keys(queue).named("shards")
    with server_errors(queue):
        there = _number(client, key)
    if there == options.shards:
        return
    held = _held(queue, there, options, clients)
    if held:
        raise ServerUnfit(
            f"queue {queue} has {options.shards} shards in queues.toml and {there} on the server, "
            f"with {held} jobs in them",
            f"set shards = {there} again, close the queue, let it run empty, settle its dead letters, "
            f"and then set {options.shards}",
        )
    with server_errors(queue):
        if options.shards == 1:
            client.delete(key)
        else:
            client.set(key, options.shards)


def _number(client: "Redis", key: str) -> int:
    value = client.get(key)
    return int(value) if value else 1


def _held(queue: str, shards: int, options: QueueOptions, clients: Clients) -> int:
    """Count what is in a queue of so many shards, dead letters included."""
    held = 0
    for name in shard_names(queue, shards):
        stats = ListsEngine(clients.at(name), name, split(options)).stats()
        held += sum(now.queued for now in stats.priorities.values())
        held += stats.running + stats.delayed + stats.dead + (stats.unrecorded if options.store else 0)
    return held
