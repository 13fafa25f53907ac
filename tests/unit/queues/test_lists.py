"""Engine "lists" in states that only a broken past can leave, and what it keeps on the server."""

import msgspec
import pytest

from judgeline.queues.engine import Cancelled, Ending, Finish
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.options import QueueOptions

KEYS = Keys("unit")


def put(engine, *names, priority="low", **fields):
    engine.enqueue([NewJob(id=name, priority=priority, **({"payload": b"{}"} | fields)) for name in names])


def test_an_id_moved_but_never_started_is_started_by_its_worker(fake, engine, consumer):
    put(engine, "a")
    fake.lmove(KEYS.waiting("low"), KEYS.backup("w"), "RIGHT", "LEFT")
    claim = consumer.claim("w", 1)
    assert (claim.id, claim.attempt) == ("a", 1)


def test_an_id_moved_but_never_started_goes_back_unblamed_when_its_worker_dies(fake, engine, consumer):
    put(engine, "a", "b", user="u")
    fake.lmove(KEYS.waiting("low"), KEYS.backup("w"), "RIGHT", "LEFT")
    assert consumer.crashed("w", b"{}") == [("a", JobState.QUEUED)]
    assert engine.look("a").crashes == 0
    assert [consumer.claim(worker, 1).id for worker in ("v", "u")] == ["a", "b"]


def test_an_id_held_by_a_worker_that_does_not_own_it_is_dropped_and_stays_with_its_owner(
    fake, engine, consumer
):
    put(engine, "a", "b")
    claim = consumer.claim("w", 1)
    fake.lpush(KEYS.backup("v"), "a")
    assert consumer.claim("v", 1).id == "b"
    fake.lpush(KEYS.backup("u"), "a")
    assert consumer.crashed("u", b"{}") == [("a", JobState.RUNNING)]
    assert consumer.finish(claim, Ending(kind=Finish.DONE))[0]


def test_a_backup_list_with_an_unknown_id_is_emptied(fake, consumer):
    fake.lpush(KEYS.backup("w"), "ghost")
    assert consumer.crashed("w", b"{}") == [("ghost", JobState.DEAD)]
    assert not fake.exists(KEYS.backup("w"))


def test_a_waiting_job_that_is_on_no_list_can_be_cancelled(fake, engine, consumer):
    put(engine, "a", user="u")
    fake.delete(KEYS.waiting("low"))
    fake.delete(KEYS.named("turns"))
    assert engine.cancel("a") is Cancelled.DONE
    assert engine.position("a") is None


def test_a_promoter_that_died_between_pop_and_push_cannot_be(fake, engine, consumer):
    put(engine, "a")
    consumer.finish(consumer.claim("w", 1), Ending(kind=Finish.RETRY))
    fake.zadd(KEYS.named("delayed"), {"a": 1, "ghost": 1})
    assert consumer.tick().promoted == 1
    assert fake.lrange(KEYS.waiting("low"), 0, -1) == [b"a"]
    assert fake.zcard(KEYS.named("delayed")) == 0


def test_a_taker_that_dies_with_the_wake_marker_delays_nobody_beyond_the_next_look(fake, engine, consumer):
    put(engine, "a")
    assert consumer.wait(0.01) is True  # and dies
    assert consumer.wait(0.01) is False
    assert consumer.claim("v", 1).id == "a"


def test_the_marker_is_set_again_while_there_is_more(engine, consumer):
    put(engine, "a", "b", "c")
    for sequence in (1, 2):
        assert consumer.wait(0.01) is True
        consumer.claim(f"w{sequence}", 1)
    assert consumer.wait(0.01) is True
    consumer.claim("w3", 1)
    assert consumer.wait(0.01) is False


def test_a_users_next_job_sets_the_marker_again(engine, consumer):
    put(engine, "a", "b", user="u")
    assert consumer.wait(0.01) is True
    consumer.claim("w1", 1)
    assert consumer.wait(0.01) is True


def test_a_done_job_lives_on_for_its_time_once_settled(fake, engine, consumer, options):
    put(engine, "a")
    consumer.finish(consumer.claim("w", 1), Ending(kind=Finish.DONE))
    assert fake.ttl(KEYS.job("a")) == -1  # the store does not have it: it must not go
    engine.settle([engine.look("a")])
    assert 0 < fake.ttl(KEYS.job("a")) <= options.result_ttl_s
    fake.expire(KEYS.job("a"), 100)
    engine.settle([engine.look("a")])
    assert fake.ttl(KEYS.job("a")) <= 100  # a repeat does not start it again


def test_without_a_store_the_time_starts_at_the_finish(fake):
    options = QueueOptions(handler="noop", store=False)
    engine, consumer = ListsEngine(fake, "unit", options), ListsConsumer(fake, fake, "unit", options)
    put(engine, "a")
    consumer.finish(consumer.claim("w", 1), Ending(kind=Finish.DONE))
    assert 0 < fake.ttl(KEYS.job("a")) <= 3_600


