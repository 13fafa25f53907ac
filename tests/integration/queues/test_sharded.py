"""A queue in three parts on one real server: how its workers wait, lose answers, and agree on the number."""

import threading
import time

import pytest
from redis import Redis

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueUnavailable, ServerUnfit, UnknownJob
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.open import check_queue, open_consumer, open_engine
from judgeline.queues.options import QueueOptions
from judgeline.queues.sharded import shard_of

OPTIONS = QueueOptions(handler="noop", shards=3, store=False)
AT = {shard_of(name, 3): name for name in ("a", "a1", "a2", "a3", "b", "b1")}
"""Shard -> the id of a job that is there."""


def put(engine, *ids, **fields):
    engine.enqueue([NewJob(id=job_id, priority="low", payload=b"{}", **fields) for job_id in ids])


@pytest.fixture
def engine(redis_url):
    return open_engine("q", OPTIONS, redis_url)


@pytest.fixture
def consumer(redis_url):
    return open_consumer("q", OPTIONS, redis_url)


def test_each_shard_has_its_keys(engine, redis_client):
    put(engine, *AT.values())
    for index, job_id in AT.items():
        assert redis_client.lrange(f"jl:{{q.{index}}}:low", 0, -1) == [job_id.encode()]
    assert redis_client.get("jl:{q}:shards") == b"3"
    assert engine.channel(AT[2]) == f"jl:{{q.2}}:events:{AT[2]}"


@pytest.mark.parametrize("index", AT)
def test_a_job_in_any_shard_ends_the_wait_at_once(engine, consumer, index):
    consumer.wait(0.01)
    heard = []
    waiter = threading.Thread(target=lambda: heard.append(consumer.wait(1)))
    began = time.monotonic()
    waiter.start()
    put(engine, AT[index])
    waiter.join()
    assert heard == [True]
    assert time.monotonic() - began < 0.9  # not when the block of another shard ran out
    assert consumer.claim("w", 1).id == AT[index]


def test_a_marker_that_a_busy_worker_was_handed_wakes_another(engine, consumer, redis_url):
    """The first waits in all shards, takes one job, and must not keep the wake-ups of the rest."""
    other = open_consumer("q", OPTIONS, redis_url)
    assert not consumer.wait(0.05)
    put(engine, *AT.values())
    claimed = consumer.claim("w", 1).id
    for number in (1, 2):
        assert other.wait(1)
        assert other.claim(f"v{number}", 1).id != claimed
    assert all(marker.socket is None for marker in consumer._markers)


def test_a_short_job_costs_one_round_trip_and_a_long_one_gives_the_turn_on(engine, consumer, monkeypatch):
    ids = [name for name in map(str, range(60)) if shard_of(name, 3) == 0][:3]
    put(engine, *ids, AT[1])
    monkeypatch.setattr("judgeline.queues.sharded.consumer.STAY_S", 1000.0)
    consumer._next = 0
    claim = consumer.claim("w", 1)
    assert claim.id == ids[0]
    _, claim = consumer.finish(claim, Ending(kind=Finish.DONE, result=b"{}"), next_sequence=2)
    assert claim.id == ids[1]
    consumer._stays_until = 0.0
    _, claim = consumer.finish(claim, Ending(kind=Finish.DONE, result=b"{}"), next_sequence=3)
    assert claim.id == AT[1]
    _, claim = consumer.finish(claim, Ending(kind=Finish.DONE, result=b"{}"), next_sequence=4)
    assert claim.id == ids[2]


def lose_answers(consumer, index, verb, times):
    """Let so many answers of a shard get lost after it acted."""
    shard = consumer.shards[index]
    act = getattr(shard, verb)
    left = [times]

    def lossy(*arguments, **more):
        answer = act(*arguments, **more)
        if left[0]:
            left[0] -= 1
            raise QueueUnavailable("lost")
        return answer

    setattr(shard, verb, lossy)


def test_a_lost_claim_is_asked_of_the_same_shard_before_any_other(engine, consumer):
    put(engine, *AT.values())
    consumer._next = 1
    lose_answers(consumer, 1, "claim", 1)
    with pytest.raises(QueueUnavailable):
        consumer.claim("w", 1)
    assert consumer.claim("w", 1).id == AT[1]
    assert engine.stats().running == 1


def test_a_shard_that_stays_away_holds_up_no_other_and_its_job_waits_for_us(engine, consumer):
    put(engine, *AT.values())
    consumer._next = 1
    lose_answers(consumer, 1, "claim", 2)
    with pytest.raises(QueueUnavailable):
        consumer.claim("w", 1)
    claim = consumer.claim("w", 1)
    assert claim.id == AT[2]
    assert engine.stats().running == 2
    taken = set()
    sequence = 1
    while claim is not None:
        taken.add(claim.id)
        sequence += 1
        _, claim = consumer.finish(claim, Ending(kind=Finish.DONE, result=b"{}"), next_sequence=sequence)
        deadline = time.monotonic() + 10
        while claim is None and len(taken) < 3 and time.monotonic() < deadline:
            sequence += 1
            claim = consumer.claim("w", sequence)
    assert taken == set(AT.values())
    assert engine.stats().running == 0


