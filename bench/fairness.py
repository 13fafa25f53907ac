"""Fairness: how soon a premium job starts while 10,000 free ones wait, on real workers.

Two children work jobs of 20 ms each, one after another, of a queue that holds 10,000 of low priority. Now
and then a job of high priority is enqueued. What counts is the time from the end of the job that ran when it
came, the first to end, to its own start, by the server's clock in whole milliseconds: what the queue itself
adds. Nothing can be quicker without breaking work off.

``dispatches`` gives the order of dispatch for the plot: two priorities at 10:3, two users of one priority.
"""

import time

from bench.harness import Goal, Options, Rounds, Row, main, percentile, progress
from bench.servers import engine, folder, until, valkey, workers
from judgeline.ids import new_id
from judgeline.queues.connect import command_client
from judgeline.queues.engine import Ending, Engine, Finish
from judgeline.queues.job import Job, NewJob
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.options import QueueOptions

TITLE = "A premium job behind 10,000 free ones"
CONFIG = """
[queues.submissions]
handler = "noop"
max_queued_per_user = 20_000

[queues.emails]
handler = "noop"
"""
_CHILDREN = 2
_WAITING = 10_000
_BUSY = b'{"sleep_ms":20}'
_BATCH = 100
_GOAL_MS = 100
_SHOWN = 130


def measure(options: Options) -> list[Row]:
    """Enqueue a series of high jobs a round, beside a full low priority."""
    rounds = Rounds()
    with valkey() as url, folder() as home:
        (home / "queues.toml").write_text(CONFIG)
        with (
            engine("submissions", url, home) as queue,
            workers("submissions", url, home, "--processes", str(_CHILDREN)),
        ):
            until(lambda: queue.stats().workers >= _CHILDREN, "the workers")
            low: list[str] = []
            for number in range(options.rounds):
                progress(f"{TITLE}: round {number + 1} of {options.rounds}")
                low += _fill(queue, _WAITING - queue.stats().priorities["low"].queued)
                _round(queue, low, options.size(200, 40), rounds)
    return [
        rounds.row("p50", "ms", what="from the end of the running job to its start, p50"),
        rounds.row("p95", "ms", Goal(at_most=_GOAL_MS), "the same, p95"),
        rounds.row("worst", "ms", what="the same, worst"),
        rounds.row("enqueued", "ms", what="from enqueue to start, p95"),
    ]


def _round(queue: Engine, low: list[str], count: int, rounds: Rounds) -> None:
    highs = []
    for _ in range(count):
        job = NewJob(id=new_id(), priority="high", user="premium", payload=b"")
        queue.enqueue([job])
        highs.append(_started(queue, job.id))
        time.sleep(0.03)
    ran = [job for job in (_look(queue, job_id) for job_id in low) if job.finished_ms]
    waits = [_late_ms(high, ran) for high in highs]
    rounds.add("p50", percentile(waits, 50))
    rounds.add("p95", percentile(waits, 95))
    rounds.add("worst", max(waits))
    rounds.add("enqueued", percentile([high.started_ms - high.enqueued_ms for high in highs], 95))


def _fill(queue: Engine, count: int) -> list[str]:
    ids = [new_id() for _ in range(count)]
    for start in range(0, count, _BATCH):
        batch = ids[start : start + _BATCH]
        queue.enqueue([NewJob(id=each, priority="low", user="free", payload=_BUSY) for each in batch])
    return ids


def _look(queue: Engine, job_id: str) -> Job:
    job = queue.look(job_id)
    if job is None:
        raise AssertionError(f"job {job_id} is gone")
    return job


def _started(queue: Engine, job_id: str) -> Job:
    until(lambda: _look(queue, job_id).started_ms, "a high job")
    return _look(queue, job_id)


def _late_ms(high: Job, ran: list[Job]) -> float:
    """How long after the first end of a job that ran when it came it started; 0 where no job ran."""
    ends = [job.finished_ms for job in ran if job.started_ms <= high.enqueued_ms < job.finished_ms]
    return max(0, high.started_ms - min(ends, default=high.started_ms))


def dispatches() -> dict[str, list[str]]:
    """Give a line a plot, each the order in which jobs of one queue were started, by priority or user."""
    with valkey() as url:
        return {
            "high and low, 10:3": _order(url, "weights", [("high", ""), ("low", "")]),
            "two users, one with ten times as many": _order(url, "users", [("low", "many"), ("low", "few")]),
        }


def _order(url: str, name: str, kinds: list[tuple[str, str]]) -> list[str]:
    options = QueueOptions(handler="noop", max_queued_per_user=10_000)
    client = command_client(url)
    try:
        queue = ListsEngine(client, name, options)
        for kind, (priority, user) in enumerate(kinds):
            count = _SHOWN // 10 if user and kind else _SHOWN
            jobs = [NewJob(id=f"{kind}-{n}", priority=priority, user=user, payload=b"") for n in range(count)]
            for start in range(0, count, _BATCH):
                queue.enqueue(jobs[start : start + _BATCH])
        consumer = ListsConsumer(client, client, name, options)
        order: list[str] = []
        claim = consumer.claim("w", 1)
        while claim and len(order) < _SHOWN:
            order.append(claim.user or claim.priority)
            _, claim = consumer.finish(claim, Ending(kind=Finish.DONE), next_sequence=len(order) + 1)
        return order
    finally:
        client.close()


if __name__ == "__main__":
    main(TITLE, measure, __doc__ or "")
