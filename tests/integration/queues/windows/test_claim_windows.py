"""Windows of a claim: between the list and the worker's hands."""

import threading

import pytest

from judgeline.chaos.proxy import Links, Then
from judgeline.queues.engine import Cancelled, Ending, Finish
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import NewJob
from judgeline.queues.open import open_consumer

DONE = Ending(kind=Finish.DONE, result=b"{}")


def test_w01_a_job_whose_taker_died_with_the_answer_on_the_wire_is_on_its_backup_list(window):
    window.put("a", user="u")
    window.lose_reply("claim")
    window.proxy.refuse()
    with pytest.raises(QueueUnavailable):
        window.consumer.claim("w", 1)  # and this is the last that is heard of w
    assert window.places("a") == ["backup:w"]
    assert window.other.crashed("w", b"{}") == [("a", "queued")]
    assert window.places("a") == ["low"]
    again = window.take("v")
    assert (again.id, again.attempt, again.crashes, again.payload) == ("a", 2, 1, b"a")
    assert window.other.finish(again, DONE)[0]


def test_w01_a_job_whose_taker_nobody_saw_die_comes_back_with_its_lease(window):
    window.put("a")
    window.lose_reply("claim")
    window.proxy.refuse()
    with pytest.raises(QueueUnavailable):
        window.consumer.claim("w", 1)
    window.lapse("w")
    assert window.other.tick().reaped == 1
    assert window.take("v").id == "a"
    assert window.look("a").lost == 1


@pytest.mark.parametrize(
    "verb", ["enqueue", "claim", "finish", "finish and claim", "crashed", "requeue", "settle"]
)
def test_w02_a_verb_whose_reply_is_lost_is_sent_again_and_done_once(window, verb):
    window.put("a", "b")
    claim = None if verb in ("enqueue", "claim") else window.take("w", 1)
    if verb in ("requeue", "settle"):
        window.other.finish(claim, Ending(kind=Finish.DEAD))
    before = window.truth.stats().totals
    window.lose_reply(verb.split()[0])
    if verb == "enqueue":
        [put] = window.engine.enqueue([NewJob(id="c", priority="low", payload=b"c")])
        assert (put.id, put.new) == ("c", False), "the second time it was there"
        assert window.places("c") == ["low"]
    elif verb == "claim":
        assert window.consumer.claim("w", 1).attempt == 1
        assert window.look("a").attempt == 1
        assert window.truth.stats().running == 1
    elif verb == "crashed":
        assert window.consumer.crashed("w", b"{}") == [], "the second time it held nothing"
        assert window.look("a").crashes == 1
        assert window.places("a") == ["low"]
    elif verb == "requeue":
        window.engine.requeue("a")
        assert window.places("a") == ["low"]
    elif verb == "settle":
        window.engine.settle([window.look("a")])
        assert not window.recorded("a")
    else:
        following = 2 if verb == "finish and claim" else None
        accepted, got = window.consumer.finish(claim, DONE, next_sequence=following)
        assert accepted
        assert (got.id if got else None) == ("b" if following else None)
        assert window.truth.stats().totals["done"] == 1
        assert window.places("a") == []
    assert window.proxy.counts().dropped == 1
    counted = {"enqueue": "enqueued", "crashed": "crashed", "requeue": "requeued"}.get(verb)
    if counted:
        assert window.truth.stats().totals[counted] == before.get(counted, 0) + 1


def test_w02_a_claim_that_arrives_after_its_worker_gave_it_up_takes_nothing(window, eventually):
    window.put("a", "b", "c")
    window.proxy.hold(replies=False, links=Links.OPEN)
    with pytest.raises(QueueUnavailable):
        window.consumer.claim("w", 1)  # it is still under way
    assert window.proxy.counts().held_bytes > 0
    first = window.consumer.claim("w", 2)  # over a new connection
    assert first.id == "a"
    assert window.consumer.finish(first, DONE)[0]
    window.proxy.heal()
    eventually(lambda: window.proxy.counts().held_bytes == 0)
    eventually(lambda: window.direct.info("commandstats")["cmdstat_evalsha"]["calls"])
    assert [window.look(job_id).state for job_id in ("a", "b", "c")] == ["done", "queued", "queued"]
    assert window.truth.stats().running == 0


