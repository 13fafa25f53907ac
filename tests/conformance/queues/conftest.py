"""One suite for every engine. A test names the guarantees it needs; an engine that lacks one must fail it."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import fakeredis
import pytest
from redis import Redis

from judgeline.queues.engine import Consumer, Ending, Engine, Finish
from judgeline.queues.job import Claim, NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.lists.scripts import Scripts
from judgeline.queues.lists.settings import settings_of
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions

MIDDLE = 0.5  # the jitter that adds nothing


@dataclasses.dataclass
class Rig:
    """A queue of one engine, and the few things a test must do to it that are no verbs of a queue."""

    engine: Engine
    consumer: Consumer

    def put(self, job_id: str, priority: str = "low", **fields: Any) -> None:
        [put] = self.engine.enqueue([NewJob(id=job_id, priority=priority, **{"payload": b"{}"} | fields)])
        assert put.new

    def take(self, worker: str = "w", sequence: int = 1, **more: Any) -> Claim:
        claim = self.consumer.claim(worker, sequence, **more)
        assert claim is not None
        return claim

    def end(self, claim: Claim, kind: Finish = Finish.DONE, **fields: Any) -> bool:
        accepted, _ = self.consumer.finish(claim, Ending(kind=kind, **fields))
        return accepted

    def settle(self, *job_ids: str) -> None:
        """Say that the store has these jobs as they stand."""
        self.engine.settle([job for job_id in job_ids if (job := self.engine.look(job_id))])

    def work_off(self) -> list[str]:
        """Work until nothing waits; give the ids in the order they started."""
        started = []
        claim = self.consumer.claim("all", sequence := 1)
        while claim:
            started.append(claim.id)
            sequence += 1
            _, claim = self.consumer.finish(
                claim, Ending(kind=Finish.DONE, result=b"{}"), next_sequence=sequence
            )
        self.consumer.leave("all")
        return started

    def lapse(self, worker: str) -> None:
        """Let a worker's lease have lapsed."""
        raise NotImplementedError

    def make_due(self, job_id: str) -> None:
        """Let a delayed job's time have come."""
        raise NotImplementedError

    def set_clock_back(self) -> None:
        """Let what is set to happen be an hour further off, as if the clock had been set back."""
        raise NotImplementedError


class ListsRig(Rig):
    """On Redis: the future is in the sorted sets."""

    client: Redis

    @property
    def keys(self) -> Keys:
        return Keys(self.engine.name)

    def lapse(self, worker: str) -> None:
        self.client.zadd(self.keys.named("workers"), {worker: 1})

    def make_due(self, job_id: str) -> None:
        self.client.zadd(self.keys.named("delayed"), {job_id: 1})

    def set_clock_back(self) -> None:
        hour = 3_600_000
        for worker, _ in self.client.zscan_iter(self.keys.named("workers")):
            self.client.zincrby(self.keys.named("workers"), hour, worker)
        for job_id, _ in self.client.zscan_iter(self.keys.named("delayed")):
            self.client.zincrby(self.keys.named("delayed"), hour, job_id)
            for field in ("since", "due"):
                self.client.hincrby(self.keys.job(job_id.decode()), field, hour)


class MemoryRig(Rig):
    """In memory: the clock itself can be moved."""

    engine: MemoryEngine

    def lapse(self, worker: str) -> None:
        self.engine._ledger.leases[worker] = 1

    def make_due(self, job_id: str) -> None:
        self.engine._ledger.jobs[job_id].due_ms = 1

    def set_clock_back(self) -> None:
        now = self.engine._ledger.now_ms
        self.engine._ledger.now_ms = lambda: now() - 3_600_000


class TwiceScripts(Scripts):
    """Runs each script twice, as a client does that lost the reply and sends again."""

    same_answer = frozenset({"admit", "cancel", "claim", "epoch", "finish", "keep", "position", "requeue"})

    def run(self, name: str, *arguments: Any) -> Any:
        answer = super().run(name, *arguments)
        again = super().run(name, *arguments)
        if name in self.same_answer:
            assert again == answer
        return answer


GUARANTEES = {
    "lists-fake": {"by_hand"},
    "lists-valkey": {"by_hand"},
    "lists-valkey-twice": {"by_hand"},
    "memory": set(),
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "guarantee(*names): what an engine must promise to pass this test")


@pytest.fixture(params=GUARANTEES)
def make_rig(
    request: pytest.FixtureRequest, check_leaks: Callable[..., None]
) -> Iterator[Callable[..., Rig]]:
    """Give a function that makes a queue with the options given, on each engine in turn."""
    needed = {name for mark in request.node.iter_markers("guarantee") for name in mark.args}
    if lacking := needed - GUARANTEES[request.param]:
        request.applymarker(
            pytest.mark.xfail(strict=True, reason=f"{request.param} does not promise {lacking}")
        )
    made: list[Rig] = []

    def make(**options: Any) -> Rig:
        rig = _made(request, f"queue-{len(made)}", QueueOptions(handler="noop", **options))
        made.append(rig)
        return rig

    yield make
    for rig in made:
        if isinstance(rig, ListsRig):
            check_leaks(rig.client, rig.engine, rig.consumer)


def _made(request: pytest.FixtureRequest, name: str, options: QueueOptions) -> Rig:
    if request.param == "memory":
        engine = MemoryEngine(name, options, chance=lambda: MIDDLE)
        return MemoryRig(engine, engine)
    if request.param == "lists-fake":
        client = fakeredis.FakeRedis(server=fakeredis.FakeServer())
    else:
        client = request.getfixturevalue("redis_client")
    rig = ListsRig(
        ListsEngine(client, name, options),
        ListsConsumer(client, client, name, options, chance=lambda: MIDDLE),
    )
    rig.client = client
    if request.param == "lists-valkey-twice":
        rig.engine._scripts = rig.consumer._scripts = TwiceScripts(
            client, rig.keys.prefix, settings_of(options)
        )
    return rig


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """Give a queue with the default options."""
    return make_rig()
