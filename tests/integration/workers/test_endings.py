"""How jobs end: limits, cancels, failures, results that are too large."""

import msgspec


def sleepers_of(helpers, supervisor, count):
    """The one child of a supervisor, and the processes that its job started."""
    (child,) = helpers.children_of(supervisor.pid)
    return child, helpers.until(lambda: len(found := helpers.children_of(child)) == count and found)


def test_a_job_over_its_time_is_dead_and_none_of_its_processes_survives(pool, helpers):
    supervisor = pool.start_ready("--processes", "1")
    job = pool.put(limit_ms=1_500, grandchildren=4, sleep_ms=60_000, deaf=True)
    pool.running(job)
    child, sleepers = sleepers_of(helpers, supervisor, 4)
    dead = pool.ended(job)
    assert dead.state == "dead"
    assert dead.reason.startswith("timed out after 1.5")
    assert (dead.attempt, dead.crashes, dead.failures) == (1, 0, 0)
    assert msgspec.json.decode(dead.evidence)["signal"] == "SIGKILL"
    helpers.until(lambda: not any(map(helpers.alive, [child, *sleepers])), "all of its processes to go")
    assert pool.ended(pool.put()).state == "done"


def test_a_job_that_heeds_the_warning_is_dead_its_processes_too_and_its_child_lives_on(pool, helpers):
    supervisor = pool.start_ready("--processes", "1")
    job = pool.put(limit_ms=2_000, grandchildren=4, sleep_ms=60_000)
    pool.running(job)
    child, sleepers = sleepers_of(helpers, supervisor, 4)
    dead = pool.ended(job)
    assert (dead.state, dead.attempt, dead.crashes, dead.failures) == ("dead", 1, 0, 0)
    assert dead.reason.startswith("timed out after 2")
    assert msgspec.json.decode(dead.evidence)["warned"] is True
    assert not any(map(helpers.alive, sleepers)), "they are gone before the job has ended"
    assert pool.ended(pool.put()).state == "done"
    assert helpers.children_of(supervisor.pid) == [child]


def test_a_handler_may_use_the_warning_to_end_in_time(pool):
    pool.start_ready("--processes", "1")
    assert pool.ended(pool.put(limit_ms=1_500, sleep_ms=60_000, tidy=True)).state == "done"


def test_without_a_warning_the_limit_comes_unannounced(make_pool, redis_url):
    pool = make_pool(redis_url, "warning_s = 0")
    pool.start_ready("--processes", "1")
    dead = pool.ended(pool.put(limit_ms=500, sleep_ms=60_000, tidy=True))
    assert msgspec.json.decode(dead.evidence)["signal"] == "SIGKILL"


def test_none_of_a_cancelled_jobs_processes_survives(pool, helpers):
    supervisor = pool.start_ready("--processes", "1")
    job = pool.put(grandchildren=4, sleep_ms=60_000)
    pool.running(job)
    child, sleepers = sleepers_of(helpers, supervisor, 4)
    pool.engine.cancel(job)
    assert pool.ended(job).state == "cancelled"
    assert not any(map(helpers.alive, sleepers))
    assert helpers.children_of(supervisor.pid) == [child]


def test_none_of_a_failed_jobs_processes_survives(pool, helpers):
    supervisor = pool.start_ready("--processes", "1")
    job = pool.put(grandchildren=4, sleep_ms=1_000, give_up="no")
    pool.running(job)
    _, sleepers = sleepers_of(helpers, supervisor, 4)
    assert pool.ended(job).state == "dead"
    assert not any(map(helpers.alive, sleepers))


def test_the_queues_own_timeout_caps_what_a_handler_asks_for(make_pool, redis_url):
    pool = make_pool(redis_url, "timeout_s = 1")
    pool.start_ready("--processes", "1")
    dead = pool.ended(pool.put(limit_ms=3_600_000, sleep_ms=60_000))
    assert (dead.state, dead.reason) == ("dead", "timed out after 1 s")


def test_a_running_job_is_cancelled_in_the_middle_of_a_wait(pool, helpers):
    supervisor = pool.start_ready("--processes", "1")
    children = helpers.children_of(supervisor.pid)
    job = pool.put(sleep_ms=60_000)
    pool.running(job)
    assert pool.engine.cancel(job) == "asked"
    assert pool.ended(job).state == "cancelled"
    assert pool.ended(pool.put()).state == "done"
    assert helpers.children_of(supervisor.pid) == children, "its child lives on"


def test_a_handler_that_does_not_hear_a_cancel_is_killed(pool, helpers):
    supervisor = pool.start_ready("--processes", "1")
    children = helpers.children_of(supervisor.pid)
    job = pool.put(sleep_ms=60_000, deaf=True)
    pool.running(job)
    pool.engine.cancel(job)
    ended = pool.ended(job)
    assert (ended.state, ended.crashes) == ("cancelled", 0)
    helpers.until(lambda: (now := helpers.children_of(supervisor.pid)) and now != children, "a new child")


def test_a_failure_is_tried_again_and_then_dead_with_its_traceback(pool):
    pool.start_ready("--processes", "1")
    healed = pool.ended(pool.put(fail="not yet", fail_attempts=2))
    assert (healed.state, healed.attempt, healed.failures) == ("done", 3, 2)
    dead = pool.ended(pool.put(fail="never"))
    assert (dead.state, dead.failures) == ("dead", 3)
    assert dead.reason == "RuntimeError: never"
    evidence = msgspec.json.decode(dead.evidence)
    assert "_end_badly" in evidence["traceback"]
    assert evidence["error"] == "RuntimeError"


def test_a_retry_names_its_own_wait(pool, helpers):
    pool.start_ready("--processes", "1")
    job = pool.put(fail="busy", fail_attempts=1, retry_ms=3_600_000)
    waiting = helpers.until(lambda: (seen := pool.look(job)).state == "delayed" and seen)
    assert waiting.reason == "busy"
    assert waiting.due_ms - waiting.started_ms > 3_500_000


def test_a_job_given_up_is_dead_at_once(pool):
    pool.start_ready("--processes", "1")
    dead = pool.ended(pool.put(give_up="it cannot be done"))
    assert (dead.state, dead.attempt, dead.reason) == ("dead", 1, "it cannot be done")


def test_a_result_over_its_bound_is_dead_and_says_so(pool):
    pool.start_ready("--processes", "1")
    dead = pool.ended(pool.put(result_bytes=300_000))
    assert (dead.state, dead.attempt) == ("dead", 1)
    assert "262,144" in dead.reason
    assert pool.ended(pool.put(result_bytes=200_000)).state == "done"


def test_progress_is_seen_while_a_job_runs(pool):
    pool.start_ready("--processes", "1")
    job = pool.put(steps=600, sleep_ms=60_000)
    note = msgspec.json.decode(pool.progress(job).progress)
    assert note["steps"] == 600
    pool.engine.cancel(job)
    assert pool.ended(job).state == "cancelled"
