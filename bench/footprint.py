"""Size: what an idle supervisor with two children weighs, and what a waiting job takes of Redis.

Memory is the proportional set size of every process of the family, some seconds after it is ready. A waiting
job is a Python submission of 1 KB that does not compress well (RQ compresses its payloads), counted as the
growth of the server's used_memory; the floors keep the same JSON in a list, and in a hash with its id in a
list.
"""

import base64
import json
import random
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from redis import Redis
from rq import Queue

from bench import peers
from bench.harness import Goal, Options, Rounds, Row, main, progress, turns
from bench.processes import family, pss_mb
from bench.servers import engine, folder, until, valkey, workers
from bench.tasks import noop
from judgeline.ids import new_id
from judgeline.payloads import SubmissionPayload, encode
from judgeline.queues.job import NewJob

TITLE = "Memory"
CONFIG = """
[queues.submissions]
handler = "judge"
max_queued_per_user = 20_000

[queues.emails]
handler = "email"

[queues.noop]
handler = "noop"
"""
_USERS = 50
_BATCH = 100
_SETTLE_S = 2.0

Fill = Callable[[str, int], None]


def measure(options: Options) -> list[Row]:
    """Weigh each family and each kind of waiting job once a round."""
    rounds = Rounds()
    with folder() as home, valkey(durable=False) as url:
        (home / "queues.toml").write_text(CONFIG)
        families: list[tuple[str, Callable[[], float]]] = [
            ("judge", lambda: _weigh_ours("submissions", url, home)),
            ("noop", lambda: _weigh_ours("noop", url, home)),
            ("rq", lambda: _weigh_rq(url, home)),
        ]
        for number, (name, weigh) in turns(families, options):
            progress(f"{TITLE}: round {number + 1} of {options.rounds}, PSS of {name}")
            rounds.add(name, weigh())
        fills: list[tuple[str, Fill]] = [
            ("job", lambda url, count: _fill_ours(url, home, count)),
            ("list", _fill_list),
            ("hash", _fill_hashes),
            ("rq job", _fill_rq),
        ]
        for number, (name, fill) in turns(fills, options):
            progress(f"{TITLE}: round {number + 1} of {options.rounds}, Redis bytes, {name}")
            rounds.add(name, _bytes_each(fill, options.size(5_000, 2_000)))
    return [
        rounds.row(
            "judge", "MB", Goal(at_most=80), "supervisor + 2 children, judging (a box made ahead each)"
        ),
        rounds.row("noop", "MB", what="supervisor + 2 children, no-op handler"),
        rounds.row("rq", "MB", what="RQ worker-pool of 2"),
        rounds.ratio("judging : RQ pool", "judge", "rq"),
        rounds.row("job", "B", Goal(at_most=2_200), "Redis a waiting job, 1 KB source"),
        rounds.row("list", "B", what="floor: the same JSON in a list"),
        rounds.row("hash", "B", what="floor: in a hash, its id in a list"),
        rounds.row("rq job", "B", what="RQ, the source as the job's argument"),
        rounds.ratio("ours : hash and list", "job", "hash"),
    ]


def _weigh_ours(queue: str, url: str, home: Path) -> float:
    with Redis.from_url(url) as client:
        client.flushall()
    with engine(queue, url, home) as watched, workers(queue, url, home, "--processes", "2") as supervisor:
        until(lambda: watched.stats().workers >= 2, "two workers")
        time.sleep(_SETTLE_S)
        return pss_mb(family(supervisor.pid))


def _weigh_rq(url: str, home: Path) -> float:
    with Redis.from_url(url) as client, peers.pool(url, home / "rq.log", 2) as pool:
        client.flushall()
        until(lambda: client.scard("rq:workers") >= 2, "RQ's workers")
        time.sleep(_SETTLE_S)
        return pss_mb(family(pool.pid))


def _bytes_each(fill: Fill, count: int) -> float:
    with valkey(durable=False) as url, Redis.from_url(url) as client:
        fill(url, 10)  # scripts, and whatever else is there once
        client.flushall(asynchronous=False)
        before = _data_bytes(client)
        fill(url, count)
        return (_data_bytes(client) - before) / count


def _data_bytes(client: Redis) -> float:
    """The server's memory without its clients' buffers, once nobody but us is connected."""
    until(lambda: client.info("clients")["connected_clients"] == 1, "the other clients to leave")
    memory = client.info("memory")
    return float(memory["used_memory"] - memory["mem_clients_normal"])


def _source(number: int) -> str:
    return base64.b64encode(random.Random(number).randbytes(768)).decode()  # 1,024 characters


def _payload(number: int) -> bytes:
    return encode(SubmissionPayload(problem="aplusb", language="python3", source=_source(number)))


def _fill_ours(url: str, home: Path, count: int) -> None:
    jobs = [
        NewJob(id=new_id(), priority="low", user=f"user-{number % _USERS}", payload=_payload(number))
        for number in range(count)
    ]
    with engine("submissions", url, home) as filled:
        for start in range(0, count, _BATCH):
            filled.enqueue(jobs[start : start + _BATCH])


def _fill_list(url: str, count: int) -> None:
    with closing(Redis.from_url(url)) as client, client.pipeline(transaction=False) as pipeline:
        for number in range(count):
            pipeline.lpush("floor", json.dumps({"id": new_id(), "payload": _payload(number).decode()}))
        pipeline.execute()


def _fill_hashes(url: str, count: int) -> None:
    with closing(Redis.from_url(url)) as client, client.pipeline(transaction=False) as pipeline:
        for number in range(count):
            fields: dict[Any, Any] = {"payload": _payload(number), "state": "queued"}
            job_id = new_id()
            pipeline.hset(f"floor:job:{job_id}", mapping=fields)
            pipeline.lpush("floor:list", job_id)
        pipeline.execute()


def _fill_rq(url: str, count: int) -> None:
    with closing(Redis.from_url(url)) as client:
        jobs = [Queue.prepare_data(noop, args=(_payload(number),)) for number in range(count)]
        Queue(peers.QUEUE, connection=client).enqueue_many(jobs)


if __name__ == "__main__":
    main(TITLE, measure, __doc__ or "")
