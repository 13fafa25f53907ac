"""What goes on a queue: once, whole, within its bounds."""

import threading

import pytest

from judgeline.queues.engine import Finish
from judgeline.queues.errors import JobConflict, JobTooLarge, QueueError, QueueFull, UnknownPriority
from judgeline.queues.job import JobState, NewJob


def test_a_job_is_seen_as_it_was_put(rig):
    rig.put("a", "high", payload=b'{"x": 1}', user="ada", attempts=2)
    job = rig.engine.look("a")
    assert (job.state, job.priority, job.user, job.payload) == (JobState.QUEUED, "high", "ada", b'{"x": 1}')
    assert job.attempt == 2
    assert job.enqueued_ms > 0
    assert rig.engine.look("b") is None
    assert rig.engine.exists(["a", "b"]) == [JobState.QUEUED, None]


@pytest.mark.guarantee("idempotent_enqueue")
def test_the_same_job_twice_is_one_job(rig):
    rig.put("a")
    [again] = rig.engine.enqueue([NewJob(id="a", priority="low", payload=b"{}")])
    assert (again.new, again.state) == (False, JobState.QUEUED)
    assert rig.engine.stats().priorities["low"].queued == 1


def test_a_repeat_after_the_end_does_not_run_it_again(rig):
    rig.put("a")
    assert rig.work_off() == ["a"]
    [again] = rig.engine.enqueue([NewJob(id="a", priority="low", payload=b"{}")])
    assert (again.new, again.state) == (False, JobState.DONE)
    assert rig.work_off() == []


@pytest.mark.guarantee("idempotent_enqueue")
def test_the_same_id_with_another_payload_is_a_conflict(rig):
    rig.put("a", payload=b"1")
    with pytest.raises(JobConflict):
        rig.engine.enqueue([NewJob(id="a", priority="low", payload=b"2")])
    assert rig.engine.look("a").payload == b"1"


def test_jobs_before_a_refused_one_are_on_the_queue_and_none_after_it(rig):
    rig.put("taken", payload=b"1")
    jobs = [NewJob(id=name, priority="low", payload=b"2") for name in ("before", "taken", "after")]
    with pytest.raises(JobConflict):
        rig.engine.enqueue(jobs)
    assert rig.engine.exists(["before", "after"]) == [JobState.QUEUED, None]


@pytest.mark.parametrize(
    ("job", "error"),
    [
        (NewJob(id="x", priority="urgent", payload=b""), UnknownPriority),
        (NewJob(id="x", priority="job", payload=b""), UnknownPriority),
        (NewJob(id="x", priority="low", payload=b"12345"), JobTooLarge),
        (NewJob(id="x", priority="low", payload=b"", user="u" * 257), JobTooLarge),
        (NewJob(id="", priority="low", payload=b""), QueueError),
        (NewJob(id="a b", priority="low", payload=b""), QueueError),
        (NewJob(id="x" * 129, priority="low", payload=b""), QueueError),
    ],
)
def test_what_can_never_be_a_job_is_refused_with_those_before_it_kept(make_rig, job, error):
    rig = make_rig(max_payload_bytes=4)
    with pytest.raises(error):
        rig.engine.enqueue([NewJob(id="good", priority="low", payload=b""), job])
    assert rig.engine.exists(["good", "x"]) == [JobState.QUEUED, None]


def test_at_most_a_hundred_a_call(rig):
    with pytest.raises(QueueError):
        rig.engine.enqueue([NewJob(id=str(n), priority="low", payload=b"") for n in range(101)])
    assert rig.engine.enqueue([]) == []


def test_the_number_waiting_is_bounded_each_priority_apart(make_rig):
    rig = make_rig(max_queued=2)
    rig.put("a")
    rig.put("b", user="u")
    with pytest.raises(QueueFull) as full:
        rig.engine.enqueue([NewJob(id="c", priority="low", payload=b"")])
    assert full.value.bound == "max_queued"
    assert full.value.retry_after_s == 60  # it stands still
    assert rig.engine.look("c") is None
    with pytest.raises(QueueFull):
        rig.engine.admit("low", "", 0)
    rig.put("c", "high")
    rig.take(only="low")
    rig.put("d")


