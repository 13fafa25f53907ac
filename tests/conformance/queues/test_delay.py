"""Jobs that are enqueued for later: a delay, or a date."""

import time

import pytest

from judgeline.queues.engine import Cancelled, Finish
from judgeline.queues.errors import JobConflict, QueueError, QueueFull, UnknownPriority
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.rules import MAX_DELAY_MS

HOUR = 3_600_000


def now_ms():
    return time.time_ns() // 1_000_000


def in_an_hour(by):
    return {"delay_ms": HOUR} if by == "delay" else {"not_before_ms": now_ms() + HOUR}


by_both = pytest.mark.parametrize("by", ["delay", "date"])


@by_both
@pytest.mark.guarantee("delays")
def test_a_job_with_a_delay_waits_for_its_time_and_then_runs(rig, by):
    [put] = rig.engine.enqueue([NewJob(id="a", priority="low", payload=b"{}", **in_an_hour(by))])
    assert (put.new, put.state) == (True, JobState.DELAYED)
    job = rig.engine.look("a")
    assert job.state is JobState.DELAYED
    assert abs(job.due_ms - now_ms() - HOUR) < 60_000
    assert rig.engine.exists(["a"]) == [JobState.DELAYED]
    assert rig.engine.position("a") is None
    rig.consumer.tick()
    assert rig.consumer.claim("w", 1) is None
    rig.make_due("a")
    assert rig.consumer.tick().promoted == 1
    assert rig.engine.position("a") == 0
    assert rig.engine.look("a").due_ms == 0
    assert rig.work_off() == ["a"]


@pytest.mark.parametrize("when", [{}, {"not_before_ms": 1}, {"not_before_ms": 1_700_000_000_000}])
def test_a_date_in_the_past_is_now(rig, when):
    [put] = rig.engine.enqueue([NewJob(id="a", priority="low", payload=b"{}", **when)])
    assert put.state is JobState.QUEUED
    assert rig.work_off() == ["a"]


@pytest.mark.guarantee("one_line")
def test_it_joins_the_end_of_the_line_and_is_no_older_than_that(rig):
    rig.put("late", delay_ms=HOUR)
    rig.put("first")
    rig.make_due("late")
    rig.consumer.tick()
    rig.put("last")
    assert rig.work_off() == ["first", "late", "last"]


@pytest.mark.guarantee("one_line")
@pytest.mark.guarantee("user_turns")
def test_it_joins_the_end_of_its_users_line(rig):
    rig.put("late", user="ada", delay_ms=HOUR)
    rig.put("ada1", user="ada")
    rig.put("ada2", user="ada")
    rig.make_due("late")
    rig.consumer.tick()
    rig.put("bob", user="bob")
    assert rig.work_off() == ["ada1", "bob", "ada2", "late"]


@pytest.mark.guarantee("one_line")
def test_one_that_waits_for_another_attempt_still_comes_back_first(rig):
    rig.put("a", delay_ms=HOUR)
    rig.make_due("a")
    rig.consumer.tick()
    rig.put("b")
    rig.end(rig.take(), kind=Finish.RETRY)
    rig.make_due("a")
    rig.consumer.tick()
    assert rig.work_off() == ["a", "b"]


def test_a_repeat_changes_nothing_whatever_delay_it_has(rig):
    rig.put("a", delay_ms=HOUR)
    due = rig.engine.look("a").due_ms
    for when in ({}, {"delay_ms": 5}, {"not_before_ms": now_ms() + 9 * HOUR}):
        [again] = rig.engine.enqueue([NewJob(id="a", priority="low", payload=b"{}", **when)])
        assert (again.new, again.state) == (False, JobState.DELAYED)
    assert rig.engine.look("a").due_ms == due
    assert rig.engine.stats().delayed == 1
    with pytest.raises(JobConflict):
        rig.engine.enqueue([NewJob(id="a", priority="low", payload=b"other", delay_ms=HOUR)])


@pytest.mark.parametrize(
    ("when", "field"),
    [
        ({"delay_ms": -1}, "delay_ms"),
        ({"delay_ms": MAX_DELAY_MS + 1}, "delay_ms"),
        ({"delay_ms": 10**400}, "delay_ms"),
        ({"not_before_ms": -1}, "not_before_ms"),
        ({"not_before_ms": now_ms() + MAX_DELAY_MS + HOUR}, "not_before_ms"),
        ({"not_before_ms": 10**400}, "not_before_ms"),
        ({"delay_ms": 1, "not_before_ms": 1}, "both delay_ms and not_before_ms"),
    ],
)
def test_an_absurd_delay_is_refused_by_name_with_those_before_it_kept(rig, when, field):
    jobs = [
        NewJob(id="good", priority="low", payload=b""),
        NewJob(id="x", priority="low", payload=b"", **when),
        NewJob(id="after", priority="low", payload=b""),
    ]
    with pytest.raises(QueueError, match=field):
        rig.engine.enqueue(jobs)
    assert rig.engine.exists(["good", "x", "after"]) == [JobState.QUEUED, None, None]
    assert rig.engine.stats().delayed == 0


