"""One suite for every engine. A test names the guarantees it needs; an engine that lacks one must fail it."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import fakeredis
import msgspec
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
from judgeline.queues.rq import RqEngine
from judgeline.queues.rq.tickets import queue_name, worker_of
from judgeline.queues.sharded import ShardedConsumer, ShardedEngine, shard_names, split
from judgeline.queues.sharded.waiting import Marker

from .guarantees import GUARANTEES, PROMISED
from .rq_rig import SteppedPool

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

    def push(self, element: str, priority: str = "low") -> None:
        """Push something onto the list of a priority, as anybody can who reaches the server."""
        raise NotImplementedError

    def another(self) -> Engine:
        """Give the same queue as another process sees it."""
        raise NotImplementedError

    def whose(self, name: str) -> str:
        """Say which worker an attempt of that name is: RQ's have a new name each attempt."""
        return name

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

    def push(self, element: str, priority: str = "low") -> None:
        self.client.lpush(self.keys.waiting(priority), element)

    def another(self) -> Engine:
        return ListsEngine(self.client, self.engine.name, self.engine.options)

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

    def another(self) -> Engine:
        return MemoryEngine(self.engine.name, self.engine.options)

    def lapse(self, worker: str) -> None:
        self.engine._ledger.leases[worker] = 1

    def make_due(self, job_id: str) -> None:
        self.engine._ledger.jobs[job_id].due_ms = 1

    def set_clock_back(self) -> None:
        now = self.engine._ledger.now_ms
        self.engine._ledger.now_ms = lambda: now() - 3_600_000


class ShardedRig(ListsRig):
    """On Redis, in three parts."""

    engine: ShardedEngine
    consumer: ShardedConsumer

    @property
    def parts(self) -> list[ListsRig]:
        """Each shard as a queue of its own."""
        parts = []
        for engine, consumer in zip(self.engine.shards, self.consumer.shards, strict=True):
            parts.append(ListsRig(engine, consumer))
            parts[-1].client = self.client
        return parts

    @property
    def keys(self) -> Keys:
        """Where a test reaches into Redis: one part is as good as another."""
        return self.parts[0].keys

    def another(self) -> Engine:
        return _sharded(self.client, self.engine.name, self.engine.options).engine

    def lapse(self, worker: str) -> None:
        for part in self.parts:
            self.client.zadd(part.keys.named("workers"), {worker: 1}, xx=True)

    def make_due(self, job_id: str) -> None:
        self.parts[self.engine.home(job_id)].make_due(job_id)

    def set_clock_back(self) -> None:
        for part in self.parts:
            part.set_clock_back()


class RqRig(Rig):
    """On RQ: the future is in its registries, and what a worker is worth in the life of its key."""

    client: Redis
    consumer: SteppedPool

    @property
    def keys(self) -> Keys:
        return Keys(self.engine.name)

    def push(self, element: str, priority: str = "low") -> None:
        self.client.rpush(f"rq:queue:{queue_name(self.engine.name, priority)}", element)

    def another(self) -> Engine:
        return RqEngine(self.client, self.engine.name, self.engine.options)

    def whose(self, name: str) -> str:
        return worker_of(name)

    def work_off(self) -> list[str]:
        """As above, with a worker a priority, in turns: nothing orders one priority's before another's."""
        started = []
        workers = list(reversed(self.engine.options.priorities))
        while workers:
            for priority in list(workers):
                claim = self.consumer.claim(f"all-{priority}", 1, only=priority)
                if claim is None:
                    workers.remove(priority)
                    continue
                started.append(claim.id)
                self.end(claim, result=b"{}")
        for priority in self.engine.options.priorities:
            self.consumer.leave(f"all-{priority}")
        return started

    def lapse(self, worker: str) -> None:
        stepped = self.consumer.workers[worker]
        if stepped.held is None:  # an idle one is known by its key alone
            self.client.delete(stepped.key)
            return
        self.client.pexpire(stepped.key, 20_000)
        registry = stepped.held.ticket.started_job_registry.key
        self.client.zadd(registry, {stepped.held.execution.composite_key: 1}, xx=True)

    def make_due(self, job_id: str) -> None:
        self.client.zadd(self.keys.named("delayed"), {job_id: 1})
        for priority in self.engine.options.priorities:
            name = queue_name(self.engine.name, priority)
            self.client.zadd(f"rq:scheduled:{name}", {job_id: 1}, xx=True)

    def set_clock_back(self) -> None:
        hour = 3_600
        for key in self.client.scan_iter("rq:scheduled:*"):
            for job_id, _ in self.client.zscan_iter(key):
                self.client.zincrby(key, hour, job_id)
                self.client.zincrby(self.keys.named("delayed"), hour * 1_000, job_id)
                for field in ("since", "due"):
                    self.client.hincrby(self.keys.job(job_id.decode()), field, hour * 1_000)

    def end_the_rest(self) -> None:
        """End what the check for leaks does not: what is held by name, and what waits on each priority."""
        self.engine.resume()
        for name in list(self.consumer.workers):
            if held := self.consumer.workers[name].held:
                self.engine.cancel(held.claim.id)
            self.consumer.crashed(name, b"{}")
        for job_id in self.client.zrange(self.keys.named("delayed"), 0, -1):
            self.engine.cancel(job_id.decode())
        for key in self.client.scan_iter("rq:scheduled:*"):  # second tickets of jobs that ran
            for job_id, _ in self.client.zscan_iter(key):
                self.client.zadd(key, {job_id: 1})
        self.consumer.tick()
        self.work_off()

    def forgotten(self) -> list[str]:
        """Give RQ's own keys of a queue that would stay for ever, but for a few that do not grow."""
        self.consumer.tick()
        capped = ("rq:queues", "rq:workers", "rq:finished:", "rq:failed:", "rq:canceled:")
        keys = [key.decode() for key in self.client.scan_iter("rq:*")]
        return [key for key in keys if not key.startswith(capped) and self.client.ttl(key) < 0]


