"""A queue of engine "lists" in parts, each with a hash tag of its own, for a cluster to spread.

Each shard is a whole queue: every promise of the engine holds in it. What spans shards is approximate: order,
weights, turns of users and bounds. A shard whose server is away holds up its own jobs and no others.

``split`` says which job is where and what each shard's options are, ``engine`` and ``consumer`` are the two
sides of the queue, ``shards`` knows which of them are away, ``waiting`` waits for all at once, ``agreement``
keeps processes that were told different numbers apart.
"""

from judgeline.queues.sharded.agreement import agree
from judgeline.queues.sharded.consumer import ShardedConsumer
from judgeline.queues.sharded.engine import ShardedEngine
from judgeline.queues.sharded.split import shard_names, shard_of, split

__all__ = ["ShardedConsumer", "ShardedEngine", "agree", "shard_names", "shard_of", "split"]
