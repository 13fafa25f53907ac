"""One suite for every database: each test runs on SQLite and on a real PostgreSQL, empty and migrated."""

from contextlib import closing

import pytest

from judgeline.ids import new_id
from judgeline.queues.job import Job, JobState
from judgeline.store import NewJobRow, open_store
from judgeline.store.migrate import migrate


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """Give the address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return request.getfixturevalue("postgresql_url")


@pytest.fixture
def url(empty_url):
    """Give the address of a migrated database."""
    migrate(empty_url)
    return empty_url


@pytest.fixture
def store(url):
    with closing(open_store(url, patience_s=1)) as opened:
        yield opened


@pytest.fixture
def new_row():
    """Give a maker of rows to accept."""

    def make(**fields):
        defaults = {
            "id": new_id(),
            "queue": "submissions",
            "kind": "submission",
            "owner": "ada",
            "user": "ada",
            "priority": "low",
            "problem": "aplusb",
            "language": "python3",
            "payload": b'{"kind":"submission"}',
            "digest": "d" * 64,
        }
        return NewJobRow(**defaults | fields)

    return make


@pytest.fixture
def ended():
    """Give a maker of ended jobs."""

    def make(job_id, **fields):
        defaults = {
            "state": JobState.DONE,
            "priority": "low",
            "attempt": 1,
            "enqueued_ms": 1_000,
            "started_ms": 2_000,
            "finished_ms": 3_000,
            "result": b'{"verdict":"accepted","tests":[]}',
        }
        return Job(id=job_id, **defaults | fields)

    return make
