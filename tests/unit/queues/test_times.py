"""The bounds of the histograms, the same in both engines and in the interface."""

import re

import pytest

from judgeline.queues.engine import BOUNDS_S, Ending, Finish
from judgeline.queues.job import NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists.scripts import script_text
from judgeline.queues.memory.tally import Tally

KEYS = Keys("unit")


def test_the_scripts_count_by_the_bounds_of_the_interface():
    told = re.search(r"BOUNDS_MS = \{ (.*?) \}", script_text("finish")).group(1)
    assert tuple(int(bound) / 1000 for bound in told.split(", ")) == BOUNDS_S


@pytest.mark.parametrize(
    ("ms", "place"), [(-1, 0), (0, 0), (5, 0), (6, 1), (10, 1), (900_000, 14), (900_001, 15)]
)
def test_a_time_counts_within_the_first_bound_it_does_not_pass(fake, engine, consumer, ms, place):
    tally = Tally()
    tally.observe(ms)
    assert [at for at, count in enumerate(tally.histogram().counts) if count] == [place]
    assert tally.histogram().sum_s == max(0, ms) / 1000

    engine.enqueue([NewJob(id="a", priority="low", payload=b"{}")])
    claim = consumer.claim("w", 1)
    fake.hincrby(KEYS.job("a"), "started", -ms - 2 if ms > 10 else -ms)
    consumer.finish(claim, Ending(kind=Finish.DONE))
    runs = engine.stats().runs
    if ms == 900_001:  # the others stand at a bound, which the time of the test itself may pass
        assert [at for at, count in enumerate(runs.counts) if count] == [place]
    assert runs.sum_s >= max(0, ms) / 1000


def test_waits_are_counted_from_when_a_job_was_back_in_line(fake, engine, consumer):
    engine.enqueue([NewJob(id="a", priority="low", payload=b"{}")])
    fake.hincrby(KEYS.job("a"), "enqueued", -100_000)
    claim = consumer.claim("w", 1)
    assert engine.stats().waits["low"].sum_s >= 100
    consumer.finish(claim, Ending(kind=Finish.RELEASE))
    consumer.claim("w", 2)
    assert engine.stats().waits["low"].sum_s < 200


def test_the_reaped_that_are_remembered_are_bounded(fake, consumer):
    for n in range(150):
        fake.zadd(KEYS.named("workers"), {f"w{n}": 1})
    for _ in range(10):
        consumer.tick()
    assert fake.zcard(KEYS.named("workers")) == 0
    assert fake.zcard(KEYS.named("reaped")) == 100


def test_a_reaped_worker_and_its_late_renewal_are_counted(fake, engine, consumer):
    consumer.renew(["u", "v"])
    fake.zadd(KEYS.named("workers"), {"u": 1, "v": 1})
    consumer.renew(["v"])  # nobody was there yet, and still it came too late
    assert engine.stats().totals.get("renewals_missed", 0) == 1
    consumer.tick()
    totals = engine.stats().totals
    assert (totals.get("reaped", 0), totals["renewals_missed"]) == (1, 1)
    consumer.renew(["u"])
    consumer.renew(["u"])
    assert engine.stats().totals["renewals_missed"] == 2