def test_the_longest_delay_is_taken(rig):
    rig.put("a", delay_ms=MAX_DELAY_MS)
    rig.put("b", not_before_ms=now_ms() + MAX_DELAY_MS - HOUR)
    assert rig.engine.stats().delayed == 2


@by_both
def test_it_is_cancelled_like_any_that_waits(rig, by):
    rig.put("a", user="ada", payload=b"12345", **in_an_hour(by))
    assert rig.engine.cancel("a") is Cancelled.DONE
    assert rig.engine.look("a").state is JobState.CANCELLED
    stats = rig.engine.stats()
    assert (stats.delayed, stats.priorities["low"].queued_bytes) == (0, 0)
    rig.make_due("a")
    rig.consumer.tick()
    assert rig.work_off() == []


@pytest.mark.guarantee("exact_bounds")
def test_it_counts_in_all_bounds(make_rig):
    rig = make_rig(max_queued=3, max_queued_bytes=10, max_queued_per_user=2)
    rig.put("a", user="ada", payload=b"123", delay_ms=HOUR)
    rig.put("b", user="ada", payload=b"123", delay_ms=HOUR)
    stats = rig.engine.stats()
    assert (stats.delayed, stats.priorities["low"].queued, stats.priorities["low"].queued_bytes) == (2, 0, 6)
    assert stats.totals["enqueued"] == 2
    for job, bound in (
        (NewJob(id="x", priority="low", payload=b"", user="ada"), "max_queued_per_user"),
        (NewJob(id="x", priority="low", payload=b"", user="ada", delay_ms=5), "max_queued_per_user"),
        (NewJob(id="x", priority="low", payload=b"12345"), "max_queued_bytes"),
    ):
        with pytest.raises(QueueFull) as full:
            rig.engine.enqueue([job])
        assert full.value.bound == bound
    rig.put("c", delay_ms=HOUR)
    with pytest.raises(QueueFull) as full:
        rig.engine.enqueue([NewJob(id="x", priority="low", payload=b"", delay_ms=5)])
    assert full.value.bound == "max_queued"
    rig.engine.cancel("a")
    rig.make_due("b")
    rig.consumer.tick()
    rig.put("d", user="ada")  # "b" counts once, in line
    with pytest.raises(QueueFull):
        rig.engine.enqueue([NewJob(id="x", priority="low", payload=b"", user="ada")])
    assert rig.work_off() == ["b", "d"]


def test_a_dead_letter_that_had_a_delay_is_put_back_without_it(make_rig):
    rig = make_rig(max_attempts=1)
    rig.put("a", user="ada", delay_ms=HOUR)
    rig.make_due("a")
    rig.consumer.tick()
    rig.end(rig.take(), kind=Finish.RETRY)
    rig.engine.requeue("a")
    assert rig.work_off() == ["a"]


@pytest.mark.guarantee("clock_set_back")
def test_after_the_clock_was_set_back_a_delay_begins_again_and_a_date_stays(rig):
    rig.put("delay", delay_ms=60_000)
    rig.put("date", not_before_ms=now_ms() + 120_000)
    due = rig.engine.look("date").due_ms
    rig.set_clock_back()
    hour = rig.engine.look("date").due_ms - due  # where the clock itself was moved: 0
    rig.consumer.tick()
    assert rig.engine.look("date").due_ms == due + hour
    left = rig.engine.look("delay").due_ms + (0 if hour else HOUR) - now_ms()
    assert 0 < left <= 60_000
    rig.make_due("delay")
    rig.make_due("date")
    assert rig.consumer.tick().promoted == 2


@pytest.mark.guarantee("clock_set_back")
def test_after_the_clock_was_set_back_none_is_missed_behind_many_that_are_due_in_weeks(make_rig):
    rig = make_rig(max_queued=1_000)
    for n in range(3):
        rig.put(f"soon{n}", delay_ms=60_000)
    rig.set_clock_back()
    jobs = [
        NewJob(id=f"far{n}", priority="low", payload=b"", not_before_ms=now_ms() + 20 * 24 * HOUR + n)
        for n in range(200)
    ]
    for start in (0, 100):
        rig.engine.enqueue(jobs[start : start + 100])
    for _ in range(4):
        rig.consumer.tick()
    dues = [rig.engine.look(f"soon{n}").due_ms for n in range(3)]
    assert all(due < now_ms() + HOUR // 2 for due in dues)
    assert rig.engine.look("far0").due_ms > now_ms() + 19 * 24 * HOUR
    for n in range(200):
        rig.engine.cancel(f"far{n}")


def test_an_unknown_priority_is_refused_whatever_the_delay(rig):
    with pytest.raises(UnknownPriority):
        rig.engine.enqueue([NewJob(id="a", priority="urgent", payload=b"", delay_ms=5)])
