"""Children, supervisors and the server are killed in the middle: nothing is lost, the right job is blamed."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

import msgspec
import pytest
from redis import Redis
from redis.exceptions import RedisError


def test_a_killed_child_costs_its_job_one_crash_and_no_lease(make_pool, redis_url, helpers):
    pool = make_pool(redis_url, lease_s=600)  # nobody here would live to see it lapse
    supervisor = pool.start_ready("--processes", "1")
    job = pool.put(sleep_ms=60_000, say="my last words\n")
    pool.running(job)
    (child,) = helpers.children_of(supervisor.pid)
    helpers.kill(child)
    again = helpers.until(lambda: (seen := pool.look(job)).attempt == 2 and seen)
    assert (again.crashes, again.lost, again.failures) == (1, 0, 0)
    (died,) = pool.said("child died")
    assert died["how"] == "killed by SIGKILL"
    assert died["job"] == job
    # The name of a dead worker is not used again.
    assert again.worker != died["worker"]


def test_a_job_that_kills_its_child_is_dead_after_exactly_max_crashes_with_evidence(pool):
    pool.start_ready("--processes", "2")
    poison = pool.put(crash="SIGSEGV", say="about to fall\n")
    innocents = [pool.put(sleep_ms=20) for _ in range(20)]
    dead = pool.ended(poison)
    assert dead.state == "dead"
    assert dead.crashes == dead.attempt == 3
    evidence = msgspec.json.decode(dead.evidence)
    assert evidence["signal"] == "SIGSEGV"
    assert evidence["job"] == poison
    assert evidence["attempt"] == 3
    assert evidence["rusage"]["max_rss_kb"] > 0
    assert "about to fall" in evidence["output"]
    assert "Segmentation fault" in evidence["output"]
    assert [attempt["how"] for attempt in evidence["attempts"]] == ["crashed"] * 3
    for innocent in innocents:
        assert pool.ended(innocent).crashes == 0


def test_a_killed_supervisor_takes_its_children_along_and_another_takes_over(pool, helpers):
    first = pool.start_ready("--processes", "2")
    jobs = [pool.put(sleep_ms=700) for _ in range(4)]
    helpers.until(lambda: pool.engine.stats().running == 2, "both children to work")
    children = helpers.children_of(first.pid)
    assert len(children) == 2
    first.kill()
    first.wait()
    helpers.until(lambda: not any(map(helpers.alive, children)), "PDEATHSIG")
    pool.start("--processes", "2")
    for job in jobs:
        assert pool.ended(job).state == "done"
    lost = [pool.look(job).lost for job in jobs]
    assert sum(lost) == 2, "the two that ran were taken back as their lease lapsed"
    assert sum(pool.look(job).crashes for job in jobs) == 0


def test_a_killed_and_restarted_server_loses_nothing_and_needs_no_worker_restart(
    make_pool, start_valkey, helpers
):
    durable = ("--appendonly", "yes", "--appendfsync", "always")
    url = start_valkey(*durable)
    pool = make_pool(url)
    supervisor = pool.start_ready("--processes", "2")
    children = helpers.children_of(supervisor.pid)
    jobs = [pool.put(sleep_ms=400) for _ in range(8)]
    pool.running(jobs[0])
    with Redis.from_url(url) as client:
        server = client.info("server")["process_id"]
        folder = client.config_get("dir")["dir"]
    program = Path(f"/proc/{server}/exe").readlink()
    place = ("--port", "0", "--unixsocket", url.removeprefix("unix://"), "--dir", folder)
    os.kill(server, signal.SIGKILL)
    helpers.until(lambda: pool.log.exists() and pool.said("queue unreachable, trying again"))
    restarted = subprocess.Popen(
        [program, *place, "--save", "", *durable, "--logfile", f"{folder}/log"], stdin=subprocess.DEVNULL
    )
    try:
        _await(url, helpers)
        for job in jobs:
            ended = pool.ended(job)
            assert (ended.state, ended.crashes) == ("done", 0)
        assert supervisor.poll() is None
        assert helpers.children_of(supervisor.pid) == children, "no child was restarted"
        helpers.until(lambda: pool.said("queue reachable again"))
        assert len(pool.said("queue unreachable, trying again")) == 1, "said once, not each second"
        pool.stop()
    finally:
        restarted.kill()
        restarted.wait()


def _await(url, helpers):
    def up():
        try:
            with Redis.from_url(url) as client:
                return client.ping()
        except RedisError:
            return False

    helpers.until(up, "the restarted server")


def test_an_emptied_server_drops_the_late_finish_and_the_worker_goes_on(pool, redis_client, helpers):
    pool.start_ready("--processes", "1")
    job = pool.put(sleep_ms=60_000)
    pool.running(job)
    redis_client.flushall()
    redis_client.script_flush()
    # The job in hand is nobody's now: it is broken off, not worked to its end.
    assert pool.ended(pool.put()).state == "done"
    assert pool.engine.look(job) is None


def test_what_a_dead_job_left_running_is_killed(make_pool, redis_url, helpers):
    pool = make_pool(redis_url, "max_crashes = 1")
    supervisor = pool.start_ready("--processes", "1")
    job = pool.put(grandchildren=4, sleep_ms=60_000)
    pool.running(job)
    (child,) = helpers.children_of(supervisor.pid)
    sleepers = helpers.until(lambda: len(found := helpers.children_of(child)) == 4 and found)
    helpers.kill(child)
    helpers.until(lambda: not any(map(helpers.alive, sleepers)), "the orphans to be killed")
    assert pool.ended(job).state == "dead"


@pytest.mark.parametrize("garbage", [b"\xff\x00 not json", b"[1, 2]", b'{"no": "payload"}'])
def test_a_corrupt_element_becomes_a_dead_letter_and_the_worker_goes_on(pool, redis_client, helpers, garbage):
    supervisor = pool.start_ready("--processes", "1")
    children = helpers.children_of(supervisor.pid)
    redis_client.lpush("jl:{submissions}:low", garbage)
    (letter,) = helpers.until(pool.engine.dead)
    assert letter.origin == "hand"
    assert pool.ended(pool.put()).state == "done"
    assert helpers.children_of(supervisor.pid) == children


def test_a_hand_made_job_is_adopted_and_one_whose_payload_does_not_decode_is_a_dead_letter(
    pool, redis_client, helpers
):
    pool.start_ready("--processes", "1")
    redis_client.lpush("jl:{submissions}:high", b'{"payload": {"sleep_ms": 1}}')
    helpers.until(lambda: pool.engine.stats().totals.get("done") == 1, "the adopted job")
    job = pool.put(no_such_instruction=1)
    dead = pool.ended(job)
    assert (dead.state, dead.attempt) == ("dead", 1)
    assert "no_such_instruction" in dead.reason


def test_a_supervisor_and_child_stopped_beyond_their_lease_end_nothing_when_they_come_back(pool, helpers):
    first = pool.start_ready("--processes", "1")
    job = pool.put(sleep_ms=2_500)
    zombie = pool.running(job)
    (child,) = helpers.children_of(first.pid)
    for pid in (first.pid, child):
        os.kill(pid, signal.SIGSTOP)
    pool.start("--processes", "1")
    helpers.until(lambda: pool.look(job).attempt == 2, "the lapse")
    for pid in (child, first.pid):  # the child first: it ends its job before it can be told
        os.kill(pid, signal.SIGCONT)
    ended = pool.ended(job)
    assert (ended.state, ended.attempt, ended.lost, ended.crashes) == ("done", 2, 1, 0)
    assert ended.worker != zombie.worker
    totals = pool.engine.stats().totals
    assert (totals["done"], totals["lost"]) == (1, 1)


def test_a_storm_of_killed_children_loses_no_job_and_ends_none_twice(make_pool, redis_url, helpers):
    pool = make_pool(redis_url, "max_crashes = 100")
    supervisors = [pool.start_ready("--processes", "2", workers=2 * n) for n in (1, 2)]
    jobs = [pool.put(sleep_ms=10) for _ in range(300)]
    while not all(pool.look(job).state.terminal for job in jobs):
        for supervisor in supervisors:
            for child in helpers.children_of(supervisor.pid)[:1]:
                with contextlib.suppress(ProcessLookupError):
                    helpers.kill(child)
        seen = pool.engine.stats().totals.get("done", 0)
        helpers.until(lambda seen=seen: pool.engine.stats().totals.get("done", 0) >= min(300, seen + 10))
    totals = pool.engine.stats().totals
    assert (totals["enqueued"], totals["done"]) == (300, 300)
    assert totals["crashed"] > 0
