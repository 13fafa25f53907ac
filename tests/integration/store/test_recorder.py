import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis

from judgeline.recorders import recorder_alive
from judgeline.store import RowState

KILLED_BEFORE_SETTLE = """
import os, signal
from judgeline.queues.lists import ListsEngine
from judgeline.config import Settings, load_config
from workers.recorder import main
ListsEngine.settle = lambda self, ids: os.kill(os.getpid(), signal.SIGKILL)
settings = Settings.from_environment()
main(settings, load_config(settings.config_file))
"""


def states(house, ids):
    return Counter(row.state for row in house.rows(ids))


def all_done(house, ids):
    return lambda: states(house, ids) == {RowState.DONE: len(ids)}


def some_done(house, ids):
    return lambda: states(house, ids)[RowState.DONE] > 0


def test_results_reach_the_store_and_are_settled(house, eventually):
    house.recorder()
    ids = [house.accept() for _ in range(250)]
    assert sorted(house.work()) == sorted(ids)
    eventually(all_done(house, ids))
    eventually(lambda: house.engine.stats().unrecorded == 0)
    assert {row.verdict for row in house.rows(ids)} == {"accepted"}
    assert {row.payload for row in house.rows(ids)} == {b'{"source":"x"}'}


def test_emptying_redis_while_200_submissions_wait_loses_none(house, eventually):
    ids = [house.accept(user=f"user{number % 7}") for number in range(150)]
    premium = [house.accept(priority="high") for _ in range(50)]
    house.recorder()
    done = house.work(limit=20)
    eventually(all_done(house, done))
    before = house.rows(done)
    with Redis.from_url(house.redis_url) as client:
        client.flushall()
    eventually(lambda: house.engine.stats().priorities["low"].queued > 0)
    again = []

    def worked():
        again.extend(house.work())
        return states(house, ids + premium) == {RowState.DONE: 200}

    eventually(worked)
    assert house.rows(done) == before
    assert sorted(done + again) == sorted(ids + premium)
    assert Counter(Counter(change.id for change in house.changes()).values()) == {1: 200}
    assert {row.verdict for row in house.rows(ids + premium)} == {"accepted"}


def test_a_submit_that_died_before_its_enqueue_is_enqueued(house, eventually):
    house.recorder()
    ids = [house.accept(enqueue=False, priority="high") for _ in range(3)]
    eventually(lambda: house.engine.stats().priorities["high"].queued == 3)
    house.work()
    eventually(all_done(house, ids))


