"""Who is next: weights between priorities, turns between users."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from judgeline.queues.errors import UnknownPriority
from judgeline.queues.job import NewJob
from judgeline.queues.options import PriorityOptions


def fill(rig, priority, count, user=""):
    jobs = [
        NewJob(id=f"{priority}{user}{n}", priority=priority, payload=b"", user=user) for n in range(count)
    ]
    for start in range(0, count, 100):
        rig.engine.enqueue(jobs[start : start + 100])


@pytest.mark.guarantee("one_line")
def test_first_in_first_out_within_a_priority(rig):
    fill(rig, "low", 5)
    assert rig.work_off() == [f"low{n}" for n in range(5)]


@pytest.mark.guarantee("one_line")
@pytest.mark.guarantee("weights")
def test_ten_to_three_is_exact(rig):
    fill(rig, "high", 101)
    fill(rig, "low", 31)
    first = rig.work_off()[:130]
    assert Counter(name.rstrip("0123456789") for name in first) == {"high": 100, "low": 30}
    longest = max(len(run) for run in "".join("h" if "high" in name else "l" for name in first).split("l"))
    assert longest <= 4  # spread out, not in blocks


def test_a_priority_alone_gets_everything(rig):
    fill(rig, "low", 20)
    assert len(rig.work_off()) == 20


@pytest.mark.guarantee("weights", "one_line")
def test_what_a_priority_had_alone_is_not_held_against_the_others(rig):
    fill(rig, "low", 20)
    rig.work_off()
    fill(rig, "high", 1)
    fill(rig, "low", 21)  # one more
    assert rig.work_off()[0] == "high0"


def test_one_priority_only(rig):
    fill(rig, "low", 1)
    assert rig.consumer.claim("w", 1, only="high") is None
    assert rig.take("w", 2, only="low").id == "low0"
    with pytest.raises(UnknownPriority):
        rig.consumer.claim("w", 3, only="urgent")


@pytest.mark.guarantee("one_line")
@pytest.mark.guarantee("user_turns")
def test_users_take_turns(rig):
    fill(rig, "low", 4, user="a")
    fill(rig, "low", 2, user="b")
    fill(rig, "low", 1, user="c")
    assert rig.work_off() == ["lowa0", "lowb0", "lowc0", "lowa1", "lowb1", "lowa2", "lowa3"]


@pytest.mark.guarantee("one_line")
@pytest.mark.guarantee("user_turns")
def test_a_user_with_one_job_starts_within_two_dispatches_however_many_another_has(rig):
    fill(rig, "low", 200, user="a")
    fill(rig, "low", 1, user="b")
    assert [rig.take(worker).id for worker in ("w", "v")] == ["lowa0", "lowb0"]


@pytest.mark.guarantee("one_line")
def test_fair_off_is_first_in_first_out(make_rig):
    rig = make_rig(fair="off")
    fill(rig, "low", 3, user="a")
    fill(rig, "low", 1, user="b")
    assert rig.work_off() == ["lowa0", "lowa1", "lowa2", "lowb0"]


@pytest.mark.guarantee("one_line")
@pytest.mark.guarantee("position_by_turns")
def test_a_position_counts_down_to_the_next(rig):
    fill(rig, "low", 3, user="a")
    fill(rig, "low", 1, user="b")
    assert [rig.engine.position(name) for name in ("lowa0", "lowb0", "lowa1", "lowa2")] == [0, 1, 2, 3]
    fill(rig, "high", 2)
    assert rig.engine.position("lowb0") == 3  # both high ones start before it
    assert rig.engine.position("high0") == 0
    assert rig.engine.position("nobody") is None
    claim = rig.take()
    assert rig.engine.position(claim.id) is None


@pytest.mark.guarantee("one_line")
@pytest.mark.guarantee("pause")
def test_a_pause_stops_claims_and_a_resume_allows_them(rig):
    fill(rig, "low", 2)
    fill(rig, "high", 2)
    rig.engine.pause("high")
    assert rig.engine.stats().priorities["high"].paused
    assert rig.take("w", 1).id == "low0"
    rig.engine.pause()
    assert rig.consumer.claim("v", 1) is None
    rig.engine.resume("low")
    assert rig.take("v", 2).id == "low1"
    rig.engine.resume()
    assert rig.take("u", 1).id == "high0"
    with pytest.raises(UnknownPriority):
        rig.engine.pause("urgent")


@pytest.mark.guarantee("weights")
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    weights=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    users=st.lists(st.sampled_from("abc"), max_size=8),
)
@pytest.mark.guarantee("one_line")
def test_any_weights_are_kept_exactly_and_nobody_is_left_out(make_rig, weights, users):
    names = [f"p{n}" for n in range(len(weights))]
    rig = make_rig(
        priorities={name: PriorityOptions(weight) for name, weight in zip(names, weights, strict=True)}
    )
    for name, weight in zip(names, weights, strict=True):
        fill(rig, name, weight)
        for n, user in enumerate(users):
            rig.put(f"{name}-{user}-{n}", name, user=user)
    rounds = sum(weights)
    started = rig.work_off()
    rig.settle(*started[:100])
    rig.settle(*started[100:])
    assert Counter(name[:2] for name in started[:rounds]) == dict(zip(names, weights, strict=True))
    assert len(started) == rounds + len(names) * len(users)
    for name in names:
        queue = [job.split("-")[1] for job in started if job.startswith(f"{name}-")]
        left = Counter(users)
        for user in queue:  # whoever is served had no fewer turns left than one round allows
            left[user] -= 1
        assert not +left