class TwiceScripts(Scripts):
    """Runs each script twice, as a client does that lost the reply and sends again."""

    same_answer = frozenset({"admit", "cancel", "claim", "epoch", "finish", "keep", "position", "requeue"})

    def run(self, name: str, *arguments: Any) -> Any:
        answer = super().run(name, *arguments)
        again = super().run(name, *arguments)
        if name in self.same_answer:
            assert again == answer
        return answer


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "guarantee(*names): what an engine must promise to pass this test")


@pytest.fixture(params=GUARANTEES)
def make_rig(
    request: pytest.FixtureRequest, check_leaks: Callable[..., None]
) -> Iterator[Callable[..., Rig]]:
    """Give a function that makes a queue with the options given, on each engine in turn."""
    needed = {name for mark in request.node.iter_markers("guarantee") for name in mark.args}
    assert needed <= PROMISED
    if lacking := needed - GUARANTEES[request.param]:
        request.applymarker(
            pytest.mark.xfail(strict=True, reason=f"{request.param} does not promise {sorted(lacking)}")
        )
    made: list[Rig] = []

    def make(**options: Any) -> Rig:
        rig = _made(request, f"queue-{len(made)}", QueueOptions(handler="noop", **options))
        made.append(rig)
        return rig

    yield make
    for rig in made:
        if isinstance(rig, RqRig):
            rig.end_the_rest()
        for part in rig.parts if isinstance(rig, ShardedRig) else [rig]:
            if isinstance(part, ListsRig | RqRig):
                check_leaks(part.client, part.engine, part.consumer)
    for rig in made:
        if isinstance(rig, RqRig):
            assert rig.forgotten() == []


def _made(request: pytest.FixtureRequest, name: str, options: QueueOptions) -> Rig:
    if request.param == "memory":
        engine = MemoryEngine(name, options, chance=lambda: MIDDLE)
        return MemoryRig(engine, engine)
    if request.param == "lists-fake":
        client = fakeredis.FakeRedis(server=fakeredis.FakeServer())
    else:
        client = request.getfixturevalue("redis_client")
    if request.param == "rq":
        if not options.max_running_per_user:  # with it, queues.toml is refused
            options = msgspec.structs.replace(options, engine="rq")
        pool = SteppedPool(client, name, options, lambda: MIDDLE)
        rig = RqRig(RqEngine(client, name, options), pool)
        rig.client = client
        return rig
    if request.param == "lists-sharded":
        return _sharded(client, name, msgspec.structs.replace(options, shards=3))
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


def _sharded(client: Redis, name: str, options: QueueOptions) -> ShardedRig:
    tags, share = shard_names(name, options.shards), split(options)
    rig = ShardedRig(
        ShardedEngine(name, options, [ListsEngine(client, tag, share) for tag in tags]),
        ShardedConsumer(
            name,
            options,
            [ListsConsumer(client, client, tag, share, chance=lambda: MIDDLE) for tag in tags],
            [Marker(name, client, client.connection_pool.make_connection) for _ in tags],
        ),
    )
    rig.client = client
    return rig


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """Give a queue with the default options."""
    return make_rig()