def test_w03_a_server_killed_while_it_moves_jobs_leaves_none_moved_and_unowned(
    durable_valkey, make_window, start_workers, eventually
):
    window = make_window(durable_valkey.url)
    ids = [f"j{number}" for number in range(300)]
    for start in range(0, 300, 100):
        window.put(*ids[start : start + 100], user="u")
    workers = start_workers(window, 3)
    for kill in range(1, 4):
        eventually(lambda kill=kill: len(workers.accepted) >= 40 * kill, "work between the kills")
        window.proxy.refuse()
        durable_valkey.restart()
        assert window.torn() == []
        leases = {view.name for view in window.truth.workers()}
        held = [key.decode() for key in window.direct.scan_iter(f"{window.keys.prefix}backup:*")]
        assert {key.removeprefix(f"{window.keys.prefix}backup:") for key in held} <= leases
        window.proxy.heal()
    eventually(lambda: len(workers.accepted) == 300, "the rest")
    workers.stop()
    assert set(workers.accepted.values()) == {1}


def test_w04_workers_of_many_lists_whose_replies_get_lost_share_every_job(window, start_workers, eventually):
    for number in range(40):
        window.put(f"h{number}", priority="high", user=f"u{number % 3}")
        window.put(f"l{number}", priority="low", user=f"u{number % 5}")
    for script in ("claim", "finish"):
        window.lose_reply(script, count=15)
    workers = start_workers(window, 3)
    eventually(lambda: len(workers.accepted) == 80, "every job")
    workers.stop()
    assert window.proxy.counts().dropped >= 15
    assert set(workers.accepted.values()) == {1}
    assert window.truth.stats().totals["done"] == 80


def test_w14_a_marker_that_died_with_its_taker_delays_nobody_beyond_the_next_look(window):
    window.put("a")
    marker = window.keys.wake("low")
    assert window.direct.zcard(marker) == 1
    window.proxy.drop_replies(containing=b"BZPOPMIN", then=Then.CUT)
    taker = open_consumer("q", window.options, window.proxy.url)  # waits as a child does: repeats nothing
    with pytest.raises(QueueUnavailable):
        taker.wait(1.0)
    assert window.direct.zcard(marker) == 0, "it went with the reply"
    assert not window.other.wait(0.05)
    claim = window.take("v")  # whoever waited looks all the same
    assert claim.id == "a"
    window.put("b")
    window.direct.delete(marker)
    window.other.tick()
    assert window.other.wait(1.0), "a tick sets it again"
    assert window.other.finish(claim, DONE)[0]


@pytest.mark.parametrize("first", ["cancel", "claim"])
def test_w16_of_a_cancel_and_a_claim_that_race_the_first_to_arrive_wins(window, eventually, first):
    window.put("a")
    window.proxy.hold(replies=False)
    answers = []
    slow = window.consumer.claim if first == "cancel" else window.engine.cancel
    arguments = ("w", 1) if first == "cancel" else ("a",)
    thread = threading.Thread(target=lambda: answers.append(slow(*arguments)))
    thread.start()
    eventually(lambda: window.proxy.counts().held_bytes, "the slow one on its way")
    if first == "cancel":
        assert window.truth.cancel("a") is Cancelled.DONE
    else:
        claim = window.take("w")
    window.proxy.heal()
    thread.join()
    if first == "cancel":
        assert answers == [None]
        assert window.look("a").state == "cancelled"
        assert window.places("a") == []
    else:
        assert answers == [Cancelled.ASKED]
        assert not window.other.progress(claim, b"1"), "its worker is told"
        assert window.other.finish(claim, Ending(kind=Finish.CANCELLED))[0]
        assert window.look("a").state == "cancelled"


def test_w16_a_cancel_whose_reply_is_lost_gives_the_same_answer_again(window):
    window.put("a", "b")
    claim = window.take("w")
    window.lose_reply("cancel")
    assert window.engine.cancel("b") is Cancelled.DONE
    window.lose_reply("cancel")
    assert window.engine.cancel(claim.id) is Cancelled.ASKED
    assert window.truth.stats().totals["cancelled"] == 1
    assert window.other.finish(claim, Ending(kind=Finish.CANCELLED))[0]
