import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from judgeline.ids import new_id
from judgeline.store import NewJobRow, jobs, open_store
from judgeline.store.database import parse_url
from judgeline.store.errors import BadAddress, StoreUnavailable, StoreUnfit


def row():
    return NewJobRow(
        id=new_id(),
        queue="submissions",
        kind="submission",
        owner="ada",
        priority="low",
        payload=b"{}",
        digest="d",
    )


def accept(store):
    with store.writer() as connection:
        return jobs.accept(connection, row()).id


def pragma(store, name):
    with store.reader() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_psycopg_3(scheme):
    url = parse_url(f"{scheme}://ada:secret@host:5433/judge?sslmode=require")
    assert url.drivername == "postgresql+psycopg"
    assert (url.host, url.port, url.database, url.query) == ("host", 5433, "judge", {"sslmode": "require"})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "mysql://host/judge",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql+asyncpg://host/a",
        "postgresql://host:port/a",
    ],
)
def test_an_address_that_cannot_work_is_refused_with_examples(url):
    with pytest.raises(BadAddress, match="sqlite:///path"):
        open_store(url)


@pytest.mark.parametrize("account", ["ada:secret@127.0.0.1:1/judge", "ada@127.0.0.1:1/judge?password=secret"])
def test_the_password_is_never_shown(account):
    with closing(open_store(f"postgresql://{account}")) as store:
        assert "secret" not in store.url
        with pytest.raises(StoreUnavailable) as caught, store.reader():
            pass
        assert "secret" not in str(caught.value)


def test_sqlite_runs_in_wal_mode_and_syncs_as_told(url):
    with closing(open_store(url)) as store:
        assert (pragma(store, "journal_mode"), pragma(store, "synchronous")) == ("wal", 1)
    with closing(open_store(url, fsync=True)) as store:
        assert pragma(store, "synchronous") == 2


def test_a_locked_store_is_unavailable_within_its_patience(store, url):
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="locked"):
            accept(store)
        assert time.monotonic() - began >= 1.9
        other.execute("ROLLBACK")
        accept(store)


def test_threads_of_one_process_that_wait_too_long_for_their_turn_are_told(url, store):
    with (
        closing(open_store(url, patience_s=0.1)) as impatient,
        impatient.writer(),
        pytest.raises(StoreUnavailable, match="locked"),
        impatient.writer(),
    ):
        pass
    accept(store)


def test_a_writer_that_reads_first_is_not_refused_halfway(store, url):
    """With a plain BEGIN the second would read an old snapshot and could never write from it."""
    with closing(open_store(url)) as other:
        with store.writer() as connection:
            jobs.count_pending(connection)
            with (
                closing(open_store(url, patience_s=0.05)) as late,
                pytest.raises(StoreUnavailable),
                late.writer(),
            ):
                pass
            jobs.accept(connection, row())
        accept(other)


def test_a_missing_folder_is_named_with_the_cure(tmp_path):
    with pytest.raises(StoreUnfit, match="mkdir -p"):
        open_store(f"sqlite:///{tmp_path / 'none' / 'store.db'}")


def test_a_folder_is_no_database(tmp_path):
    with pytest.raises(StoreUnfit, match="is a folder"):
        open_store(f"sqlite:///{tmp_path}")


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "store.db"
    path.write_bytes(b"something else entirely" * 100)
    with (
        closing(open_store(f"sqlite:///{path}")) as store,
        pytest.raises(StoreUnfit, match="is no SQLite database"),
        store.reader(),
    ):
        pass


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everything")
@pytest.mark.parametrize(("target", "mode"), [("store.db", 0o400), (".", 0o500)])
def test_what_may_not_be_written_is_refused_with_the_cure(tmp_path, store, url, target, mode):
    spoilt = tmp_path / target
    before = spoilt.stat().st_mode
    spoilt.chmod(mode)
    try:
        with pytest.raises(StoreUnfit, match="chmod"):
            open_store(url)
    finally:
        spoilt.chmod(before)


@pytest.mark.parametrize("forbidden", ["store.db", "."])
def test_what_the_system_says_may_not_be_written_is_refused(tmp_path, store, url, monkeypatch, forbidden):
    spoilt = (tmp_path / forbidden).resolve()
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).resolve() != spoilt)
    with pytest.raises(StoreUnfit, match="chmod"):
        open_store(url)


def test_a_store_that_turned_read_only_is_explained(store):
    with store.reader() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")  # stays with the connection, which comes again
    with pytest.raises(StoreUnfit, match="may not be written"):
        accept(store)


def test_a_killed_writer_leaves_nothing_and_no_lock(store, url):
    program = """
import os, signal, sys
from judgeline.store import open_store
with open_store(sys.argv[1]).writer() as connection:
    connection.exec_driver_sql("DELETE FROM jobs")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    job_id = accept(store)
    killed = subprocess.run([sys.executable, "-c", program, url], check=False, timeout=60)
    assert killed.returncode == -9
    accept(store)
    with store.reader() as connection:
        assert jobs.get(connection, job_id) is not None
