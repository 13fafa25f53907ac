"""The engine on Redis against the one in memory: whatever is done to both, both answer the same."""

import itertools
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from redis import Redis

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueError
from judgeline.queues.job import Claim, NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import PriorityOptions, QueueOptions

PRIORITIES = st.sampled_from(["high", "mid", "low"])
PARTS = st.one_of(st.none(), PRIORITIES)
NUMBERS = itertools.count()
WHEN = [
    {},
    {},
    {"delay_ms": 3_600_000},
    {"not_before_ms": 1},
    {"not_before_ms": 2**52},
    {"delay_ms": -1},
]


class BothQueues(RuleBasedStateMachine):
    """Does each thing to both engines."""

    def __init__(self, client: Redis, check_leaks: Callable[..., None]) -> None:
        super().__init__()
        self.client = client
        self.check_leaks = check_leaks
        self.ids: list[str] = []
        self.workers: list[str] = []
        self.sequences: dict[str, int] = {}
        self.claims: list[Claim] = []

    @initialize(
        fair=st.sampled_from(["user", "off"]),
        store=st.booleans(),
        bounds=st.sampled_from([2, 50]),
        weights=st.tuples(st.integers(1, 10), st.integers(1, 10)),
        running=st.sampled_from([0, 1, 2]),
    )
    def open(self, fair, store, bounds, weights, running):
        options = QueueOptions(
            handler="noop",
            fair=fair,
            store=store,
            max_queued=2 * bounds,
            max_queued_per_user=bounds,
            max_running_per_user=running if fair == "user" else 0,
            max_dead=bounds,
            max_attempts=2,
            priorities={
                "high": PriorityOptions(weights[0]),
                "mid": PriorityOptions(2),
                "low": PriorityOptions(weights[1]),
            },
        )
        name = f"model-{next(NUMBERS)}"
        self.keys = Keys(name)
        self.lists = ListsEngine(self.client, name, options)
        self.consumer = ListsConsumer(self.client, self.client, name, options, chance=lambda: 0.5)
        self.memory = MemoryEngine(name, options, chance=lambda: 0.5)

    def both(self, verb: str, *arguments: Any, **more: Any) -> Any:
        """Ask both the same; give what both answered."""
        real = self.lists if hasattr(self.lists, verb) else self.consumer
        answers = []
        for side in (real, self.memory):
            try:
                answers.append(getattr(side, verb)(*arguments, **more))
            except QueueError as error:
                answers.append((type(error), getattr(error, "bound", "")))
        assert answers[0] == answers[1]
        return answers[0]

    def pick(self, data: st.DataObject, things: list[Any]) -> Any:
        return data.draw(st.sampled_from(things)) if things else None

    @rule(
        priority=PRIORITIES,
        user=st.sampled_from(["", "a", "b"]),
        count=st.integers(1, 3),
        when=st.sampled_from(WHEN),
    )
    def enqueue(self, priority, user, count, when):
        jobs = [
            NewJob(id=f"j{next(NUMBERS)}", priority=priority, user=user, payload=b"p", **when)
            for _ in range(count)
        ]
        self.ids += [job.id for job in jobs]
        self.both("enqueue", jobs)

    @rule(data=st.data(), when=st.sampled_from(WHEN))
    def enqueue_again(self, data, when):
        if job_id := self.pick(data, self.ids):
            self.both("enqueue", [NewJob(id=job_id, priority="low", payload=b"p", **when)])

    @rule(data=st.data(), fresh=st.booleans(), step=st.sampled_from([1, 1, 1, 0, -1]), only=PARTS)
    def claim(self, data, fresh, step, only):
        if fresh or not self.workers:
            self.workers.append(f"w{next(NUMBERS)}")
        worker = self.workers[-1] if fresh else self.pick(data, self.workers)
        sequence = self.sequences.get(worker, 0) + step
        self.sequences[worker] = max(sequence, self.sequences.get(worker, 0))
        if claim := self.both("claim", worker, sequence, only=only):
            self.claims.append(claim)

    @rule(data=st.data(), kind=st.sampled_from(Finish), more=st.booleans())
    def finish(self, data, kind, more):
        claim = self.pick(data, self.claims[-6:])
        if not claim:
            return
        following = None
        if more:
            self.sequences[claim.worker] = following = self.sequences.get(claim.worker, 0) + 1
        ending = Ending(kind=kind, result=b"1", reason="why")
        if (answer := self.both("finish", claim, ending, next_sequence=following))[1]:
            self.claims.append(answer[1])

    @rule(data=st.data())
    def progress(self, data):
        if claim := self.pick(data, self.claims):
            self.both("progress", claim, b"1")

    @rule()
    def renew(self):
        self.both("renew", self.workers)

    @rule(data=st.data())
    def crash(self, data):
        if worker := self.pick(data, self.workers):
            self.workers.remove(worker)
            self.both("crashed", worker, b"{}")

    @rule(data=st.data())
    def lapse(self, data):
        worker = self.pick(data, self.workers)
        if worker in self.memory._ledger.leases:
            self.client.zadd(self.keys.named("workers"), {worker: 1})
            self.memory._ledger.leases[worker] = 1
        self.both("tick")

    @rule(data=st.data())
    def come_due(self, data):
        delayed = sorted(job_id.decode() for job_id in self.client.zrange(self.keys.named("delayed"), 0, -1))
        if job_id := self.pick(data, delayed):
            self.client.zadd(self.keys.named("delayed"), {job_id: 1})
            self.memory._ledger.jobs[job_id].due_ms = 1
        self.both("tick")

    @rule(verb=st.sampled_from(["cancel", "requeue", "forget"]), data=st.data())
    def steer(self, verb, data):
        if job_id := self.pick(data, self.ids):
            self.both(verb, job_id)

    @rule(verb=st.sampled_from(["pause", "resume", "resume"]), priority=PARTS)
    def pause_or_resume(self, verb, priority):
        self.both(verb, priority)

    @rule(verb=st.sampled_from(["shut", "reopen", "reopen"]))
    def shut_or_reopen(self, verb):
        self.both(verb)

    @rule(priority=PRIORITIES)
    def enqueue_what_was_admitted(self, priority):
        self.ids.append(f"j{next(NUMBERS)}")
        self.both("enqueue", [NewJob(id=self.ids[-1], priority=priority, payload=b"p", admitted=True)])

    @rule(count=st.integers(1, 5))
    def settle(self, count):
        self.both("settle", self.memory.unrecorded(count))

    @invariant()
    def both_look_the_same(self):
        if not hasattr(self, "memory"):
            return
        seen = [self._summary(engine) for engine in (self.lists, self.memory)]
        assert seen[0] == seen[1]
        self.both("exists", self.ids[-200:])

    @staticmethod
    def _summary(engine):
        stats = engine.stats()
        counts = (stats.running, stats.delayed, stats.dead, stats.unrecorded, stats.workers, stats.totals)
        counts = (*counts, stats.closed, stats.arrive_per_s)
        depths = {name: (one.queued, one.queued_bytes, one.paused) for name, one in stats.priorities.items()}
        times = [sum(histogram.counts) for histogram in (*stats.waits.values(), stats.runs)]
        return counts, depths, times

    @staticmethod
    def _told(job):
        counts = (job.attempt, job.crashes, job.lost, job.failures)
        held = (job.payload, job.progress, job.result)
        return job.state, counts, held, job.worker, job.reason, job.cancelling, job.user

    def teardown(self):
        if not hasattr(self, "memory"):
            return
        for job_id in self.ids:
            jobs = [engine.look(job_id) for engine in (self.lists, self.memory)]
            told = [job and self._told(job) for job in jobs]
            assert told[0] == told[1]
            self.both("position", job_id)
        self.check_leaks(self.client, self.lists, self.consumer)


def test_both_engines_answer_the_same_whatever_is_done(redis_client, check_leaks):
    run_state_machine_as_test(
        lambda: BothQueues(redis_client, check_leaks),
        settings=settings(
            max_examples=30,
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        ),
    )
