"""A process that enqueues as fast as it can, started by test_bounds.py. Says what became of its jobs.

Arguments: URL, queue, this process's number, how many jobs, options and plan as JSON: its jobs are, in turn,
of the plan's (priority, user, bytes).
"""

import json
import sys
import time
from collections import Counter

import msgspec
from redis import Redis

from judgeline.queues.errors import QueueFull
from judgeline.queues.job import NewJob
from judgeline.queues.lists import ListsEngine
from judgeline.queues.options import QueueOptions


def main() -> None:
    url, queue, process, count, options, plan = sys.argv[1:]
    with Redis.from_url(url) as client:
        engine = ListsEngine(client, queue, msgspec.convert(json.loads(options), QueueOptions))
        engine.stats()
        client.incr("ready")
        while not client.exists("go"):
            time.sleep(0.001)
        sys.stdout.write(json.dumps(hammer(engine, int(process), int(count), json.loads(plan))))


def hammer(engine: ListsEngine, process: int, count: int, plan: list[tuple[str, str, int]]) -> Counter[str]:
    """Enqueue one by one and in threes by turns; count what was taken and which bound refused."""
    seen: Counter[str] = Counter()
    number = 0
    while number < count:
        batch = []
        for _ in range(3 if number % 2 else 1):
            priority, user, size = plan[number % len(plan)]
            batch.append(NewJob(id=f"p{process}-{number}", priority=priority, user=user, payload=b"x" * size))
            number += 1
        try:
            seen["taken"] += len(engine.enqueue(batch))
        except QueueFull as full:
            seen[full.bound] += 1
            # Those of the batch before the refused one are on the queue.
            seen["taken"] += sum(state is not None for state in engine.exists([job.id for job in batch]))
    return seen


if __name__ == "__main__":
    main()