def listens(process):
    """Whether a process has come so far that SIGTERM is no sudden death: the kernel lists what it catches."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (caught,) = re.findall(r"^SigCgt:\s*(\w+)$", status, re.MULTILINE)
    return int(caught, 16) >> (signal.SIGTERM - 1) & 1


def test_two_recorders_side_by_side_record_each_once(house, eventually):
    several = [house.recorder(), house.recorder()]
    eventually(lambda: all(map(listens, several)))
    ids = [house.accept() for _ in range(600)]
    house.work()
    eventually(all_done(house, ids))
    changes = house.changes()
    assert Counter(change.id for change in changes) == dict.fromkeys(ids, 1)
    for process in several:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_killed_between_the_commit_and_settle_nothing_changes(house, eventually):
    ids = [house.accept() for _ in range(30)]
    house.work()
    killed = house.recorder(KILLED_BEFORE_SETTLE)
    assert killed.wait(60) == -signal.SIGKILL
    assert states(house, ids) == {RowState.DONE: 30}
    assert house.engine.stats().unrecorded == 30
    before = house.rows(ids)
    house.recorder()
    eventually(lambda: house.engine.stats().unrecorded == 0)
    assert house.rows(ids) == before
    assert len(house.changes()) == 30


def test_killed_again_and_again_while_jobs_end_each_is_recorded_once(house, eventually):
    ids = []
    for _ in range(4):
        recorder = house.recorder()
        ids += [house.accept() for _ in range(150)]
        house.work()
        eventually(some_done(house, ids[-150:]))
        recorder.kill()
        recorder.wait()
    house.recorder()
    eventually(all_done(house, ids))
    eventually(lambda: house.engine.stats().unrecorded == 0)
    assert Counter(change.id for change in house.changes()) == dict.fromkeys(ids, 1)


def test_a_hand_made_job_gets_a_row(house, eventually):
    house.recorder()
    with Redis.from_url(house.redis_url) as client:
        client.lpush("jl:{submissions}:low", b'{"payload": {"source": "by hand"}}')

    worked = []

    def claimed():
        house.consumer.tick()
        worked.extend(house.work())
        return worked

    eventually(claimed)
    eventually(lambda: house.rows(worked)[0] is not None)
    assert [(row.kind, row.owner, row.verdict) for row in house.rows(worked)] == [("hand", "", "accepted")]


def test_it_shows_that_it_lives_and_for_no_longer_than_that(house, eventually):
    recorder = house.recorder()
    with Redis.from_url(house.redis_url) as client:
        eventually(lambda: recorder_alive(client))
        recorder.kill()
        eventually(lambda: not recorder_alive(client))


def test_it_outlives_a_redis_that_does_not_answer_and_a_locked_store(house, eventually):
    recorder = house.recorder()
    with Redis.from_url(house.redis_url) as client:
        eventually(lambda: recorder_alive(client))
        client.client_pause(4_000)
        ids = [house.accept(enqueue=False) for _ in range(5)]
        client.ping()  # answered once the pause is over
    eventually(lambda: (house.work(), all_done(house, ids)())[1])
    more = [house.accept() for _ in range(5)]
    with closing(sqlite3.connect(house.folder / "store.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        house.work()
        with Redis.from_url(house.redis_url) as client:
            eventually(lambda: not recorder_alive(client))
        other.execute("ROLLBACK")
    eventually(all_done(house, more))
    with Redis.from_url(house.redis_url) as client:
        eventually(lambda: recorder_alive(client))
    recorder.send_signal(signal.SIGTERM)
    said = [json.loads(line) for line in recorder.communicate(timeout=30)[0].splitlines()]
    assert recorder.returncode == 0
    events = Counter(line["event"] for line in said)
    assert events["cannot record, trying again"] == events["recording again"] == 2
    assert (events["recorder started"], events["recorder stopped"]) == (1, 1)


@pytest.mark.parametrize("trouble", ["none", "locked", "silent"])
def test_sigterm_ends_it_cleanly_whatever_it_waits_for(house, eventually, trouble):
    recorder = house.recorder()
    with (
        Redis.from_url(house.redis_url) as client,
        closing(sqlite3.connect(house.folder / "store.db", isolation_level=None)) as other,
    ):
        eventually(lambda: recorder_alive(client))
        if trouble == "locked":
            house.accept()
            house.work()
            other.execute("BEGIN IMMEDIATE")
        elif trouble == "silent":
            client.client_pause(4_000)  # less than what this client waits for an answer
        recorder.send_signal(signal.SIGTERM)
        recorder.communicate(timeout=30)
        client.client_unpause()
    assert recorder.returncode == 0


def test_it_goes_with_its_process_manager(house, eventually):
    manager = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    recorder = house.recorder(JUDGELINE_PARENT_PID=str(manager.pid))
    with Redis.from_url(house.redis_url) as client:
        eventually(lambda: recorder_alive(client))
    manager.kill()
    manager.communicate()
    recorder.communicate(timeout=30)
    assert recorder.returncode == 0


def test_without_tables_it_says_what_to_do_and_ends(house, tmp_path):
    recorder = house.recorder(DATABASE_URL=f"sqlite:///{tmp_path / 'other.db'}")
    said, _ = recorder.communicate(timeout=30)
    assert recorder.returncode == 2
    [line] = [json.loads(text) for text in said.splitlines()]
    assert "python -m judgeline.store migrate" in line["reason"]


def test_rows_of_a_queue_that_is_no_longer_named_are_pointed_out(house, eventually):
    house.accept(queue="old", enqueue=False)
    recorder = house.recorder()
    with Redis.from_url(house.redis_url) as client:
        eventually(lambda: recorder_alive(client))
    recorder.send_signal(signal.SIGTERM)
    said = [json.loads(line) for line in recorder.communicate(timeout=30)[0].splitlines()]
    assert any(line.get("queue") == "old" and line["level"] == "warning" for line in said)
