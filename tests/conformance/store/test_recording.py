import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from judgeline.ids import new_id
from judgeline.queues.job import JobState
from judgeline.store import RowState, jobs
from judgeline.store.recording import MAX_RECORDED, record


def accept(store, row):
    with store.writer() as connection:
        return jobs.accept(connection, row).id


def note(store, ended, queue="submissions"):
    with store.writer() as connection:
        return record(connection, queue, ended)


def get(store, job_id):
    with store.reader() as connection:
        return jobs.get(connection, job_id, payload=True)


def test_an_ended_job_becomes_its_row(store, new_row, ended):
    job_id = accept(store, new_row())
    job = ended(job_id, attempt=2, checkpoint=b'{"sent":1}')
    assert note(store, [job]) == 1
    row = get(store, job_id)
    assert (row.state, row.attempt, row.verdict) == (RowState.DONE, 2, "accepted")
    assert (row.started_ms, row.finished_ms) == (2_000, 3_000)
    assert (row.result, row.checkpoint) == (job.result, job.checkpoint)
    assert row.payload == b'{"kind":"submission"}'


def test_the_version_that_judged_it_is_noted_and_one_that_is_not_told_stays(store, new_row, ended):
    told, silent, wrong = (accept(store, new_row(problem_version="a" * 64)) for _ in range(3))
    result = b'{"verdict":"accepted","version":"%s"}'
    note(
        store,
        [ended(told, result=result % (b"b" * 64)), ended(silent), ended(wrong, result=result % b"\\u0000")],
    )
    assert get(store, told).problem_version == "b" * 64
    assert get(store, silent).problem_version == "a" * 64
    assert get(store, wrong).verdict == "accepted"


def test_a_recorded_result_never_changes(store, new_row, ended):
    job_id = accept(store, new_row())
    note(store, [ended(job_id)])
    first = get(store, job_id)
    late = ended(job_id, attempt=9, result=b'{"verdict":"wrong_answer"}', finished_ms=9_000)
    assert note(store, [late]) == 0
    assert note(store, [ended(job_id, state=JobState.DEAD, result=b"")]) == 0
    assert get(store, job_id) == first


def test_a_dead_row_gives_way_to_a_later_attempt_alone(store, new_row, ended):
    """A recorder that read the dead letter just before its requeue may commit after it."""
    job_id = accept(store, new_row())
    note(store, [ended(job_id, state=JobState.DEAD, attempt=3, result=b"", reason="crashed")])
    assert note(store, [ended(job_id, attempt=3)]) == 0
    assert get(store, job_id).state is RowState.DEAD
    assert note(store, [ended(job_id, attempt=4)]) == 1
    assert (get(store, job_id).verdict, get(store, job_id).reason) == ("accepted", "")


def test_a_cancelled_row_takes_no_result(store, new_row, ended):
    job_id = accept(store, new_row())
    with store.writer() as connection:
        jobs.cancel_pending(connection, job_id)
    assert note(store, [ended(job_id)]) == 0
    assert get(store, job_id).state is RowState.CANCELLED


@pytest.mark.parametrize("state", [JobState.DEAD, JobState.CANCELLED])
def test_a_job_without_a_result_keeps_its_reason(store, new_row, ended, state):
    job_id = accept(store, new_row())
    note(store, [ended(job_id, state=state, result=b"", reason="why")])
    row = get(store, job_id)
    assert (row.state, row.reason, row.verdict, row.result) == (RowState(state.value), "why", None, None)


def test_a_job_put_on_a_list_by_hand_gets_a_row_once(store, ended):
    job = ended("made-by-hand:1", origin="hand", payload=b"{}")
    assert note(store, [job]) == 1
    assert note(store, [ended("made-by-hand:1", result=b'{"verdict":"runtime_error"}')]) == 0
    row = get(store, job.id)
    assert (row.kind, row.owner, row.queue, row.verdict) == ("hand", "", "submissions", "accepted")
    assert (row.created_ms, row.payload) == (1_000, b"{}")


def test_a_schedules_job_gets_a_row_that_says_so(store, ended):
    job = ended("digest-20261124T080000Z", origin="schedule", payload=b"{}")
    assert note(store, [job]) == 1
    row = get(store, job.id)
    assert (row.kind, row.owner, row.payload, row.not_before_ms) == ("schedule", "", b"{}", 0)


def test_known_and_unknown_jobs_mix_in_one_batch(store, new_row, ended):
    accepted = [accept(store, new_row()) for _ in range(50)]
    done = accept(store, new_row())
    note(store, [ended(done)])
    strangers = [new_id() for _ in range(40)]
    batch = [ended(job_id) for job_id in [*accepted, *strangers, done]]
    assert note(store, batch) == 90
    assert {get(store, job_id).state for job_id in [*accepted, *strangers]} == {RowState.DONE}


def test_more_than_a_hundred_are_refused(store, ended):
    with pytest.raises(ValueError, match="101"):
        note(store, [ended(new_id()) for _ in range(MAX_RECORDED + 1)])


def test_none_is_nothing(store):
    assert note(store, []) == 0


@pytest.mark.parametrize(
    "result",
    [
        *(b'{"other":1}', b'{"verdict":null}', b'{"verdict":7}', b"[1]", b"not json", b'{"verdict":"\xff"}'),
        pytest.param(b'{"deep":' + b"[" * 5_000 + b"]" * 5_000 + b"}", id="deep"),
    ],
)
def test_a_result_without_a_verdict_has_none(store, new_row, ended, result):
    job_id = accept(store, new_row())
    note(store, [ended(job_id, result=result)])
    row = get(store, job_id)
    assert (row.verdict, row.result) == (None, result)


def test_what_a_database_refuses_in_text_does_not_hold_up_the_others(store, ended):
    odd = ended(new_id(), result=b'{"verdict":"a\\u0000b"}', reason="c\0d\ud800", user="e\0")
    fine = ended(new_id())
    assert note(store, [odd, fine]) == 2
    assert get(store, odd.id).verdict == "a\ufffdb"


def test_recorders_at_the_same_jobs_change_each_row_once(store, new_row, ended):
    ids = [accept(store, new_row()) for _ in range(60)] + [new_id() for _ in range(40)]
    start = threading.Barrier(4)

    def work(number):
        order = ids if number % 2 else ids[::-1]
        batch = [ended(job_id, attempt=number + 1) for job_id in order]
        start.wait(10)
        return note(store, batch)

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, range(4))) == 100
