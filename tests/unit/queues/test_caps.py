"""``max_running_per_user`` of engine "lists" when the option changes under a live queue, or a key is lost."""

import pytest

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists import ListsConsumer
from judgeline.queues.lists.audit import Auditor
from judgeline.queues.options import QueueOptions

QUEUE = "unit"
KEYS = Keys(QUEUE)


def options_of(most):
    return QueueOptions(handler="noop", max_running_per_user=most)


@pytest.fixture
def options():
    return options_of(1)


@pytest.fixture
def consumer_with(fake):
    return lambda most: ListsConsumer(fake, fake, QUEUE, options_of(most), chance=lambda: 0.5)


def put(engine, *names, user="a", priority="low"):
    engine.enqueue([NewJob(id=name, priority=priority, user=user, payload=b"{}") for name in names])


def end(consumer, claim):
    assert consumer.finish(claim, Ending(kind=Finish.DONE))[0]


def work_off(consumer):
    started, claim, sequence = [], consumer.claim("all", 1), 1
    while claim:
        started.append(claim.id)
        sequence += 1
        _, claim = consumer.finish(claim, Ending(kind=Finish.DONE), next_sequence=sequence)
    return started


def held_back(fake):
    return [place.decode() for place in fake.zrange(KEYS.named("capped"), 0, -1)]


def test_those_without_a_user_are_not_bounded(engine, consumer):
    put(engine, "1", "2", "3", user="")
    assert [consumer.claim(worker, 1).id for worker in "uvw"] == ["1", "2", "3"]


def test_a_finish_that_claims_takes_the_users_next(engine, consumer):
    put(engine, "1", "2", "3")
    assert work_off(consumer) == ["1", "2", "3"]


def test_a_bound_that_is_set_counts_from_the_next_start(engine, consumer, consumer_with):
    free = consumer_with(0)
    put(engine, *"12345")
    before = [free.claim(worker, 1) for worker in "uv"]
    assert consumer.claim("w", 1).id == "3"
    assert consumer.claim("x", 1) is None
    for claim in before:
        end(consumer, claim)
    assert consumer.claim("x", 2) is None  # those were not counted, so their ends make no room
    consumer.crashed("w", b"{}", blame=False)
    assert work_off(consumer) == ["3", "4", "5"]


def test_a_bound_that_is_lifted_strands_nobody(fake, engine, consumer, consumer_with):
    free = consumer_with(0)
    put(engine, *"1234")
    first = consumer.claim("u", 1)
    assert consumer.claim("v", 1) is None
    assert held_back(fake) == ["low:a"]
    assert free.claim("v", 2) is None
    free.tick()
    assert held_back(fake) == []
    assert [free.claim(worker, 1).id for worker in "wx"] == ["2", "3"]
    end(free, first)
    assert fake.exists(f"{KEYS.prefix}running:a") == 0
    assert free.claim("y", 1).id == "4"


def test_a_bound_that_is_raised_lets_more_in_with_the_next_tick(engine, consumer, consumer_with):
    more = consumer_with(2)
    put(engine, *"123")
    consumer.claim("u", 1)
    assert consumer.claim("v", 1) is None
    more.tick()
    assert more.claim("v", 2).id == "2"
    assert more.claim("w", 1) is None


def test_a_job_whose_hash_is_gone_holds_its_place_no_longer_than_to_the_next_tick(fake, engine, consumer):
    put(engine, "1", "2")
    consumer.claim("u", 1)
    assert consumer.claim("v", 1) is None
    fake.delete(KEYS.job("1"))
    consumer.tick()
    assert consumer.claim("v", 2).id == "2"
    consumer.crashed("u", b"{}")


@pytest.mark.parametrize("lost", ["running:a", "capped", "turns"])
def test_a_lost_key_stops_no_line_for_good(fake, engine, consumer, lost):
    put(engine, "1", "2", "3")
    first = consumer.claim("u", 1)
    assert consumer.claim("v", 1) is None
    fake.delete(f"{KEYS.prefix}{lost}")
    consumer.tick()
    end(consumer, first)
    assert sorted(work_off(consumer)) == ["2", "3"]


def test_one_that_went_back_to_the_front_while_its_line_was_held_back_leaves_nothing(fake, engine, consumer):
    put(engine, "1", "2")
    first = consumer.claim("u", 1)
    assert consumer.claim("v", 1) is None
    assert consumer.finish(first, Ending(kind=Finish.RELEASE))[0]
    assert work_off(consumer) == ["1", "2"]
    assert held_back(fake) == []


def test_more_users_at_their_bound_than_one_call_looks_at_stop_nobody(engine, consumer):
    for n in range(120):
        put(engine, f"first{n}", f"second{n}", user=f"user{n}")
    for n in range(120):
        assert consumer.claim(f"w{n}", 1)
    put(engine, "free", user="free")
    assert consumer.claim("x", 1) is None  # a hundred were sent back to their lines
    assert consumer.wait(0.01)  # and those who wait are woken to look again
    assert consumer.claim("x", 2).id == "free"


def test_a_line_that_is_held_back_is_no_fault(fake, engine, consumer, options):
    put(engine, "1", "2")
    consumer.claim("u", 1)
    assert consumer.claim("v", 1) is None
    assert Auditor(fake, QUEUE, options, between_s=0).look().faults == []


def test_the_age_told_is_that_of_the_first_held_back_where_all_are(fake, engine, consumer):
    put(engine, "1", "2")
    consumer.claim("u", 1)
    assert consumer.claim("v", 1) is None
    fake.hincrby(KEYS.job("2"), "enqueued", -5_000)
    assert engine.stats().priorities["low"].oldest_ms >= 5_000
