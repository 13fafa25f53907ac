"""Every kind of fault, made by hand on a real server: found, mended, and then all jobs run to their end."""

import contextlib

import pytest
from redis import Redis

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists.audit import Auditor, leaks
from judgeline.queues.options import PriorityOptions, QueueOptions

QUEUE = "audited"
KEYS = Keys(QUEUE)


def remove_from_list(rig):
    rig.client.lrem(KEYS.waiting("low"), 0, "b")


def remove_from_line(rig):
    rig.client.lrem(KEYS.behind("low", "u"), 0, "v")


def lose_backup_list(rig):
    assert rig.consumer.claim("w", 1)
    rig.client.delete(KEYS.backup("w"))


def lose_lease(rig):
    assert rig.consumer.claim("w", 1)
    rig.client.zrem(KEYS.named("workers"), "w")


def lose_lease_and_sequence_stays(rig):
    rig.consumer.claim("w", 1)
    rig.consumer.crashed("w", b"{}", blame=False)
    rig.client.hset(KEYS.named("sequences"), "w", 1)


def lose_due_time(rig):
    claim = rig.consumer.claim("w", 1)
    rig.consumer.finish(claim, Ending(kind=Finish.RETRY, delay_ms=60_000))
    rig.client.zrem(KEYS.named("delayed"), claim.id)


def put_in_line_twice(rig):
    rig.client.rpush(KEYS.waiting("low"), "b", "v")


def hold_what_waits(rig):
    rig.consumer.claim("w", 1)
    rig.client.lpush(KEYS.backup("w"), "b")


def hold_what_another_runs(rig):
    claim = rig.consumer.claim("w", 1)
    rig.consumer.renew(["x"])
    rig.client.lpush(KEYS.backup("x"), claim.id)


def delay_what_waits(rig):
    rig.client.zadd(KEYS.named("delayed"), {"b": 2**42})


def bury_what_waits(rig):
    rig.client.zadd(KEYS.named("dead"), {"b": 1})
    rig.client.zadd(KEYS.named("unrecorded"), {"b": 1})


def lose_dead_letter(rig):
    claim = rig.consumer.claim("w", 1)
    rig.consumer.finish(claim, Ending(kind=Finish.DEAD, reason="why"))
    rig.client.zrem(KEYS.named("dead"), claim.id)
    rig.client.zrem(KEYS.named("unrecorded"), claim.id)


def forget_to_record(rig):
    claim = rig.consumer.claim("w", 1)
    rig.consumer.finish(claim, Ending(kind=Finish.DONE))
    rig.client.zrem(KEYS.named("unrecorded"), claim.id)


def lose_hash(rig):
    rig.client.zadd(KEYS.named("delayed"), {"ghost": 2**42})
    rig.client.zadd(KEYS.named("dead"), {"ghost": 1})


def lose_state(rig):
    rig.client.hset(KEYS.job("ghost"), "payload", b"{}")


def cut_off_head(rig):
    rig.client.lrem(KEYS.waiting("low"), 0, "u")
    rig.client.hset(KEYS.job("u"), "state", "cancelled")
    rig.client.expire(KEYS.job("u"), 60)


def lose_turns(rig):
    rig.client.hdel(KEYS.named("turns"), "low:u")


def spoil_turns(rig):
    rig.client.hincrby(KEYS.named("turns"), "low:u", 5)
    rig.client.hset(KEYS.named("turns"), "low:nobody", 1)


def hold_back_for_nothing(rig):
    rig.client.hset(KEYS.named("turns"), "low:nobody", 0)


def hold_back_for_no_bound(rig):
    """As if its user had as much running as may be, and the note of it was lost."""
    rig.client.lrem(KEYS.waiting("low"), 0, "u")
    rig.client.rpush(KEYS.behind("low", "u"), "u")
    rig.client.hset(KEYS.named("turns"), "low:u", 0)
    rig.client.hincrby(KEYS.named("depth"), "parked:low", 1)


def count_what_does_not_run(rig):
    rig.client.sadd("jl:{audited}:running:u", "u", "gone")


