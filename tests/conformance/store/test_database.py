import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from judgeline.store import jobs, open_store
from judgeline.store.errors import StoreError, StoreUnavailable, StoreUnfit


def test_a_locked_store_is_unavailable_and_serves_again(store, url, new_row):
    row = new_row(idempotency_key="k")
    with closing(open_store(url, patience_s=0.2)) as other:
        with store.writer() as connection:
            jobs.accept(connection, row)  # holds SQLite's lock, and in PostgreSQL that of the unique key
            with pytest.raises(StoreUnavailable), other.writer() as late:
                jobs.accept(late, new_row(idempotency_key="k"))
        with other.writer() as connection:
            assert jobs.accept(connection, new_row(idempotency_key="k")).id == row.id


def test_readers_see_what_is_committed_while_somebody_writes(store, new_row):
    row = new_row()
    with store.writer() as connection:
        jobs.accept(connection, row)
        with store.reader() as reader:
            assert jobs.get(reader, row.id) is None
    with store.reader() as reader:
        assert jobs.get(reader, row.id) is not None


def test_many_threads_write_without_a_refusal(store, new_row):
    start = threading.Barrier(12)

    def submit(_number):
        start.wait(10)
        for _ in range(10):
            with store.writer() as connection:
                assert jobs.accept(connection, new_row()).new

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(submit, range(12)))
    with store.reader() as connection:
        assert jobs.count_pending(connection) == {"submissions": 120}


def test_a_store_without_tables_says_how_to_make_them(empty_url, new_row):
    with (
        closing(open_store(empty_url)) as store,
        pytest.raises(StoreUnfit, match=r"judgeline\.store migrate"),
        store.reader() as connection,
    ):
        jobs.get(connection, "x")


def test_a_wrong_statement_is_an_error_of_ours(store):
    with pytest.raises(StoreError), store.reader() as connection:
        connection.exec_driver_sql("SELECT nonsense FROM jobs")
    with store.reader() as connection:
        assert jobs.count_pending(connection) == {}
