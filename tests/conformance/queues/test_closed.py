"""A queue that an operator closed takes nothing new in, and works off what it has."""

import pytest

from judgeline.queues.engine import Finish
from judgeline.queues.errors import QueueFull
from judgeline.queues.job import JobState, NewJob


def job(job_id, **fields):
    return NewJob(id=job_id, priority="low", payload=b"{}", **fields)


@pytest.mark.guarantee("closing")
def test_it_refuses_what_is_new_and_says_closed(rig):
    rig.engine.shut()
    rig.engine.shut()  # a repeat
    for refused in (
        lambda: rig.engine.enqueue([job("a")]),
        lambda: rig.engine.admit("low", "", 2),
    ):
        with pytest.raises(QueueFull, match="is closed; try again in 60 s") as caught:
            refused()
        assert caught.value.bound == "closed"
    assert rig.engine.look("a") is None
    assert rig.engine.stats().closed


@pytest.mark.guarantee("one_line")
def test_what_it_has_is_worked_off_retries_and_requeues_too(rig):
    for name in ("a", "b"):
        rig.put(name)
    rig.engine.shut()
    rig.end(rig.take(), Finish.RETRY, delay_ms=0)
    rig.make_due("a")
    rig.consumer.tick()
    rig.end(rig.take(sequence=2), Finish.DEAD)
    rig.engine.requeue("a")
    assert sorted(rig.work_off()) == ["a", "b"]


def test_the_same_job_again_is_the_same_job(rig):
    rig.put("a")
    rig.engine.shut()
    [again] = rig.engine.enqueue([job("a")])
    assert (again.new, again.state) == (False, JobState.QUEUED)


@pytest.mark.guarantee("exact_bounds")
def test_what_was_admitted_before_comes_in_all_the_same(make_rig):
    rig = make_rig(max_queued=1)
    rig.engine.shut()
    [put] = rig.engine.enqueue([job("a", admitted=True)])
    assert put.new
    rig.engine.enqueue([job("b", admitted=True)])
    with pytest.raises(QueueFull) as caught:
        rig.engine.enqueue([job("c", admitted=True)])
    assert caught.value.bound == "max_queued"


@pytest.mark.guarantee("exact_bounds")
@pytest.mark.parametrize(
    ("bound", "options"),
    [
        ("max_queued", {"max_queued": 2, "max_queued_per_user": 2}),
        ("max_queued_bytes", {"max_queued_bytes": 4}),
        ("max_queued_per_user", {"max_queued_per_user": 2}),
    ],
)
def test_on_a_full_queue_what_was_admitted_before_has_the_right_of_way(make_rig, bound, options):
    rig = make_rig(**options)
    for name in ("a", "b"):
        rig.engine.enqueue([job(name, user="ann")])
    for name in ("c", "d"):
        for refused in (
            lambda name=name: rig.engine.enqueue([job(name, user="ann")]),
            lambda: rig.engine.admit("low", "ann", 2),
        ):
            with pytest.raises(QueueFull) as caught:
                refused()
            assert caught.value.bound == bound
        rig.engine.enqueue([job(name, user="ann", admitted=True)])
    with pytest.raises(QueueFull) as caught:
        rig.engine.enqueue([job("e", user="ann", admitted=True)])
    assert caught.value.bound == bound


def test_it_opens_again_and_a_resume_does_not_open_it(rig):
    rig.engine.shut()
    rig.engine.resume()
    assert rig.engine.stats().closed
    rig.engine.reopen()
    rig.engine.reopen()
    assert not rig.engine.stats().closed
    rig.put("a")


def test_a_pause_and_a_close_know_nothing_of_each_other(rig):
    rig.put("a")
    rig.engine.pause("low")
    rig.engine.shut()
    rig.engine.reopen()
    assert rig.consumer.claim("w", 1) is None
    assert rig.engine.stats().priorities["low"].paused
    rig.engine.resume()
    assert rig.work_off() == ["a"]


def test_what_comes_in_is_counted_by_the_minute(rig):
    rig.engine.enqueue([job(f"j{number}") for number in range(30)])
    rig.engine.enqueue([job(f"j{number}") for number in range(30)])  # a repeat
    assert rig.engine.stats().arrive_per_s == 30 / 60
