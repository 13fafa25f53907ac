"""Every read that a full house repeats goes by an index: the table may grow for years."""

import pytest
from sqlalchemy import event

from judgeline.store import RowState, jobs, keys
from judgeline.store.rows import Filter, PendingRow

MINE = Filter(kind="submission")
AFTER = PendingRow(id="x", pending_ms=1, payload_bytes=1)


def plan_of(store, verb):
    """Give SQLite's plan of the statement that a verb runs."""
    ran = []
    with store.reader() as connection:
        event.listen(connection, "before_cursor_execute", lambda *given: ran.append(given[2:4]))
        verb(connection)
        [(statement, parameters)] = ran
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(step.detail for step in plan)


@pytest.mark.parametrize(
    ("verb", "index"),
    [
        (lambda c: jobs.get(c, "x"), "sqlite_autoindex_jobs_1"),
        (lambda c: jobs.list_owned(c, "ada", MINE, after="x"), "jobs_owner "),
        (lambda c: jobs.list_owned(c, "ada", Filter(kind="submission", problem="p")), "jobs_owner_problem"),
        (lambda c: jobs.list_owned(c, "ada", Filter(kind="submission", state=RowState.DONE)), "jobs_owner "),
        (jobs.count_pending, "jobs_pending"),
        (lambda c: jobs.pending_priorities(c, "q"), "jobs_pending"),
        (lambda c: jobs.pending_before(c, "q", "low", 1), "jobs_pending"),
        (lambda c: jobs.pending_before(c, "q", "low", 1, AFTER), "jobs_pending"),
        (lambda c: keys.authenticate(c, "0" * 16 + "." + "x" * 43), "sqlite_autoindex_keys_1"),
    ],
)
def test_it_goes_by_an_index_and_sorts_nothing(store, verb, index):
    plan = plan_of(store, verb)
    assert index in plan + " "
    assert "TEMP B-TREE" not in plan
