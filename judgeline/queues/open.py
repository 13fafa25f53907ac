"""Open a queue by its options: the one place that knows which engine has which class."""

from judgeline.queues.connect import blocking_client, command_client
from judgeline.queues.engine import Consumer, Engine
from judgeline.queues.errors import QueueError
from judgeline.queues.options import QueueOptions

BLOCK_S = 1.0


def open_engine(name: str, options: QueueOptions, redis_url: str) -> Engine:
    """Open a queue to fill and watch it. Opens no connection yet; open anew after a fork."""
    if options.engine == "rq":
        from judgeline.queues.rq import RqEngine  # noqa: PLC0415 - RQ costs 60 ms to import

        return RqEngine(command_client(redis_url), name, options)
    from judgeline.queues.lists import ListsEngine  # noqa: PLC0415 - as above

    return ListsEngine(command_client(redis_url), name, options)


def open_consumer(name: str, options: QueueOptions, redis_url: str) -> Consumer:
    """Open a queue to work it. Opens no connection yet; open anew after a fork."""
    if options.engine == "rq":
        raise QueueError(f"queue {name} runs on RQ, whose own workers take its jobs")
    from judgeline.queues.lists import ListsConsumer  # noqa: PLC0415 - as above

    return ListsConsumer(command_client(redis_url), blocking_client(redis_url, BLOCK_S), name, options)
