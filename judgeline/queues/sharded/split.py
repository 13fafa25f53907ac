"""Which job is in which shard, and what a shard is like."""

import zlib

from msgspec import structs

from judgeline.queues.options import QueueOptions


def shard_names(queue: str, shards: int) -> list[str]:
    """Give the hash tags of a queue's shards: the queue's own name where it is in one piece."""
    return [queue] if shards == 1 else [f"{queue}.{index}" for index in range(shards)]


def shard_of(job_id: str, shards: int) -> int:
    """Give the shard of a job: the same for ever, by its id alone."""
    return zlib.crc32(job_id.encode()) % shards


def split(options: QueueOptions) -> QueueOptions:
    """Give the options of one shard: its share of each bound, rounded up, all else as it is."""
    return structs.replace(
        options,
        shards=1,
        max_queued=_share(options.max_queued, options.shards),
        max_queued_bytes=max(
            _share(options.max_queued_bytes, options.shards),
            options.max_payload_bytes,  # the largest job must fit somewhere
        ),
        max_queued_per_user=_share(options.max_queued_per_user, options.shards),
        max_running_per_user=_share(options.max_running_per_user, options.shards),
        max_dead=_share(options.max_dead, options.shards),
    )


def _share(bound: int, shards: int) -> int:
    return -(-bound // shards)