def test_a_delayed_job_still_has_its_place(make_rig):
    rig = make_rig(max_queued=1)
    rig.put("a")
    rig.end(rig.take(), kind=Finish.RETRY)
    with pytest.raises(QueueFull):
        rig.engine.admit("low", "", 0)


@pytest.mark.guarantee("exact_bounds")
def test_the_bytes_waiting_are_bounded(make_rig):
    rig = make_rig(max_queued_bytes=10)
    rig.put("a", payload=b"123456")
    with pytest.raises(QueueFull) as full:
        rig.engine.enqueue([NewJob(id="b", priority="low", payload=b"12345")])
    assert full.value.bound == "max_queued_bytes"
    rig.engine.admit("low", "", 4)
    rig.take()
    rig.put("b", payload=b"1234567890")


@pytest.mark.parametrize("fair", ["user", "off"])
def test_one_user_cannot_fill_the_queue(make_rig, fair):
    rig = make_rig(max_queued_per_user=2, fair=fair)
    rig.put("a", user="u")
    rig.put("b", user="u")
    with pytest.raises(QueueFull) as full:
        rig.engine.enqueue([NewJob(id="c", priority="low", payload=b"", user="u")])
    assert full.value.bound == "max_queued_per_user"
    rig.put("c", user="v")
    rig.take()
    rig.put("d", user="u")


@pytest.mark.guarantee("exact_bounds")
def test_results_nobody_records_stop_the_queue_in_the_end(make_rig):
    rig = make_rig(max_queued=1)
    for name in ("a", "b"):
        rig.put(name)
        rig.work_off()
    with pytest.raises(QueueFull) as full:
        rig.engine.admit("low", "", 0)
    assert full.value.bound == "unrecorded"
    rig.settle("a", "b")
    rig.engine.admit("low", "", 0)


@pytest.mark.guarantee("exact_bounds")
def test_when_to_come_back_follows_the_drain_rate(make_rig):
    rig = make_rig(max_queued=60, max_queued_per_user=60)
    for n in range(60):
        rig.put(f"first{n}")
    rig.work_off()
    rig.settle(*(f"first{n}" for n in range(60)))
    for n in range(60):
        rig.put(str(n))
    with pytest.raises(QueueFull) as full:
        rig.engine.admit("low", "", 0)
    assert full.value.retry_after_s == 3  # a twentieth of 60, at one a second
    assert rig.engine.stats().drain_per_s == pytest.approx(1.0)


def test_the_epoch_is_missing_once(rig):
    assert rig.engine.mark_epoch() is True
    assert rig.engine.mark_epoch() is False


@pytest.mark.guarantee("exact_bounds")
def test_a_bound_holds_however_many_enqueue_at_once(make_rig):
    rig = make_rig(max_queued=25, max_queued_per_user=5)
    refused = []

    def fill(number):
        for n in range(10):
            try:
                rig.put(f"{number}-{n}", user=f"u{number}")
            except QueueFull as full:
                refused.append(full.bound)

    threads = [threading.Thread(target=fill, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rig.engine.stats().priorities["low"].queued == 25
    assert len(refused) == 35
    assert set(refused) <= {"max_queued", "max_queued_per_user"}


@pytest.mark.guarantee("any_id")
def test_an_id_may_have_dots_and_colons(rig):
    rig.put("mail:2026.11-a_b")
    assert rig.work_off() == ["mail:2026.11-a_b"]


@pytest.mark.guarantee("outlives_its_process")
def test_a_queue_is_more_than_the_process_that_filled_it(rig):
    rig.put("a", payload=b"p")
    assert rig.another().look("a").payload == b"p"
