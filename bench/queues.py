"""Throughput: jobs that do nothing, waiting on the queue, drained through one child.

Ours is one child of the real ``python -m workers`` supervisor with every guarantee on: leases, fencing, users
taking turns, two weighted priorities, result + event + acknowledgement in one step, kept for the store. RQ's
workers are started by its own command line. All use one server with the append-only file that a real system
has. The rate is counted from the first job's start to the last one's end, by each queue's own times, so no
start-up is in it. The floor pops ids off a list and does nothing else, which loses them in a crash.
"""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
from redis import Redis

from bench import peers
from bench.harness import Goal, Options, Rounds, Row, main, progress, turns
from bench.processes import cpu_s, family
from bench.servers import engine, folder, until, valkey, workers
from judgeline.ids import new_id
from judgeline.queues.connect import blocking_client
from judgeline.queues.job import JobState, NewJob

TITLE = "No-op jobs through one worker"
CONFIG = """
[queues.submissions]
handler = "noop"

[queues.emails]
handler = "noop"
"""
_USERS = 10
_BATCH = 100
_FLOOR_LIST = "floor"

OURS, SIMPLE, FORKING, FLOOR = "ours", "RQ SimpleWorker", "RQ Worker", "floor"


def measure(options: Options) -> list[Row]:
    """Drain each queue once a round."""
    rounds = Rounds()
    with valkey() as url, folder() as home, Redis.from_url(url) as client:
        (home / "queues.toml").write_text(CONFIG)
        contenders: list[tuple[str, Callable[[], None]]] = [
            (OURS, lambda: _ours(url, home, options.size(5_000, 2_000), rounds)),
            (SIMPLE, lambda: _rq(url, home, (SIMPLE, peers.SIMPLE), options.size(1_000, 300), rounds)),
            (FORKING, lambda: _rq(url, home, (FORKING, peers.FORKING), options.size(150, 50), rounds)),
            (FLOOR, lambda: _floor(url, options.size(10_000, 3_000), rounds)),
        ]
        for number, (name, drain) in turns(contenders, options):
            progress(f"{TITLE}: round {number + 1} of {options.rounds}, {name}")
            client.flushall()
            drain()
    return [
        rounds.row(OURS, "jobs/s", Goal(at_least=3_000), "one child, every guarantee on"),
        rounds.row(SIMPLE, "jobs/s", what="RQ SimpleWorker (no fork, no guard against a job's crash)"),
        rounds.row(FORKING, "jobs/s", what="RQ Worker (a fork a job)"),
        rounds.row(FLOOR, "jobs/s", what="floor: BRPOP alone, redis-py"),
        rounds.ratio("ours : RQ SimpleWorker", OURS, SIMPLE, Goal(at_least=8)),
        rounds.ratio("ours : RQ Worker", OURS, FORKING, Goal(at_least=40)),
        rounds.ratio("ours : floor", OURS, FLOOR),
        rounds.row("cpu", "us", what="CPU a job, our child"),
        rounds.row("server cpu", "us", what="CPU a job, the server"),
        rounds.row("enqueue ours", "jobs/s", what="enqueued by a client, 100 a call, ours"),
        rounds.row("enqueue RQ SimpleWorker", "jobs/s", what="enqueued by a client, one pipeline, RQ"),
    ]


def _ours(url: str, home: Path, count: int, rounds: Rounds) -> None:
    jobs = [
        NewJob(
            id=new_id(),
            priority="low" if number % 2 else "high",
            user=f"user-{number % _USERS}",
            payload=b"",
        )
        for number in range(count)
    ]
    with engine("submissions", url, home) as queue:
        began = time.perf_counter()
        for start in range(0, count, _BATCH):
            queue.enqueue(jobs[start : start + _BATCH])
        rounds.add("enqueue ours", count / (time.perf_counter() - began))
        server_s = _server_cpu_s(url)
        with workers("submissions", url, home, "--processes", "1") as supervisor:
            until(lambda: queue.stats().totals.get("done", 0) >= count, "the jobs")
            rounds.add("cpu", cpu_s(family(supervisor.pid)[1:]) / count * 1e6)
            rounds.add("server cpu", (_server_cpu_s(url) - server_s) / count * 1e6)
        ended = [job for new in jobs if (job := queue.look(new.id)) and job.state is JobState.DONE]
    if len(ended) < count or not all(msgspec.json.decode(job.result) for job in ended):
        raise AssertionError("a job has no result")
    spent_ms = max(job.finished_ms for job in ended) - min(job.started_ms for job in ended)
    rounds.add(OURS, count / spent_ms * 1000)


def _server_cpu_s(url: str) -> float:
    with Redis.from_url(url) as client:
        spent = client.info("cpu")
        return float(spent["used_cpu_user"]) + float(spent["used_cpu_sys"])


def _rq(url: str, home: Path, who: tuple[str, str], count: int, rounds: Rounds) -> None:
    name, kind = who
    began = time.perf_counter()
    ids = peers.fill(url, count)
    rounds.add(f"enqueue {name}", count / (time.perf_counter() - began))
    with peers.worker(url, home / "rq.log", kind, burst=True) as started:
        until(lambda: started.poll() is not None, f"{name} to end")
    rounds.add(name, count / peers.seconds_of_work(url, ids))


def _floor(url: str, count: int, rounds: Rounds) -> None:
    with closing(blocking_client(url, 1.0)) as client:
        ids = [new_id() for _ in range(count)]
        for start in range(0, count, _BATCH):
            client.lpush(_FLOOR_LIST, *ids[start : start + _BATCH])
        began = time.perf_counter()
        for _ in range(count):
            client.brpop([_FLOOR_LIST], timeout=1)
        rounds.add(FLOOR, count / (time.perf_counter() - began))


if __name__ == "__main__":
    main(TITLE, measure, __doc__ or "")