def test_a_lost_finish_gives_the_same_next_job_again(engine, consumer):
    put(engine, *AT.values())
    consumer._next = 0
    claim = consumer.claim("w", 1)
    lose_answers(consumer, 0, "finish", 1)
    ending = Ending(kind=Finish.DONE, result=b"{}")
    with pytest.raises(QueueUnavailable):
        consumer.finish(claim, ending, next_sequence=2)
    accepted, upcoming = consumer.finish(claim, ending, next_sequence=2)
    assert accepted
    assert consumer.finish(claim, ending, next_sequence=2) == (True, upcoming)
    assert engine.stats().running == 1


def test_an_ending_that_cannot_be_said_is_kept_while_the_worker_goes_on(engine, consumer, monkeypatch):
    put(engine, *AT.values())
    consumer._next = 0
    claim = consumer.claim("w", 1)
    act = consumer.shards[0].finish
    there = []

    def away(*arguments, **more):
        if not there:
            raise QueueUnavailable("away")
        return act(*arguments, **more)

    monkeypatch.setattr(consumer.shards[0], "finish", away)
    ending = Ending(kind=Finish.DONE, result=b'"mine"')
    with pytest.raises(QueueUnavailable):
        consumer.finish(claim, ending, next_sequence=2)
    accepted, upcoming = consumer.finish(claim, ending, next_sequence=2)
    assert accepted
    assert upcoming.id == AT[1]
    assert engine.look(AT[0]).state is JobState.RUNNING
    _, upcoming = consumer.finish(upcoming, Ending(kind=Finish.DONE, result=b"{}"), next_sequence=3)
    assert upcoming.id == AT[2]
    there.append(True)
    deadline = time.monotonic() + 10
    while engine.look(AT[0]).state is JobState.RUNNING and time.monotonic() < deadline:
        consumer.wait(0.01)
    assert engine.look(AT[0]).result == b'"mine"'


def test_while_a_shard_is_away_nothing_is_said_of_those_whose_job_may_be_there(engine, consumer):
    put(engine, AT[0])
    consumer.claim("busy", 1)
    assert [one.worker for one in consumer.renew(["busy", "idle"])] == ["busy", "idle"]
    lose_answers(consumer, 2, "renew", 1)
    [known] = consumer.renew(["busy", "idle"])
    assert (known.worker, known.held) == ("busy", [AT[0]])


def test_pages_of_dead_letters_go_through_all_shards_by_age(engine, consumer):
    ids = [f"job{number}" for number in range(9)]
    for job_id in ids:
        put(engine, job_id)
        consumer.finish(consumer.claim("w", int(job_id[3:]) + 1), Ending(kind=Finish.DEAD, reason="no"))
        time.sleep(0.002)  # ages are milliseconds
    pages, after = [], ""
    while page := engine.dead(after=after, limit=2):
        pages.append([job.id for job in page])
        after = page[-1].id
    assert [job_id for page in pages for job_id in page] == ids[::-1]
    assert [len(page) for page in pages] == [2, 2, 2, 2, 1]


def test_a_job_pushed_by_hand_into_another_shard_than_its_own_is_worked_all_the_same(
    engine, consumer, redis_client
):
    away = (shard_of("mine", 3) + 1) % 3
    redis_client.lpush(f"jl:{{q.{away}}}:low", '{"payload": {"n": 1}, "id": "mine"}')
    claim = consumer.claim("w", 1)
    assert claim.id == "mine"
    assert engine.look("mine").state is JobState.RUNNING
    assert consumer.progress(claim, b"{}")
    assert consumer.finish(claim, Ending(kind=Finish.DONE, result=b"{}")) == (True, None)
    assert engine.look("mine").state is JobState.DONE
    with pytest.raises(UnknownJob):
        engine.cancel("nobody")


def test_another_number_of_shards_is_refused_while_jobs_are_there(engine, redis_url, redis_client):
    put(engine, "a")
    for shards in (1, 2):
        options = QueueOptions(handler="noop", shards=shards)
        with pytest.raises(
            ServerUnfit, match=r"queue q has . shards in queues.toml and 3 on the server"
        ) as caught:
            check_queue("q", options, redis_url)
        assert "set shards = 3 again" in caught.value.cure
    for shards in (1, 2):
        with pytest.raises(ServerUnfit):
            put(open_engine("q", QueueOptions(handler="noop", shards=shards), redis_url), "b")
    engine.cancel("a")
    check_queue("q", QueueOptions(handler="noop", shards=2, store=False), redis_url)
    assert redis_client.get("jl:{q}:shards") == b"2"


def test_a_queue_in_one_piece_with_jobs_is_not_cut(redis_url):
    put(open_engine("q", QueueOptions(handler="noop"), redis_url), "a")
    with pytest.raises(ServerUnfit, match=r"has 3 shards in queues\.toml and 1 on the server"):
        check_queue("q", OPTIONS, redis_url)


def test_an_idle_consumer_leaves_no_wait_behind(consumer, redis_url):
    consumer.wait(0.01)
    with Redis.from_url(redis_url) as client:
        assert [one["cmd"] for one in client.client_list() if "b" in one["flags"]] == ["bzpopmin"] * 3
        for marker in consumer._markers:
            marker.stop()
            marker.give_back()
        assert not [one for one in client.client_list() if "b" in one["flags"]]