def lose_count_of_what_runs(rig):
    while rig.consumer.claim("w", 1).id != "u":
        rig.consumer.crashed("w", b"{}", blame=False)
        rig.client.lmove(KEYS.waiting("low"), KEYS.waiting("low"), "RIGHT", "LEFT")
    rig.client.srem("jl:{audited}:running:u", "u")


def spoil_depth(rig):
    rig.client.hincrby(KEYS.named("depth"), "parked:low", 1000)
    rig.client.hincrby(KEYS.named("depth"), "delayed:low", 1000)
    rig.client.hset(KEYS.named("depth"), "bytes:low", 1)
    rig.client.hset(KEYS.named("depth"), "bytes:dead", 7)


def lose_depth(rig):
    rig.client.delete(KEYS.named("depth"))


SPOILS = {
    remove_from_list: "queued, but on no list",
    remove_from_line: "queued, but on no list",
    lose_backup_list: "running, but held by no worker",
    lose_lease: "holds jobs, and has no lease",
    lose_lease_and_sequence_stays: "numbered, but not known",
    lose_due_time: "delayed, but due at no time",
    put_in_line_twice: "queued 2 times",
    hold_what_waits: "queued 2 times",
    hold_what_another_runs: "held by more than its worker",
    delay_what_waits: "queued, and in delayed",
    bury_what_waits: "queued, and in dead",
    lose_dead_letter: "dead, but no dead letter",
    forget_to_record: "ended, and kept for ever",
    lose_hash: "in delayed, but no job",
    lose_state: "a hash without a state",
    cut_off_head: "a line of ids behind no head",
    lose_turns: "0 turns counted, and 1 ids on the list",
    spoil_turns: "6 turns counted, and 1 ids on the list",
    hold_back_for_nothing: "held back, and nothing is in its line",
    hold_back_for_no_bound: "a line of ids behind no head",
    count_what_does_not_run: "counted as running: gone",
    lose_count_of_what_runs: "running, and not counted: u",
    spoil_depth: "parked:low is 1001, and should be 1",
    lose_depth: "parked:low is 0, and should be 1",
}


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_a_fault_is_found_and_mended_and_every_job_ends(rig, spoil):
    rig.put("a", "b", "c")
    rig.put("u", "v", user="u")
    ids = {"a", "b", "c", "u", "v"}
    assert rig.auditor.look().faults == []
    spoil(rig)
    if spoil is lose_hash:
        rig.engine.shut()  # a closed queue is mended as well
    found = rig.auditor.look()
    assert SPOILS[spoil] in {fault.what for fault in found.faults}
    assert not any(fault.mended for fault in found.faults)
    assert rig.auditor.look() == found  # looking changes nothing
    rig.lose_replies()
    told = []
    mended = rig.auditor.mend(told=told.append)
    assert mended.unmended == []
    assert {fault.what for fault in told} >= {SPOILS[spoil]}
    assert rig.auditor.look().faults == []
    assert rig.auditor.mend().faults == []  # a repeat finds nothing
    rig.run_all()
    ended = {job_id: rig.engine.look(job_id) for job_id in ids}
    over = {JobState.DONE, JobState.DEAD, JobState.CANCELLED}
    assert {job_id for job_id, job in ended.items() if job.state in over} == ids
    assert rig.auditor.look().faults == []
    while ended := rig.engine.unrecorded():
        rig.engine.settle(ended)
    for letter in rig.engine.dead():
        rig.engine.forget(letter.id)
    assert leaks(rig.client, QUEUE) == []


def test_a_job_taken_for_lost_has_a_lost_lease_and_its_late_finish_is_refused(rig):
    rig.put("a")
    claim = rig.consumer.claim("w", 1)
    rig.client.delete(KEYS.backup("w"))
    rig.auditor.mend()
    job = rig.engine.look("a")
    assert (job.state, job.lost, job.attempt) == (JobState.QUEUED, 1, 1)
    assert rig.consumer.finish(claim, Ending(kind=Finish.DONE)) == (False, None)
    assert rig.run_all() == ["a"]


