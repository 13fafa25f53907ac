"""Windows of an end: between what a worker did and what the queue knows of it."""

import contextlib
import threading

import pytest

from judgeline.chaos.proxy import Links, Then
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import JobState

DONE = Ending(kind=Finish.DONE, result=b"{}")


def test_w05_an_acknowledgement_sent_twice_on_a_long_queue_takes_nothing_that_is_anothers(window):
    for start in range(0, 2_000, 100):
        window.put(*(f"j{number}" for number in range(start, start + 100)), user=f"u{start % 300}")
    claim = window.take("w")
    assert window.direct.llen(window.keys.backup("w")) == 1, "what LREM looks through is one entry long"
    waiting = window.truth.stats().priorities["low"].queued
    window.direct.lpush(
        window.keys.waiting("low"), claim.id
    )  # the same id, somewhere it must not be taken from
    window.lose_reply("finish")
    assert window.consumer.finish(claim, DONE)[0]
    assert window.proxy.counts().dropped == 1
    assert window.places(claim.id) == ["low"]
    assert window.truth.stats().priorities["low"].queued == waiting + 1
    window.direct.lrem(window.keys.waiting("low"), 1, claim.id)


def test_w06_two_reapers_at_once_whose_replies_get_lost_take_each_job_once(window):
    ids = [f"j{number}" for number in range(30)]
    window.put(*ids)
    for number in range(30):
        window.take(f"w{number}")
    window.lapse(*(f"w{number}" for number in range(30)))
    window.lose_reply("tick", count=2)
    barrier = threading.Barrier(2)

    def reap(consumer):
        barrier.wait()
        for _ in range(3):
            with contextlib.suppress(QueueUnavailable):
                consumer.tick()

    reapers = [threading.Thread(target=reap, args=(one,)) for one in (window.consumer, window.other)]
    for reaper in reapers:
        reaper.start()
    for reaper in reapers:
        reaper.join()
    assert window.proxy.counts().dropped == 2
    assert window.truth.stats().totals["lost"] == 30
    assert {window.look(job_id).lost for job_id in ids} == {1}
    assert window.torn() == []
    assert window.truth.stats().priorities["low"].queued == 30


def test_w07_a_promoter_that_dies_before_it_hears_has_moved_each_job_wholly(window, eventually):
    window.put("a", "b", user="u", delay_ms=3_600_000)
    window.direct.zadd(window.keys.named("delayed"), {"a": 1})
    window.lose_reply("tick")
    window.proxy.refuse()
    with pytest.raises(QueueUnavailable):
        window.consumer.tick()  # the promoter is never heard of again
    assert window.places("a") == ["low"]
    assert window.look("a").state == "queued"
    window.proxy.heal()
    window.direct.zadd(window.keys.named("delayed"), {"b": 1})
    window.proxy.hold(replies=False)
    with pytest.raises(QueueUnavailable):
        window.consumer.tick()  # dead before its command arrived
    assert window.places("b") == ["delayed"]
    assert window.other.tick().promoted == 1
    window.proxy.heal()  # and now it arrives
    eventually(lambda: window.proxy.counts().held_bytes == 0)
    window.truth.stats()
    assert window.torn() == []
    assert [window.look(job_id).state for job_id in ("a", "b")] == ["queued", "queued"]


def test_w08_a_worker_that_was_cut_off_beyond_its_lease_loses_its_job_and_is_told(window):
    window.put("a")
    claim = window.consumer.claim("w", 1)
    window.proxy.blackhole()
    with pytest.raises(QueueUnavailable):
        window.consumer.renew(["w"])
    window.lapse("w")
    assert window.other.tick().reaped == 1
    assert window.take("v").attempt == 2
    window.proxy.heal()
    [renewal] = window.consumer.renew(["w"])
    assert (renewal.known, renewal.held) == (False, []), "so its supervisor breaks the attempt off"
    assert not window.consumer.progress(claim, b"1")
    window.consumer.leave("w")


def test_w09_a_finish_that_was_on_its_way_beyond_the_lease_is_refused(window, eventually):
    window.put("a")
    zombie = window.consumer.claim("w", 1)
    window.proxy.hold(replies=False, links=Links.OPEN)
    with pytest.raises(QueueUnavailable):
        window.consumer.finish(zombie, Ending(kind=Finish.DONE, result=b'"late"'))
    window.lapse("w")
    window.other.tick()
    second = window.take("v")
    assert window.other.finish(second, Ending(kind=Finish.DONE, result=b'"right"'))[0]
    refused = window.truth.stats().totals.get("refused", 0)
    window.proxy.heal()  # what was under way arrives
    eventually(lambda: window.truth.stats().totals.get("refused", 0) == refused + 1, "the late one")
    assert window.look("a").result == b'"right"'
    assert not window.consumer.finish(zombie, Ending(kind=Finish.DONE, result=b'"later"'))[0]
    assert window.look("a").result == b'"right"'
    assert window.truth.stats().totals["done"] == 1


def test_w10_a_server_killed_while_jobs_end_has_both_the_result_and_the_acknowledgement_or_neither(
    durable_valkey, make_window, start_workers, eventually
):
    window = make_window(durable_valkey.url)
    window.put(*(f"j{number}" for number in range(100)))
    workers = start_workers(window, 3)
    for kill in range(1, 4):
        eventually(lambda kill=kill: len(workers.accepted) >= 20 * kill, "ends between the kills")
        window.proxy.refuse()
        durable_valkey.restart()
        assert window.torn() == []
        shown = {job_id for job_id, count in workers.accepted.items() if count}
        assert all(window.look(job_id).state is JobState.DONE for job_id in shown), "what was said stays"
        window.proxy.heal()
    eventually(lambda: len(workers.accepted) == 100, "the rest")
    workers.stop()
    assert set(workers.accepted.values()) == {1}


@pytest.mark.parametrize("how", ["retry", "crashed"])
def test_w11_a_failure_told_twice_over_a_lost_reply_counts_once_and_moves_once(window, how):
    window.put("a")
    claim = window.take("w")
    window.lose_reply("finish" if how == "retry" else "crashed")
    if how == "retry":
        assert window.consumer.finish(claim, Ending(kind=Finish.RETRY, delay_ms=3_600_000))[0]
        assert (window.look("a").failures, window.places("a")) == (1, ["delayed"])
        assert window.truth.stats().totals["retried"] == 1
    else:
        window.consumer.crashed("w", b"{}")
        assert (window.look("a").crashes, window.places("a")) == (1, ["low"])
        assert window.truth.stats().totals["crashed"] == 1
    assert window.proxy.counts().dropped == 1
    assert window.torn() == []


def test_w11_counter_and_place_agree_when_the_server_dies_in_between(durable_valkey, make_window):
    window = make_window(durable_valkey.url)
    window.put("a")
    for times in (1, 2):
        claim = window.take("w", times)
        window.lose_reply("finish", then=Then.SILENCE)
        with pytest.raises(QueueUnavailable):
            window.consumer.finish(claim, Ending(kind=Finish.RETRY, delay_ms=3_600_000))
        durable_valkey.restart()
        assert (window.look("a").failures, window.places("a")) == (times, ["delayed"])
        window.proxy.heal()
        assert window.consumer.finish(claim, Ending(kind=Finish.RETRY, delay_ms=3_600_000))[0], "asked again"
        assert (window.look("a").failures, window.places("a")) == (times, ["delayed"])
        window.direct.zadd(window.keys.named("delayed"), {"a": 1})
        window.other.tick()
