"""Latency: from a client's enqueue to the result in its hands, on an idle system.

One client, one job at a time, with a pause after each so that the worker is asleep on the server when the
next one comes. Ours waits for the event and reads the job; RQ's clients wait in
``Job.latest_result(timeout)``, which blocks on the server. The floor is a list there and a
list back (``bench.echo``).
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from redis import Redis
from rq import Queue

from bench import echo, peers
from bench.harness import Goal, Options, Rounds, Row, main, percentile, progress, turns
from bench.servers import engine, folder, process, python, until, valkey, workers
from bench.tasks import noop
from judgeline.events import EventListener
from judgeline.ids import new_id
from judgeline.queues.connect import blocking_client
from judgeline.queues.job import JobState, NewJob

CONFIG = """
[queues.submissions]
handler = "noop"

[queues.emails]
handler = "noop"
"""
TITLE = "Enqueue to result at a waiting client, idle"
_PAUSE_S = 0.01
_WAIT_S = 5.0

OURS, SIMPLE, FORKING, FLOOR = "ours", "RQ SimpleWorker", "RQ Worker", "floor"

Call = Callable[[], None]


def measure(options: Options) -> list[Row]:
    """Time a series of calls of each once a round; every system is up all the time, on its own server."""
    rounds = Rounds()
    with ExitStack() as stack:
        contenders: list[tuple[str, int, Call]] = [
            (OURS, options.size(400, 100), stack.enter_context(_ours())),
            (SIMPLE, options.size(200, 50), stack.enter_context(_rq(peers.SIMPLE))),
            (FORKING, options.size(50, 20), stack.enter_context(_rq(peers.FORKING))),
            (FLOOR, options.size(400, 100), stack.enter_context(_floor())),
        ]
        for _, _, call in contenders:
            for _ in range(10):
                call()
        for number, (name, count, call) in turns(contenders, options):
            progress(f"{TITLE}: round {number + 1} of {options.rounds}, {name}")
            times = [_timed(call) for _ in range(count)]
            rounds.add(f"{name} p50", percentile(times, 50) * 1000)
            rounds.add(f"{name} p99", percentile(times, 99) * 1000)
    return [
        rounds.row("ours p50", "ms", Goal(at_most=2)),
        rounds.row("ours p99", "ms", Goal(at_most=10)),
        *(rounds.row(f"{name} {part}", "ms") for name in (SIMPLE, FORKING) for part in ("p50", "p99")),
        rounds.row("floor p50", "ms", what="floor p50: a list there and a list back"),
        rounds.row("floor p99", "ms"),
        rounds.ratio("RQ SimpleWorker p50 : ours", "RQ SimpleWorker p50", "ours p50"),
        rounds.ratio("ours p50 : floor", "ours p50", "floor p50"),
    ]


def _timed(call: Call) -> float:
    time.sleep(_PAUSE_S * random.uniform(0.5, 1.5))
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


@contextmanager
def _ours() -> Iterator[Call]:
    with ExitStack() as stack:
        url, home = stack.enter_context(valkey()), stack.enter_context(folder())
        (home / "queues.toml").write_text(CONFIG)
        queue = stack.enter_context(engine("submissions", url, home))
        stack.enter_context(workers("submissions", url, home, "--processes", "1"))
        listener = EventListener(url)
        stack.callback(listener.stop)

        def call() -> None:
            job = NewJob(id=new_id(), priority="high", user="user", payload=b"")
            with listener.watch(queue.channel(job.id)) as watch:
                queue.enqueue([job])
                _until_done(watch.wait)
            found = queue.look(job.id)
            if found is None or found.state is not JobState.DONE or not found.result:
                raise AssertionError("the event came before the result")

        until(lambda: queue.stats().workers >= 1, "a worker")
        yield call


def _until_done(wait: Callable[[float], object]) -> None:
    deadline = time.monotonic() + _WAIT_S
    while (state := getattr(wait(0.5), "state", None)) is None or not state.terminal:
        if time.monotonic() > deadline:
            raise TimeoutError("no event of the job's end")


@contextmanager
def _rq(kind: str) -> Iterator[Call]:
    with valkey() as url, folder() as home, Redis.from_url(url) as client:
        queue = Queue(peers.QUEUE, connection=client)

        def call() -> None:
            result = queue.enqueue(noop).latest_result(timeout=int(_WAIT_S))
            if result is None or not result.return_value:
                raise AssertionError("RQ gave no result")

        with peers.worker(url, Path(home) / "rq.log", kind):
            until(lambda: client.scard("rq:workers"), "RQ's worker")
            yield call


@contextmanager
def _floor() -> Iterator[Call]:
    with valkey() as url, folder() as home, closing(blocking_client(url, _WAIT_S)) as client:

        def call() -> None:
            client.lpush(echo.JOBS, new_id())
            if client.brpop([echo.ANSWERS], timeout=_WAIT_S) is None:
                raise TimeoutError("no answer")

        with process(python("bench.echo", url), home / "echo.log"):
            yield call


if __name__ == "__main__":
    main(TITLE, measure, __doc__ or "")