def test_what_was_lost_from_a_list_goes_to_the_front(rig):
    rig.put("a", "b", "c")
    rig.client.lrem(KEYS.waiting("low"), 0, "c")
    rig.auditor.mend()
    assert rig.client.lrange(KEYS.waiting("low"), 0, -1) == [b"b", b"a", b"c"]


def test_many_that_were_lost_come_back_in_their_order_and_their_user_still_takes_turns(rig):
    rig.put(*(f"u{number:02}" for number in range(20)), user="ada")
    rig.put("b1", "b2", user="bob")
    for key in rig.client.keys(KEYS.behind("low", "*")):
        rig.client.delete(key)
    rig.client.delete(KEYS.waiting("low"))
    assert rig.auditor.mend().unmended == []
    started, sequence = [], 0
    while claim := rig.consumer.claim("w", sequence := sequence + 1):
        started.append(claim.id)
        rig.consumer.finish(claim, Ending(kind=Finish.DONE))
    assert [job_id for job_id in started if job_id.startswith("u")] == [
        f"u{number:02}" for number in range(20)
    ]
    assert max(started.index("b1"), started.index("b2")) <= 4
    assert len(started) == 22


@pytest.mark.parametrize(("to", "target"), [(None, "low"), ("high", "high")])
def test_jobs_of_a_priority_that_is_gone_go_to_another_in_their_order(redis_client, make_rig, to, target):
    old = make_rig(
        redis_client,
        priorities={"high": PriorityOptions(10), "old": PriorityOptions(5), "low": PriorityOptions(3)},
    )
    old.put(*(f"j{number:03}" for number in range(80)), priority="old")
    old.put(*(f"k{number:03}" for number in range(70)), priority="old")
    old.put("u1", "u2", "u3", priority="old", user="u")
    old.put("later", "runs", priority="old", user="v")
    for job_id in ("late", "run"):
        old.engine.enqueue([NewJob(id=job_id, priority="old", payload=b"{}", user="w")])
    claim = old.consumer.claim("w", 1)
    old.consumer.finish(claim, Ending(kind=Finish.RETRY, delay_ms=60_000))
    held = old.consumer.claim("w", 2)
    redis_client.lpush(KEYS.waiting("old"), '{"payload": {}}')

    new = make_rig(redis_client)
    assert new.consumer.claim("x", 1) is None  # they would wait for ever
    found = new.auditor.look()
    kinds = {fault.kind for fault in found.faults}
    assert {"list", "line", "job"} <= kinds
    assert new.auditor.mend(to=to).unmended == []
    assert new.auditor.look().faults == []
    assert new.engine.look(claim.id).priority == target
    waiting = new.client.lrange(KEYS.waiting(target), 0, -1)[::-1]
    plain = [job_id.decode() for job_id in waiting if job_id[:1] in b"jk"]
    assert plain == sorted(plain)
    assert len(plain) == 148
    assert not redis_client.exists(KEYS.waiting("old"))
    assert new.consumer.finish(held, Ending(kind=Finish.RELEASE)) == (True, None)
    assert len(new.run_all()) == 150 + 3 + 2 + 2 + 1
    assert redis_client.hgetall(KEYS.named("depth")) == {}


@pytest.mark.parametrize("name", ["notes", "job:x"])
def test_a_strange_key_is_told_of_and_left(rig, name):
    rig.put("a")
    rig.client.set(KEYS.named(name), "somebody's")
    rig.client.delete(KEYS.waiting("low"))
    lost, strange = rig.auditor.mend().faults
    assert (lost.name, lost.mended) == ("a", True)
    assert (strange.kind, strange.name, strange.mended) == ("key", name, False)
    assert rig.client.get(KEYS.named(name)) == b"somebody's"
    rig.client.delete(KEYS.named(name))


def test_a_server_that_is_away_is_named():
    with (
        contextlib.closing(Redis(unix_socket_path="/nowhere/at/all")) as client,
        pytest.raises(QueueUnavailable, match="cannot be reached"),
    ):
        Auditor(client, QUEUE, QueueOptions(handler="noop")).look()
