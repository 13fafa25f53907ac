"""What the store says of each job, and each change of a row there ever was: a trigger writes them down."""

import contextlib
import sqlite3
from pathlib import Path

import msgspec

_WATCH = """
CREATE TABLE chaos_changes (id TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL);
CREATE TRIGGER chaos_watch AFTER UPDATE OF state, verdict, result, reason, finished_ms ON jobs
BEGIN INSERT INTO chaos_changes VALUES (new.id, old.state, new.state); END;
CREATE TRIGGER chaos_gone AFTER DELETE ON jobs
BEGIN INSERT INTO chaos_changes VALUES (old.id, old.state, 'deleted'); END;
"""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A job's row at the end."""

    state: str
    result: bytes
    finished_ms: int
    created_ms: int = 0


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """The store at the end."""

    rows: dict[str, Row]
    recorded: dict[str, int]
    """Job -> how often an end was written into its row."""
    altered: list[str]
    """Jobs whose row changed after it was terminal."""


def watch(database: Path) -> None:
    """From now on every change of a row is written down, whichever process makes it."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.executescript(_WATCH)


def read_records(database: Path) -> Records:
    """Read all rows, and what was written down."""
    with contextlib.closing(sqlite3.connect(database, timeout=10)) as connection:
        rows = {
            job_id: Row(state=state, result=result or b"", finished_ms=finished_ms, created_ms=created_ms)
            for job_id, state, result, finished_ms, created_ms in connection.execute(
                "SELECT id, state, result, finished_ms, created_ms FROM jobs"
            )
        }
        recorded = dict(
            connection.execute(
                "SELECT id, count(*) FROM chaos_changes WHERE after != 'pending' GROUP BY id"
            ).fetchall()
        )
        altered = [
            row[0]
            for row in connection.execute("SELECT DISTINCT id FROM chaos_changes WHERE before != 'pending'")
        ]
    return Records(rows=rows, recorded=recorded, altered=altered)
