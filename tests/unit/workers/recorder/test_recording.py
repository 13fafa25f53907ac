import sqlite3
from contextlib import closing

import pytest

from judgeline.queues.errors import QueueUnavailable
from judgeline.store import RowState
from judgeline.store.errors import StoreUnavailable
from workers.recorder.recording import record_ended


def test_ended_jobs_are_recorded_then_settled(store, engine, accept, get):
    ids = [accept() for _ in range(3)]
    for job_id in ids:
        engine.end(job_id)
    assert record_ended(store, engine) == 3
    assert {get(job_id).verdict for job_id in ids} == {"accepted"}
    assert sorted(engine.settled) == sorted(ids)
    assert record_ended(store, engine) == 0


def test_a_hundred_at_a_time(store, engine, accept):
    for _ in range(150):
        engine.end(accept())
    assert [record_ended(store, engine) for _ in range(3)] == [100, 50, 0]


def test_nothing_is_settled_before_the_store_has_it(store, engine, accept, get, url):
    job_id = accept()
    engine.end(job_id)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            record_ended(store, engine)
        assert engine.settled == []
        other.execute("ROLLBACK")
    assert record_ended(store, engine) == 1
    assert engine.settled == [job_id]


def test_a_settle_that_fails_after_the_commit_is_made_up_for_and_changes_nothing(store, engine, accept, get):
    job_id = accept()
    engine.end(job_id)
    settle, engine.settle = engine.settle, lambda _ids: (_ for _ in ()).throw(QueueUnavailable("gone"))
    with pytest.raises(QueueUnavailable):
        record_ended(store, engine)
    first = get(job_id)
    assert first.state is RowState.DONE
    engine.settle = settle
    assert record_ended(store, engine) == 1
    assert engine.settled == [job_id]
    assert get(job_id) == first


def test_a_late_second_result_is_settled_and_refused(store, engine, accept, get):
    job_id = accept()
    engine.end(job_id)
    record_ended(store, engine)
    engine.end(job_id, attempt=2, result=b'{"verdict":"wrong_answer"}')
    assert record_ended(store, engine) == 1
    assert get(job_id).verdict == "accepted"
    assert engine.open == []
