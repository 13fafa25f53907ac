"""SIGHUP: a wish to read queues.toml anew, or a terminal that hung up."""

import fcntl
import os
import pty
import signal
import sys
import termios
import time
from pathlib import Path

import msgspec
import pytest

from judgeline.store.migrate import migrate
from workers import pool as pool_module


def rewritten(pool, old, new):
    config = pool.folder / "queues.toml"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new, 1))


def test_a_reload_brings_new_options_and_more_children_and_lets_running_jobs_end(
    make_pool, redis_url, helpers
):
    pool = make_pool(redis_url, "processes = 1\ntimeout_s = 600")
    supervisor = pool.start_ready()
    (old,) = helpers.children_of(supervisor.pid)
    long = pool.put(sleep_ms=4_000)
    pool.running(long)
    rewritten(pool, "processes = 1\ntimeout_s = 600", "processes = 3\ntimeout_s = 1")
    supervisor.send_signal(signal.SIGHUP)
    helpers.until(lambda: pool.said("reloaded queues.toml"))
    dead = pool.ended(pool.put(sleep_ms=60_000))
    assert (dead.state, dead.reason) == ("dead", "timed out after 1 s")
    ended = pool.ended(long)
    assert (ended.state, ended.attempt) == ("done", 1), "it began under the old options"
    family = helpers.until(
        lambda: len(found := helpers.children_of(supervisor.pid)) == 3 and old not in found and found
    )
    assert len(family) == 3
    assert supervisor.poll() is None


def test_a_file_with_a_fault_changes_nothing(make_pool, redis_url, helpers):
    pool = make_pool(redis_url, "processes = 1")
    supervisor = pool.start_ready()
    children = helpers.children_of(supervisor.pid)
    rewritten(pool, "processes = 1", "proceses = 2")
    supervisor.send_signal(signal.SIGHUP)
    (refused,) = helpers.until(lambda: pool.said("queues.toml not reloaded, going on as before"))
    assert "proceses" in refused["reason"]
    assert pool.ended(pool.put()).state == "done"
    assert helpers.children_of(supervisor.pid) == children


def test_another_engine_needs_a_restart_and_is_refused(make_pool, redis_url, helpers):
    pool = make_pool(redis_url, "processes = 1")
    supervisor = pool.start_ready()
    rewritten(pool, "processes = 1", 'processes = 1\nengine = "rq"')
    supervisor.send_signal(signal.SIGHUP)
    (refused,) = helpers.until(lambda: pool.said("queues.toml not reloaded, going on as before"))
    assert "restart" in refused["reason"]
    assert pool.ended(pool.put()).state == "done"


def test_what_was_given_on_the_command_line_stays(make_pool, redis_url, helpers):
    pool = make_pool(redis_url, "processes = 1\ntimeout_s = 600")
    supervisor = pool.start_ready("--processes", "2", workers=2)
    before = helpers.children_of(supervisor.pid)
    rewritten(pool, "processes = 1\ntimeout_s = 600", "processes = 4\ntimeout_s = 60")
    supervisor.send_signal(signal.SIGHUP)
    helpers.until(lambda: len(now := helpers.children_of(supervisor.pid)) == 2 and not set(now) & set(before))