def test_dead_letters_go_when_their_time_is_over(fake, engine, consumer, options):
    put(engine, "a", "b")
    for sequence in (1, 2):
        consumer.finish(consumer.claim("w", sequence), Ending(kind=Finish.DEAD))
    engine.settle([engine.look("a")])
    for name in ("a", "b"):
        fake.zincrby(KEYS.named("dead"), -1000 * options.dead_ttl_s, name)
    consumer.tick()
    assert engine.dead() == []
    assert engine.look("a") is None
    assert engine.look("b").state is JobState.DEAD  # no store has it yet
    assert fake.hget(KEYS.named("depth"), "bytes:dead") is None


def test_the_log_of_attempts_is_bounded(fake, consumer):
    engine = ListsEngine(fake, "unit", msgspec.structs.replace(consumer._options, max_attempts=100))
    put(engine, "a")
    many = ListsConsumer(fake, fake, "unit", engine.options)
    for sequence in range(60):
        many.finish(many.claim("w", sequence), Ending(kind=Finish.RETRY, reason="x" * 5_000, delay_ms=0))
        many.tick()
    many.finish(many.claim("w", 60), Ending(kind=Finish.DEAD, reason="\ud800 \x00 " + "é" * 1_000))
    letter = engine.look("a")
    attempts = msgspec.json.decode(letter.evidence)["attempts"]
    assert 5 < len(attempts) < 20
    assert attempts[-1]["attempt"] == 61
    assert len(letter.evidence) < 10_000
    assert letter.reason == attempts[-1]["reason"] == "\\ud800 \x00 " + "é" * 496


def test_the_drain_rate_forgets_what_is_older_than_a_minute_on_either_side(fake, engine, consumer):
    put(engine, "a", "b")
    seconds, _ = fake.time()
    for slot in range(-40, 40):
        fake.hset(KEYS.named("drained"), seconds // 5 + slot + (slot >= 0), 1)
    consumer.finish(consumer.claim("w", 1), Ending(kind=Finish.DONE))
    consumer.finish(consumer.claim("w", 2), Ending(kind=Finish.DONE))
    assert fake.hlen(KEYS.named("drained")) <= 26
    assert engine.stats().drain_per_s <= 27 / 60


def test_a_key_of_another_type_is_an_answer_not_a_crash(fake, engine):
    fake.set(KEYS.waiting("low"), "oops")
    with pytest.raises(QueueUnavailable, match="WRONGTYPE"):
        put(engine, "a")
    fake.delete(KEYS.waiting("low"))


def test_a_page_of_ended_jobs_is_bounded_in_bytes(engine, consumer):
    for n in range(40):
        put(engine, str(n))
        consumer.finish(consumer.claim("w", n), Ending(kind=Finish.DONE, result=b"x" * 262_144))
    assert 32 <= len(engine.unrecorded()) < 40


def test_odd_users_and_workers_share_nothing(engine, consumer):
    put(engine, "a", user="u:low:v")
    put(engine, "b", user="}{*\x00\n")
    put(engine, "c", user="u:low:v")
    assert [consumer.claim(name, 1).id for name in ("w:1", "w}", "w\n")] == ["a", "b", "c"]
    assert {view.name for view in engine.workers()} == {"w:1", "w}", "w\n"}


def test_ended_ids_whose_hash_is_gone_are_dropped(fake, engine):
    fake.zadd(KEYS.named("unrecorded"), {"ghost": 1, "no job": 2})
    fake.hset(KEYS.job("no job"), "written", "by hand")
    assert engine.look("no job") is None
    assert engine.unrecorded() == []
    fake.delete(KEYS.job("no job"))
    assert fake.zcard(KEYS.named("unrecorded")) == 0


def test_a_turned_off_fairness_brings_in_whom_it_left_behind(fake, engine, consumer, options):
    put(engine, "a", "b", "c", user="u")
    plain = msgspec.structs.replace(options, fair="off")
    put(ListsEngine(fake, "unit", plain), "d", user="u")
    later = ListsConsumer(fake, fake, "unit", plain)
    order = []
    while claim := later.claim("w", len(order)):
        order.append(claim.id)
        later.finish(claim, Ending(kind=Finish.DONE))
    assert sorted(order) == ["a", "b", "c", "d"]
    later.leave("w")


def test_a_line_goes_on_when_its_head_was_removed_by_hand_and_is_then_cancelled(fake, engine, consumer):
    put(engine, "a", "b", "c", user="u")
    fake.lrem(KEYS.waiting("low"), 1, "a")
    assert consumer.claim("w", 1) is None
    engine.cancel("a")
    order = []
    while claim := consumer.claim("w", 2 + len(order)):
        order.append(claim.id)
        consumer.finish(claim, Ending(kind=Finish.DONE))
    assert order == ["b", "c"]


def test_a_delay_from_before_the_clock_was_set_back_hides_none_from_after(fake, engine, consumer):
    put(engine, "long", "short")
    hour = 3_600_000
    for sequence, delay_ms in ((1, 10 * hour), (2, 1_000)):
        consumer.finish(consumer.claim("w", sequence), Ending(kind=Finish.RETRY, delay_ms=delay_ms))
    fake.zincrby(KEYS.named("delayed"), hour, "short")
    for field in ("since", "due"):
        fake.hincrby(KEYS.job("short"), field, hour)
    ahead = engine.look("short").due_ms
    consumer.tick()
    assert engine.look("short").due_ms < ahead - hour / 2
    engine.cancel("long")
    engine.cancel("short")
