import time

import pytest

from judgeline.queues.errors import JobConflict, QueueFull, QueueUnavailable
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import PriorityOptions, QueueOptions
from judgeline.queues.rules import MAX_DELAY_MS
from judgeline.store import RowState, jobs
from workers.recorder import sweeping
from workers.recorder.recording import record_ended
from workers.recorder.stopping import Stopping
from workers.recorder.sweeping import Sweeper


@pytest.fixture
def sweep(store):
    def sweep(engine, *, grace_s=-1, everything=False, between=lambda: None):
        return Sweeper(store, engine, grace_s, between).sweep(everything=everything)

    return sweep


def test_a_row_that_the_queue_does_not_know_is_enqueued_as_it_was(sweep, engine, accept):
    job_id = accept(payload=b'{"source":"x"}', user="ada", priority="high")
    swept = sweep(engine)
    assert (swept.enqueued, swept.recorded, swept.left) == (1, 0, False)
    job = engine.jobs[job_id]
    assert (job.payload, job.user, job.priority, job.attempt) == (b'{"source":"x"}', "ada", "high", 0)
    assert sweep(engine).enqueued == 0


def test_a_young_row_is_left_to_its_submit(sweep, engine, accept):
    accept()
    assert sweep(engine, grace_s=3_600).enqueued == 0
    assert sweep(engine, grace_s=3_600, everything=True).enqueued == 1


def test_other_queues_and_ended_rows_are_let_alone(sweep, engine, accept, store):
    accept(queue="emails")
    done = accept()
    engine.end(done)
    record_ended(store, engine)
    engine.empty()
    assert sweep(engine, everything=True).enqueued == 0


def test_premium_goes_first(sweep, engine, accept):
    low = [accept() for _ in range(3)]
    high = [accept(priority="high") for _ in range(3)]
    sweep(engine, everything=True)
    assert set(engine.enqueued[:3]) == set(high)
    assert set(engine.enqueued[3:]) == set(low)


def test_an_ended_job_that_nobody_recorded_is_recorded(sweep, engine, accept, get):
    job_id = accept()
    engine.end(job_id)
    engine.open.clear()
    swept = sweep(engine)
    assert (swept.enqueued, swept.recorded) == (0, 1)
    assert get(job_id).state is RowState.DONE
    assert engine.settled == [job_id]


def test_a_reopened_row_whose_requeue_never_came_is_dead_again(sweep, engine, accept, get, store):
    job_id = accept()
    engine.end(job_id, state=JobState.DEAD, result=b"", reason="crashed")
    record_ended(store, engine)
    with store.writer() as connection:
        assert jobs.reopen(connection, job_id)
    assert get(job_id).state is RowState.PENDING
    sweep(engine)
    assert (get(job_id).state, get(job_id).reason) == (RowState.DEAD, "crashed")


def test_attempts_of_running_jobs_outlive_redis(sweep, engine, accept, get):
    job_id = accept()
    engine.end(job_id, state=JobState.RUNNING, attempt=4, result=b"")
    sweep(engine)
    assert get(job_id).attempt == 4
    engine.empty()
    sweep(engine, everything=True)
    assert engine.jobs[job_id].attempt == 4


def test_a_job_that_ends_and_is_forgotten_in_the_middle_does_not_run_again(sweep, engine, accept, store):
    job_id = accept()

    def exists(ids):
        engine.end(job_id)
        record_ended(store, engine)
        engine.jobs.clear()  # its TTL ran out
        return [None for _ in ids]

    engine.exists = exists
    assert sweep(engine).enqueued == 0
    assert engine.jobs == {}


def test_many_rows_go_page_by_page_in_bounded_batches(sweep, engine, accept, monkeypatch):
    monkeypatch.setattr(jobs, "MAX_PAGE", 7)
    monkeypatch.setattr(sweeping, "MAX_ENQUEUED_BYTES", 10)
    sizes = []
    enqueue = engine.enqueue
    engine.enqueue = lambda new: (sizes.append(sum(len(job.payload) for job in new)), enqueue(new))[1]
    ids = {accept(payload=b"1234") for _ in range(20)} | {accept(payload=b"x" * 30)}
    assert sweep(engine).enqueued == 21
    assert set(engine.enqueued) == ids
    assert all(size <= 10 or size == 30 for size in sizes)


def test_a_full_priority_is_continued_next_time_and_does_not_stop_the_other(sweep, make_engine, accept):
    engine = make_engine(max_queued=2, max_queued_per_user=2)
    high = [accept(priority="high", user=f"u{number}") for number in range(3)]
    low = accept()
    swept = sweep(engine)
    assert (swept.enqueued, swept.left) == (3, True)
    assert low in engine.enqueued
    for job_id in high[:2]:
        engine.jobs.pop(job_id, None)  # they ran; only the bound matters here
    engine.jobs = {low: engine.jobs[low]}
    assert sweep(engine).enqueued >= 1