def test_a_hang_up_drains(pool, helpers, redis_url):
    master, slave = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        os.close(master)
        log = os.open(pool.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(pool.root)
        settings = {"REDIS_URL": redis_url, "JUDGELINE_HOME": str(pool.folder)}
        settings["JUDGELINE_CONFIG"] = str(pool.folder / "queues.toml")
        command = [sys.executable, "-m", "workers", "submissions", "--processes", "1"]
        os.execve(sys.executable, command, {**os.environ, **settings})
    os.close(slave)
    try:
        helpers.until(lambda: pool.engine.stats().workers, "workers")
        job = pool.put(sleep_ms=500)
        pool.running(job)
    finally:
        os.close(master)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert pool.look(job).state == "done"
    assert pool.said("draining")[0]["reason"] == "SIGHUP: the terminal is gone"


def test_a_recorder_reloads_too(pool, helpers, tmp_path):
    prepared = pool.folder / "queues.toml"
    prepared.write_text(prepared.read_text().replace("store = false", "store = true"))
    database = f"sqlite:///{tmp_path / 'store.db'}"
    migrate(database)
    recorder = pool.start(queue="recorder", DATABASE_URL=database)
    helpers.until(lambda: pool.said("recorder started"), "the recorder")
    prepared.write_text(prepared.read_text() + '\n[queues.more]\nhandler = "noop"\n')
    recorder.send_signal(signal.SIGHUP)
    started = helpers.until(lambda: len(found := pool.said("recorder started")) == 2 and found)
    assert "more" in msgspec.json.encode(started[1]).decode()
    prepared.write_text("[queues.more")
    recorder.send_signal(signal.SIGHUP)
    helpers.until(lambda: pool.said("queues.toml not reloaded, going on as before"))
    assert recorder.poll() is None
    recorder.terminate()
    assert recorder.wait(30) == 0


def test_reloads_under_load_lose_nothing_and_leave_nothing_behind(make_pool, redis_url, helpers):
    pool = make_pool(redis_url, "processes = 2")
    supervisor = pool.start_ready(workers=2)
    jobs = [pool.put(sleep_ms=10) for _ in range(500)]
    text = (pool.folder / "queues.toml").read_text()
    most, reloads, halves = 0, 0, (text, text[: len(text) // 3], text, "", text, "\udcff")
    while any(not pool.look(job).state.terminal for job in jobs[:: len(jobs) - 1]):
        half = halves[reloads % len(halves)]
        (pool.folder / "queues.toml").write_bytes(
            half.encode(errors="surrogateescape")
        )  # as an editor leaves it
        supervisor.send_signal(signal.SIGHUP)
        supervisor.send_signal((signal.SIGTTIN, signal.SIGTTOU)[reloads % 2])
        most = max(most, len(helpers.children_of(supervisor.pid)))
        reloads += 1
        time.sleep(0.1)  # the pace of the test's subject; nothing is waited for
    ended = [pool.ended(job) for job in jobs]
    assert {(job.state, job.attempt - job.lost, job.crashes, job.failures) for job in ended} <= {
        ("done", attempt, 0, 0) for attempt in (1, 2, 3)
    }
    assert reloads > 3
    assert most <= 6, "two generations, with one more each by SIGTTIN"
    (pool.folder / "queues.toml").write_text(text)
    supervisor.send_signal(signal.SIGHUP)
    helpers.until(lambda: len(helpers.children_of(supervisor.pid)) == 2, "two children")
    assert pool.engine.stats().totals["done"] == 500
    files = open_files(supervisor.pid)
    for count in range(
        len(pool.said("reloaded queues.toml")) + 1, len(pool.said("reloaded queues.toml")) + 6
    ):
        supervisor.send_signal(signal.SIGHUP)
        helpers.until(lambda count=count: len(pool.said("reloaded queues.toml")) >= count, "a reload")
    helpers.until(lambda: open_files(supervisor.pid) <= files + 2, "its files to be closed")


def open_files(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_a_stop_that_comes_with_a_reload_stops(pool, helpers):
    supervisor = pool.start_ready()
    os.kill(supervisor.pid, signal.SIGSTOP)
    for number in (signal.SIGHUP, signal.SIGTTIN, signal.SIGTERM, signal.SIGCONT):
        supervisor.send_signal(number)
    assert supervisor.wait(30) == 0
    assert not pool.said("reloaded queues.toml")


def test_a_reload_in_a_drain_is_no_longer_followed(pool, helpers):
    supervisor = pool.start_ready()
    job = pool.put(sleep_ms=2_000)
    pool.running(job)
    supervisor.terminate()
    helpers.until(lambda: pool.said("draining"))
    supervisor.send_signal(signal.SIGHUP)
    supervisor.send_signal(signal.SIGTTIN)
    assert supervisor.wait(30) == 0
    assert pool.look(job).state == "done"
    assert not pool.said("reloaded queues.toml")


def test_whatever_a_reload_raises_the_jobs_go_on(monkeypatch):
    told = []
    monkeypatch.setattr(pool_module.log, "reload_refused", told.append)

    def broken():
        raise ZeroDivisionError("a caller's own fault")

    assert pool_module._asked(broken, lambda _order: pytest.fail("followed"), "lists") is None
    assert told == ["ZeroDivisionError: a caller's own fault"]
