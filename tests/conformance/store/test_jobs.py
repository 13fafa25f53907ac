import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from judgeline.ids import new_id
from judgeline.queues.job import JobState
from judgeline.store import RowState, jobs
from judgeline.store.errors import IdempotencyConflict
from judgeline.store.recording import record
from judgeline.store.rows import Filter

EVER = 2**62


def accept(store, row):
    with store.writer() as connection:
        return jobs.accept(connection, row)


def get(store, job_id, **options):
    with store.reader() as connection:
        return jobs.get(connection, job_id, **options)


def test_an_accepted_row_reads_back_as_it_was_given(store, new_row):
    row = new_row(payload=bytes(range(256)), idempotency_key="k", language="c", priority="high")
    accepted = accept(store, row)
    assert (accepted.id, accepted.new, accepted.state) == (row.id, True, RowState.PENDING)
    found = get(store, row.id, payload=True)
    assert found.payload == row.payload
    for field in ("queue", "kind", "owner", "user", "priority", "problem", "language", "idempotency_key"):
        assert getattr(found, field) == getattr(row, field)
    assert (found.state, found.attempt, found.verdict, found.result) == (RowState.PENDING, 0, None, None)
    assert found.created_ms == accepted.created_ms > 1_600_000_000_000
    assert get(store, row.id).payload is None


def test_an_unknown_id_is_none(store):
    assert get(store, new_id()) is None


def test_a_rolled_back_accept_leaves_nothing(store, new_row):
    row = new_row()

    def accept_and_fail():
        with store.writer() as connection:
            jobs.accept(connection, row)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        accept_and_fail()
    assert get(store, row.id) is None


def test_the_same_idempotency_key_and_request_gets_the_first_answer(store, new_row):
    first = accept(store, new_row(idempotency_key="k"))
    again = accept(store, new_row(idempotency_key="k"))
    assert (again.id, again.new, again.created_ms) == (first.id, False, first.created_ms)


@pytest.mark.parametrize("other", [{"digest": "e" * 64}, {"kind": "run"}])
def test_the_same_idempotency_key_with_another_request_is_a_conflict(store, new_row, other):
    first = accept(store, new_row(idempotency_key="k"))
    row = new_row(idempotency_key="k", **other)
    with pytest.raises(IdempotencyConflict) as caught:
        accept(store, row)
    assert caught.value.first_id == first.id
    assert get(store, row.id) is None


def test_idempotency_keys_are_apart_for_each_owner_and_none_is_no_key(store, new_row):
    assert accept(store, new_row(idempotency_key="k", owner="ada")).new
    assert accept(store, new_row(idempotency_key="k", owner="bob")).new
    assert accept(store, new_row()).new
    assert accept(store, new_row()).new


def test_the_same_id_twice_is_one_row(store, new_row):
    row = new_row()
    assert accept(store, row).new
    assert not accept(store, row).new


def test_many_at_once_with_one_idempotency_key_make_one_row(store, new_row):
    start = threading.Barrier(8)

    def submit(_number):
        start.wait(10)
        return accept(store, new_row(idempotency_key="k"))

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(submit, range(8)))
    assert len({answer.id for answer in answers}) == 1
    assert sum(answer.new for answer in answers) == 1


def test_a_list_shows_the_owner_s_own_newest_first_page_by_page(store, new_row, ended):
    mine = [accept(store, new_row()).id for _ in range(5)]
    accept(store, new_row(owner="bob"))
    accept(store, new_row(kind="run", problem=None))
    with store.reader() as connection:
        wanted = Filter(kind="submission")
        first = jobs.list_owned(connection, "ada", wanted, limit=3)
        second = jobs.list_owned(connection, "ada", wanted, after=first[-1].id, limit=3)
        assert jobs.list_owned(connection, "eve", wanted) == []
    assert [row.id for row in first + second] == sorted(mine, reverse=True)


