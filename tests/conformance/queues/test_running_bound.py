"""``max_running_per_user``: one user's jobs hold only so many workers, and no job is lost or stuck by it."""

import pytest

from judgeline.queues.engine import Cancelled, Finish
from judgeline.queues.job import JobState

bounded = pytest.mark.guarantee("running_bound")


def fill(rig, user, count, priority="low"):
    for n in range(count):
        rig.put(f"{user}{n}", priority, user=user)


def queued(rig, priority="low"):
    return rig.engine.stats().priorities[priority].queued


@bounded
def test_a_user_runs_so_many_at_once_and_the_others_go_on(make_rig):
    rig = make_rig(max_running_per_user=2)
    fill(rig, "a", 5)
    fill(rig, "b", 1)
    assert [rig.take(worker).id for worker in "uvw"] == ["a0", "b0", "a1"]
    assert rig.consumer.claim("x", 1) is None
    assert queued(rig) == 3
    assert rig.engine.stats().running == 3


@bounded
def test_the_bound_counts_all_priorities_together(make_rig):
    rig = make_rig(max_running_per_user=2)
    fill(rig, "a", 6, "high")
    for n in range(6):
        rig.put(f"low{n}", "low", user="a")
    claims = [rig.consumer.claim(worker, 1) for worker in "qrstuvwx"]
    assert len([claim for claim in claims if claim]) == 2
    assert queued(rig, "high") + queued(rig) == 10


@bounded
@pytest.mark.parametrize("kind", Finish)
def test_whatever_ends_a_job_lets_the_next_start(make_rig, kind):
    rig = make_rig(max_running_per_user=1, max_attempts=2)
    fill(rig, "a", 2)
    first = rig.take("u")
    assert rig.consumer.claim("v", 1) is None
    assert rig.end(first, kind)
    assert rig.take("v", 2).id == ("a0" if kind is Finish.RELEASE else "a1")
    assert rig.consumer.claim("w", 1) is None


@bounded
@pytest.mark.parametrize("blame", [True, False])
def test_a_crash_lets_the_next_start(make_rig, blame):
    rig = make_rig(max_running_per_user=1, max_crashes=1)
    fill(rig, "a", 2)
    rig.take("u")
    assert rig.consumer.claim("v", 1) is None
    rig.consumer.crashed("u", b"{}", blame=blame)
    assert rig.take("v", 2).id == ("a1" if blame else "a0")
    assert rig.consumer.claim("w", 1) is None


@bounded
def test_a_lapsed_lease_lets_the_next_start(make_rig):
    rig = make_rig(max_running_per_user=1)
    fill(rig, "a", 2)
    rig.take("u")
    assert rig.consumer.claim("v", 1) is None
    rig.lapse("u")
    rig.consumer.tick()
    assert rig.take("v", 2).id == "a0"
    assert rig.consumer.claim("w", 1) is None


@bounded
def test_a_cancelled_job_lets_the_next_start(make_rig):
    rig = make_rig(max_running_per_user=1)
    fill(rig, "a", 2)
    first = rig.take("u")
    assert rig.consumer.claim("v", 1) is None
    assert rig.engine.cancel("a0") is Cancelled.ASKED
    assert rig.end(first, Finish.CANCELLED)
    assert rig.take("v", 2).id == "a1"


@bounded
def test_a_line_that_is_held_back_keeps_its_order_and_takes_more(make_rig):
    rig = make_rig(max_running_per_user=1)
    fill(rig, "a", 2)
    rig.take("u")
    assert rig.consumer.claim("v", 1) is None
    rig.put("late", "low", user="a")
    assert rig.consumer.claim("v", 2) is None
    assert rig.engine.position("a1") is not None
    assert rig.engine.position("a1") <= rig.engine.position("late")
    assert queued(rig) == 2
    rig.consumer.crashed("u", b"{}", blame=False)
    assert rig.work_off() == ["a0", "a1", "late"]


@bounded
def test_one_that_is_held_back_can_be_cancelled(make_rig):
    rig = make_rig(max_running_per_user=1)
    fill(rig, "a", 3)
    first = rig.take("u")
    assert rig.consumer.claim("v", 1) is None
    assert rig.engine.cancel("a1") is Cancelled.DONE
    assert rig.engine.cancel("a2") is Cancelled.DONE
    assert queued(rig) == 0
    rig.put("a3", "low", user="a")
    assert rig.consumer.claim("v", 2) is None
    assert rig.end(first)
    assert rig.take("v", 3).id == "a3"


@bounded
def test_one_user_held_back_costs_no_other_its_weight(make_rig):
    rig = make_rig(max_running_per_user=1)
    fill(rig, "a", 20, "high")
    fill(rig, "b", 1)
    held = rig.take("u")
    assert held.id == "a0"
    assert rig.take("v").id == "b0"
    assert rig.consumer.claim("w", 1) is None
    assert rig.end(held)
    assert rig.take("w", 2).id == "a1"


@bounded
def test_a_second_claim_with_the_same_number_counts_once(make_rig):
    rig = make_rig(max_running_per_user=2)
    fill(rig, "a", 3)
    assert rig.take("u", 1) == rig.take("u", 1)
    assert rig.take("v", 1).id == "a1"
    assert rig.consumer.claim("w", 1) is None


@bounded
def test_a_zombies_late_finish_frees_no_place_twice(make_rig):
    rig = make_rig(max_running_per_user=1)
    fill(rig, "a", 3)
    zombie = rig.take("u")
    rig.consumer.crashed("u", b"{}", blame=False)
    again = rig.take("v")
    assert again.id == zombie.id
    assert not rig.end(zombie)
    assert rig.consumer.claim("w", 1) is None
    assert rig.end(again)
    assert rig.end(again)  # a repeat
    assert rig.take("w", 2).id == "a1"
    assert rig.consumer.claim("x", 1) is None
    assert rig.engine.look("a2").state is JobState.QUEUED