def test_rows_come_onto_a_closed_queue_for_their_owners_were_told_that_they_are_accepted(sweep, accept):
    engine = MemoryEngine("submissions", QueueOptions(handler="judge"))
    engine.shut()
    row = accept()
    swept = sweep(engine)
    assert (swept.enqueued, swept.left) == (1, False)
    assert engine.exists([row]) == [JobState.QUEUED]


def test_rows_come_onto_a_full_queue_before_anybody_new(sweep, accept):
    engine = MemoryEngine("submissions", QueueOptions(handler="judge", max_queued=1, max_queued_per_user=1))
    engine.enqueue([NewJob(id="new", priority="low", payload=b"{}")])
    row = accept()
    swept = sweep(engine)
    assert (swept.enqueued, swept.left) == (1, False)
    assert engine.exists([row]) == [JobState.QUEUED]
    with pytest.raises(QueueFull):
        engine.admit("low", "", 2)


def test_one_user_s_full_share_does_not_hold_up_the_others(sweep, make_engine, accept):
    engine = make_engine(max_queued_per_user=2)
    greedy = [accept(user="greedy") for _ in range(5)]
    others = [accept(user=f"user{number}") for number in range(3)]
    swept = sweep(engine)
    assert swept.left
    assert set(others) <= set(engine.enqueued)
    assert len(set(greedy) & set(engine.enqueued)) == 2


def test_a_row_too_large_for_its_queue_is_dead_with_the_reason(sweep, engine, accept, get):
    engine.too_large = 10
    before, large, after = accept(), accept(payload=b"x" * 11), accept()
    swept = sweep(engine)
    assert set(engine.enqueued) == {before, after}
    assert swept.enqueued == 2
    assert (get(large).state, "too large" in get(large).reason) == (RowState.DEAD, True)


def test_a_priority_that_is_no_longer_named_goes_to_the_last_one(sweep, make_engine, accept):
    engine = make_engine(priorities={"fast": PriorityOptions(), "slow": PriorityOptions()})
    job_id = accept(priority="high")
    sweep(engine)
    assert engine.jobs[job_id].priority == "slow"


def test_a_row_that_somebody_else_enqueues_meanwhile_is_theirs(sweep, engine, accept):
    taken, other = accept(), accept()
    enqueue = engine.enqueue

    def race(new):
        engine.enqueue = enqueue
        enqueue([NewJob(id=taken, priority="low", payload=b"another")])
        raise JobConflict(taken)

    engine.enqueue = race
    sweep(engine)
    assert set(engine.enqueued) == {taken, other}
    assert engine.jobs[taken].payload == b"another"


def test_a_queue_that_goes_away_breaks_the_sweep_off_and_nothing_is_lost(sweep, engine, accept):
    ids = {accept() for _ in range(3)}
    engine.trouble = QueueUnavailable("gone")
    with pytest.raises(QueueUnavailable):
        sweep(engine)
    engine.trouble = None
    sweep(engine)
    assert set(engine.enqueued) == ids


def test_a_stop_breaks_the_sweep_off(sweep, engine, accept):
    accept()

    def stop():
        raise Stopping

    with pytest.raises(Stopping):
        sweep(engine, between=stop)
    assert engine.enqueued == []


@pytest.mark.parametrize(
    ("ahead_ms", "state"), [(3_600_000, JobState.DELAYED), (-1, JobState.QUEUED), (None, JobState.QUEUED)]
)
def test_a_row_for_later_comes_back_with_what_is_left_of_its_delay_and_is_not_lost_till_then(
    sweep, accept, ahead_ms, state
):
    engine = MemoryEngine("submissions", QueueOptions(handler="noop"))
    now_ms = time.time_ns() // 1_000_000
    not_before = 0 if ahead_ms is None else now_ms + ahead_ms
    job_id = accept(not_before_ms=not_before)
    assert sweep(engine, everything=True).enqueued == 1
    job = engine.look(job_id)
    assert job.state is state
    assert abs(job.due_ms - not_before) < 60_000 if state is JobState.DELAYED else job.due_ms == 0
    assert sweep(engine, everything=True).enqueued == 0


def test_a_row_from_a_clock_far_ahead_waits_no_longer_than_any_may(sweep, accept):
    engine = MemoryEngine("submissions", QueueOptions(handler="noop"))
    job_id = accept(not_before_ms=2**52)
    assert sweep(engine, everything=True).enqueued == 1
    assert engine.look(job_id).due_ms < time.time() * 1000 + MAX_DELAY_MS + 60_000
