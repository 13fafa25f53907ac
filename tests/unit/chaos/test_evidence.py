"""The evidence of a run, read from what workers, server and database have written."""

import sqlite3

import pytest

from judgeline.chaos.attempts import collect, read_attempts
from judgeline.chaos.history import read_history
from judgeline.chaos.records import read_records, watch

S = 1_000_000_000


def lines(*rows):
    return [f"{what} {at * S:.0f} {pid} {job} {number}".encode() for what, at, pid, job, number in rows]


def test_attempts_are_paired_and_one_that_died_has_no_end():
    found = collect(
        lines(
            ("b", 1, 10, "x", 1),
            ("b", 2, 11, "y", 1),
            ("e", 3, 10, "x", 1),
            ("b", 4, 12, "y", 2),
            ("e", 5, 12, "y", 2),
        )
    )
    assert (found.begun, found.ended) == (3, 2)
    assert [attempt.ended for attempt in found.by_job["y"]] == [None, 5.0]


def test_what_was_in_hand_is_the_last_that_began_and_had_not_ended():
    found = collect(lines(("b", 1, 10, "x", 1), ("e", 2, 10, "x", 1), ("b", 3, 10, "y", 1)))
    assert found.in_hand(10, 0.5) is None
    assert found.in_hand(10, 1.5).id == "x"
    assert found.in_hand(10, 2.5) is None
    assert found.in_hand(10, 9.0).id == "y"
    assert found.in_hand(99, 9.0) is None
    assert found.next_begin("x", 0.5) == 1.0
    assert found.next_begin("x", 1.0) == float("inf")


def test_a_torn_line_and_a_missing_file_are_nothing(tmp_path):
    assert read_attempts(tmp_path / "none").begun == 0
    (tmp_path / "log").write_bytes(b"b 1000000000 10 x 1\nb 2000")
    assert read_attempts(tmp_path / "log").begun == 1


def resp(*commands):
    return b"".join(
        b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        for words in (command.encode().split() for command in commands)
    )


def history(tmp_path, *commands):
    file = tmp_path / "a.incr.aof"
    file.write_bytes(resp("SELECT 0", *commands))
    return read_history([file], "q")


def test_two_ends_in_one_age_are_two_though_they_are_alike(tmp_path):
    end = "HSET jl:{q}:job:x state done finished 5 result {}"
    found = history(tmp_path, "MULTI", "HSET jl:{q}:job:x state running attempt 1", end, "EXEC", end)
    assert found.most_ends("x") == 2
    assert found.claims == 1
    assert (found.ends["x"][0].state, found.ends["x"][0].result) == ("done", b"{}")


def test_an_emptied_server_begins_a_new_age(tmp_path):
    end = "HSET jl:{q}:job:x finished 5 state dead"
    found = history(tmp_path, end, "FLUSHALL", end)
    assert (found.most_ends("x"), found.ages, len(found.ends["x"])) == (1, 2, 2)
    assert found.most_ends("y") == 0


def test_other_queues_keys_and_states_are_none(tmp_path):
    found = history(
        tmp_path,
        "HSET jl:{r}:job:x state done",
        "HSET jl:{q}:job:x state queued",
        "HSET jl:{q}:totals state done",
        "HDEL jl:{q}:job:x state done",
    )
    assert found.ends == {}


def test_a_history_may_be_cut_anywhere_between_reads_and_over_files(tmp_path):
    whole = resp(*[f"HSET jl:{{q}}:job:{number} state done result {'r' * 5000}" for number in range(500)])
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(whole)
    second.write_bytes(resp("HSET jl:{q}:job:0 state done"))
    found = read_history([first, second], "q")
    assert len(found.ends) == 500
    assert found.most_ends("0") == 2


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "db"
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE jobs"
        " (id, state, verdict, result, reason,"
        " finished_ms DEFAULT 0, created_ms DEFAULT 0, attempt DEFAULT 0)"
    )
    connection.execute(
        "INSERT INTO jobs (id, state) VALUES ('x', 'pending'), ('y', 'pending'), ('z', 'pending')"
    )
    connection.commit()
    watch(path)
    yield path, connection
    connection.close()


def test_each_recorded_end_is_counted_and_a_row_that_changes_after_it_is_seen(database):
    path, connection = database
    connection.execute("UPDATE jobs SET attempt = 3 WHERE id = 'x'")
    connection.execute("UPDATE jobs SET state = 'done', result = '{}' WHERE id = 'x'")
    connection.execute("UPDATE jobs SET state = 'done', result = '{}' WHERE id = 'y'")
    connection.execute("UPDATE jobs SET result = '{1}' WHERE id = 'y'")
    connection.commit()
    found = read_records(path)
    assert found.recorded == {"x": 1, "y": 2}
    assert found.altered == ["y"]
    assert {job: row.state for job, row in found.rows.items()} == {"x": "done", "y": "done", "z": "pending"}


def test_a_deleted_row_is_an_altered_one(database):
    path, connection = database
    connection.execute("UPDATE jobs SET state = 'done' WHERE id = 'x'")
    connection.execute("DELETE FROM jobs WHERE id = 'x'")
    connection.commit()
    assert read_records(path).altered == ["x"]
