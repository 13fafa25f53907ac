"""A queue on the real server, seen through the fault proxy and, beside it, as it is."""

import contextlib
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from judgeline.chaos.proxy import FaultProxy, Then
from judgeline.queues.connect import command_client
from judgeline.queues.engine import Consumer, Ending, Engine, Finish
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import Claim, Job, NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.options import QueueOptions

PATIENCE_S = 30.0
DONE = Ending(kind=Finish.DONE, result=b"{}")


def until(condition: Callable[[], object], what: str = "it"):
    """Wait until the condition holds, and give what it gave."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.005)
    return found


class Window:
    """Queue "q" through a proxy that breaks (``engine``, ``consumer``); behind it ``truth``, ``other``."""

    def __init__(self, url: str, options: QueueOptions, stack: contextlib.ExitStack) -> None:
        self.url = url
        self.options = options
        self.keys = Keys("q")
        self.proxy = stack.enter_context(FaultProxy(url))
        self._stack = stack
        self.engine, self.consumer = self.opened(self.proxy.url)
        self.truth, self.other = self.opened(url)
        self.direct: Redis = stack.enter_context(Redis.from_url(url))
        # scripts are loaded and the connections are there: what follows is what a test wants to hit
        self.engine.stats()
        self.consumer.tick()
        self.truth.stats()
        self.other.tick()

    def opened(self, url: str) -> tuple[Engine, Consumer]:
        """Open the queue anew, over a client with the settings of the product."""
        client = self._stack.enter_context(command_client(url))
        return (
            ListsEngine(client, "q", self.options),
            ListsConsumer(client, client, "q", self.options, chance=lambda: 0.5),
        )

    def put(self, *job_ids: str, priority: str = "low", user: str = "", **more: Any) -> None:
        self.truth.enqueue(
            [NewJob(id=one, priority=priority, user=user, payload=one.encode(), **more) for one in job_ids]
        )

    @staticmethod
    def job(job_id: str) -> NewJob:
        return NewJob(id=job_id, priority="low", payload=job_id.encode())

    def take(self, worker: str, sequence: int = 1) -> Claim:
        claim = self.other.claim(worker, sequence)
        assert claim is not None
        return claim

    def look(self, job_id: str) -> Job:
        job = self.truth.look(job_id)
        assert job is not None
        return job

    def lose_reply(self, script: str, *, then: Then = Then.CUT, count: int = 1) -> None:
        """Let the next replies of a script be lost."""
        self.proxy.drop_replies(count, containing=self.digest(script), then=then)

    def digest(self, script: str) -> bytes:
        return self.consumer._scripts._digests[script].encode()

    def lapse(self, *workers: str) -> None:
        self.direct.zadd(self.keys.named("workers"), dict.fromkeys(workers, 1))

    def places(self, job_id: str) -> list[str]:
        """Every list and set an id is on, as often as it is there."""
        return self.all_places()[job_id]

    def all_places(self) -> dict[str, list[str]]:
        """Every id's lists and sets."""
        found: dict[str, list[str]] = defaultdict(list)
        for kind in ("list", "zset"):
            for key in self.direct.scan_iter(f"{self.keys.prefix}*", count=1000, _type=kind):
                name = key.decode().removeprefix(self.keys.prefix)
                if kind == "list":
                    members = self.direct.lrange(key, 0, -1)
                else:
                    members = self.direct.zrange(key, 0, -1) if name in ("delayed", "dead") else []
                for member in members:
                    found[member.decode()].append(name)
        return found

    def torn(self) -> list[str]:
        """Ids whose hash and whose places do not agree: each is in one place, or ended and in none."""
        wrong, everywhere = [], self.all_places()
        for key in self.direct.scan_iter(f"{self.keys.prefix}job:*", count=1000):
            job_id = key.decode().removeprefix(f"{self.keys.prefix}job:")
            job, places = self.look(job_id), everywhere[job_id]
            line = [[job.priority], [f"behind:{job.priority}:{job.user}"]]
            fitting = {"queued": line, "running": [[f"backup:{job.worker}"]], "delayed": [["delayed"]]}
            if places not in fitting.get(job.state, [[], ["dead"]]):
                wrong.append(f"{job_id}: {job.state}, {places}")
            if job.state == "done" and (not job.result or not self.recorded(job_id)):
                wrong.append(f"{job_id}: done, without result or note for the recorder")
        return wrong

    def recorded(self, job_id: str) -> bool:
        return self.direct.zscore(self.keys.named("unrecorded"), job_id) is not None


class Workers:
    """Threads that work a queue through whatever happens, as children do: no answer, and they ask again."""

    def __init__(self, window: Window, count: int) -> None:
        self.accepted: Counter[str] = Counter()
        self.started: Counter[str] = Counter()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(*window.opened(window.proxy.url), f"w{number}"))
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, _engine: Engine, consumer: Consumer, worker: str) -> None:
        sequence = 0
        while not self._stop.is_set():
            sequence += 1
            claim = self._insist(consumer.claim, worker, sequence)
            while claim:
                with self._lock:
                    self.started[claim.id] += 1
                sequence += 1
                accepted, following = self._insist(consumer.finish, claim, DONE, next_sequence=sequence) or (
                    False,
                    None,
                )
                with self._lock:
                    self.accepted[claim.id] += accepted
                claim = following
            self._stop.wait(0.002)

    def _insist(self, verb: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Ask until there is an answer; the same again each time."""
        while not self._stop.is_set():
            with contextlib.suppress(QueueUnavailable):
                return verb(*arguments, **more)
            self._stop.wait(0.01)
        return None


@pytest.fixture
def make_window(check_leaks: Callable[..., None]) -> Iterator[Callable[..., Window]]:
    """Give a function that opens a window on a server's queue; afterwards no key may be left."""
    made: list[Window] = []
    with contextlib.ExitStack() as stack:

        def make(url: str, **options: Any) -> Window:
            made.append(Window(url, QueueOptions(handler="noop", **options), stack))
            return made[-1]

        yield make
        for window in made:
            window.proxy.heal()
            with Redis.from_url(window.url) as client:
                check_leaks(client, window.truth, window.other)


@pytest.fixture
def window(make_window: Callable[..., Window], redis_url: str) -> Window:
    """Give a window on the shared server."""
    return make_window(redis_url)


@pytest.fixture
def start_workers() -> Iterator[Callable[..., Workers]]:
    """Give a function that starts threads that work a window's queue through its proxy."""
    with contextlib.ExitStack() as stack:

        def start(window: Window, count: int) -> Workers:
            workers = Workers(window, count)
            stack.callback(workers.stop)
            return workers

        yield start


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Give ``until``: a conftest cannot be imported by name."""
    return until
