"""Open a queue by its options: the one place that knows which engine has which class."""

import contextlib
from typing import TYPE_CHECKING

from judgeline.queues.address import parse_address
from judgeline.queues.connect import Clients, blocking_client, check_server, command_client
from judgeline.queues.engine import Consumer, Engine
from judgeline.queues.errors import QueueError, ServerUnfit
from judgeline.queues.options import QueueOptions

if TYPE_CHECKING:
    from judgeline.queues.lists.audit import Auditor
    from judgeline.queues.schedules import Timetable

BLOCK_S = 1.0


def open_engine(name: str, options: QueueOptions, redis_url: str) -> Engine:
    """Open a queue to fill and watch it. Opens no connection yet; open anew after a fork."""
    if options.engine == "rq":
        from judgeline.queues.rq import RqEngine  # noqa: PLC0415 - RQ costs 60 ms to import

        check_rq(name, redis_url)
        return RqEngine(command_client(redis_url), name, options)
    if options.shards > 1:
        from judgeline.queues.sharded.open import open_sharded_engine  # noqa: PLC0415 - as above

        return open_sharded_engine(name, options, redis_url)
    from judgeline.queues.lists import ListsEngine  # noqa: PLC0415 - as above

    clients = Clients(redis_url)
    return ListsEngine(clients.at(name), name, options, agreed=lambda: _agree(name, options, clients))


def open_consumer(name: str, options: QueueOptions, redis_url: str) -> Consumer:
    """Open a queue to work it. Opens no connection yet; open anew after a fork."""
    if options.engine == "rq":
        raise QueueError(f"queue {name} runs on RQ, whose own workers take its jobs")
    if options.shards > 1:
        from judgeline.queues.sharded.open import open_sharded_consumer  # noqa: PLC0415 - as above

        return open_sharded_consumer(name, options, redis_url)
    from judgeline.queues.lists import ListsConsumer  # noqa: PLC0415 - as above

    return ListsConsumer(
        command_client(redis_url, tag=name), blocking_client(redis_url, BLOCK_S, tag=name), name, options
    )


def _agree(name: str, options: QueueOptions, clients: Clients) -> None:
    from judgeline.queues.sharded import agree  # noqa: PLC0415 - as above

    agree(name, options, clients)


def check_queue(name: str, options: QueueOptions, redis_url: str) -> None:
    """Raise ServerUnfit unless the servers may carry the queue as its options want it.

    Raises QueueUnavailable or a RedisError where one does not answer. Leaves no connection open.
    """
    from judgeline.queues.sharded import agree, shard_names  # noqa: PLC0415 - as above

    with contextlib.closing(Clients(redis_url)) as clients:
        for client in dict.fromkeys(clients.at(tag) for tag in shard_names(name, options.shards)):
            check_server(client, fsync=options.durability != "server")
        if options.engine == "lists":
            agree(name, options, clients)


def open_timetable(name: str, options: QueueOptions, redis_url: str) -> "Timetable":
    """Open a queue's schedules. Opens no connection yet; open anew after a fork."""
    if options.engine == "rq":
        from judgeline.queues.rq.timetable import RqTimetable  # noqa: PLC0415 - as above

        return RqTimetable(command_client(redis_url), name, options)
    from judgeline.queues.lists.timetable import ListsTimetable  # noqa: PLC0415 - as above
    from judgeline.queues.sharded import shard_names, split  # noqa: PLC0415 - as above

    # Markers and jobs are one step, so they are on one shard: the first.
    tag = shard_names(name, options.shards)[0]
    return ListsTimetable(command_client(redis_url, tag=tag), tag, split(options))


def open_auditors(name: str, options: QueueOptions, redis_url: str) -> "list[Auditor]":
    """Open a queue to audit and repair it: none for engine "rq", whose tickets are RQ's to look after."""
    if options.engine == "rq":
        return []
    from judgeline.queues.lists.audit import Auditor  # noqa: PLC0415 - as above
    from judgeline.queues.sharded import shard_names, split  # noqa: PLC0415 - as above

    return [
        Auditor(command_client(redis_url, tag=tag), tag, split(options))
        for tag in shard_names(name, options.shards)
    ]


def check_rq(name: str, redis_url: str) -> None:
    """Raise ServerUnfit where RQ cannot run: its keys lie all over a cluster, and its scripts span them."""
    if parse_address(redis_url).kind == "cluster":
        raise ServerUnfit(
            f"queue {name} runs on RQ, which does not know Redis Cluster",
            'set engine = "lists", or a REDIS_URL of one server',
        )
