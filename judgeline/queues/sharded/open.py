"""Open a queue in parts by its options."""

from functools import partial

from judgeline.queues.connect import Clients, blocking_client, open_connection
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.options import QueueOptions
from judgeline.queues.sharded.agreement import agree
from judgeline.queues.sharded.consumer import ShardedConsumer
from judgeline.queues.sharded.engine import ShardedEngine
from judgeline.queues.sharded.split import shard_names, split
from judgeline.queues.sharded.waiting import BLOCK_S, Marker


def open_sharded_engine(name: str, options: QueueOptions, redis_url: str) -> ShardedEngine:
    """Open it to fill and watch it. Opens no connection yet; open anew after a fork."""
    clients, share = Clients(redis_url), split(options)
    return ShardedEngine(
        name,
        options,
        [ListsEngine(clients.at(tag), name, share, tag=tag) for tag in shard_names(name, options.shards)],
        lambda: agree(name, options, clients),
    )


def open_sharded_consumer(name: str, options: QueueOptions, redis_url: str) -> ShardedConsumer:
    """Open it to work it. Opens no connection yet; open anew after a fork."""
    clients, share = Clients(redis_url), split(options)
    consumers, markers = [], []
    for tag in shard_names(name, options.shards):
        blocking = blocking_client(redis_url, BLOCK_S, tag=tag)
        consumers.append(ListsConsumer(clients.at(tag), blocking, name, share, tag=tag))
        markers.append(Marker(name, clients.at(tag), partial(open_connection, redis_url, tag=tag)))
    return ShardedConsumer(name, options, consumers, markers)