def test_a_list_is_narrowed_by_problem_and_state(store, new_row, ended):
    rope = accept(store, new_row(problem="rope")).id
    done = accept(store, new_row()).id
    pending = accept(store, new_row()).id
    with store.writer() as connection:
        record(connection, "submissions", [ended(done)])
    with store.reader() as connection:

        def ids(**narrow):
            return {row.id for row in jobs.list_owned(connection, "ada", Filter(kind="submission", **narrow))}

        assert ids(problem="rope") == {rope}
        assert ids(state=RowState.DONE) == {done}
        assert ids(problem="aplusb", state=RowState.PENDING) == {pending}
        listed = jobs.list_owned(connection, "ada", Filter(kind="submission", state=RowState.DONE))
        assert [(row.verdict, row.result) for row in listed] == [("accepted", None)]


def test_cancel_takes_only_a_pending_row(store, new_row, ended):
    row, done = new_row(), new_row()
    accept(store, row)
    accept(store, done)
    with store.writer() as connection:
        record(connection, "submissions", [ended(done.id)])
        assert jobs.cancel_pending(connection, row.id)
        assert not jobs.cancel_pending(connection, row.id)
        assert not jobs.cancel_pending(connection, done.id)
        assert not jobs.cancel_pending(connection, new_id())
    assert get(store, row.id).state is RowState.CANCELLED
    assert get(store, done.id).state is RowState.DONE


def test_pending_rows_are_paged_oldest_first_by_priority(store, new_row, ended, monkeypatch):
    monkeypatch.setattr(jobs, "MAX_PAGE", 2)
    low = [accept(store, new_row(payload=b"12345")).id for _ in range(5)]
    high = accept(store, new_row(priority="high")).id
    accept(store, new_row(queue="emails", kind="email"))
    done = accept(store, new_row()).id
    with store.writer() as connection:
        record(connection, "submissions", [ended(done)])
    with store.reader() as connection:
        assert sorted(jobs.pending_priorities(connection, "submissions")) == ["high", "low"]
        assert [row.id for row in jobs.pending_before(connection, "submissions", "high", EVER)] == [high]
        found, after = [], None
        while page := jobs.pending_before(connection, "submissions", "low", EVER, after):
            assert len(page) <= 2
            found += page
            after = page[-1]
        assert {row.id for row in found} == set(low)
        assert found == sorted(found, key=lambda row: (row.pending_ms, row.id))
        assert {row.payload_bytes for row in found} == {5}
        assert jobs.pending_before(connection, "submissions", "low", found[0].pending_ms - 1) == []
        assert jobs.count_pending(connection) == {"submissions": 6, "emails": 1}


def test_still_pending_gives_payloads_of_pending_rows_alone(store, new_row, ended):
    row, done = new_row(payload=b"x"), new_row()
    accept(store, row)
    accept(store, done)
    with store.writer() as connection:
        record(connection, "submissions", [ended(done.id)])
    with store.reader() as connection:
        found = jobs.still_pending(connection, [row.id, done.id, new_id()])
    assert [(item.id, item.payload) for item in found] == [(row.id, b"x")]


def test_attempts_of_pending_rows_only_grow(store, new_row, ended):
    row, done = new_row(), new_row()
    accept(store, row)
    accept(store, done)
    with store.writer() as connection:
        record(connection, "submissions", [ended(done.id)])
        jobs.note_attempts(connection, {row.id: 3, done.id: 7})
        jobs.note_attempts(connection, {row.id: 2})
        jobs.note_attempts(connection, {})
    assert (get(store, row.id).attempt, get(store, done.id).attempt) == (3, 1)


def test_a_dead_row_can_be_reopened_and_recorded_again(store, new_row, ended):
    row = new_row()
    accept(store, row)
    with store.writer() as connection:
        assert not jobs.reopen(connection, row.id)
        record(connection, "submissions", [ended(row.id, state=JobState.DEAD, result=b"", reason="crashed")])
    assert get(store, row.id).reason == "crashed"
    with store.writer() as connection:
        assert jobs.reopen(connection, row.id)
    reopened = get(store, row.id)
    assert (reopened.state, reopened.reason, reopened.finished_ms) == (RowState.PENDING, "", 0)
    with store.writer() as connection:
        assert record(connection, "submissions", [ended(row.id)]) == 1
    assert get(store, row.id).verdict == "accepted"
