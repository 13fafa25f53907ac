"""Draining, scaling, pausing, and what a supervisor does when its surroundings change."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HONCHO_GRACE_S = 2.5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_drain_lets_short_jobs_end_and_puts_long_ones_back_unspent(pool, helpers, number):
    supervisor = pool.start_ready("--processes", "2", workers=2)
    short, long = pool.put(sleep_ms=800), pool.put(sleep_ms=60_000)
    pool.running(short)
    pool.running(long)
    waiting = pool.put()
    supervisor.send_signal(number)
    assert supervisor.wait(30) == 0
    assert pool.look(short).state == "done"
    assert pool.look(waiting).state == "queued", "no new claims in a drain"
    back = pool.look(long)
    assert (back.state, back.failures, back.crashes, back.lost) == ("queued", 0, 0, 0)
    assert pool.engine.position(long) == 0, "it is at the front again"
    assert pool.engine.stats().workers == 0
    assert pool.said("supervisor stopped")[0]["left_to_lease"] == 0


def test_a_job_that_does_not_hear_the_drain_is_killed_and_put_back_unspent(pool):
    supervisor = pool.start_ready("--processes", "1")
    job = pool.put(sleep_ms=60_000, deaf=True)
    pool.running(job)
    supervisor.terminate()
    assert supervisor.wait(30) == 0
    back = pool.look(job)
    assert (back.state, back.failures, back.crashes, back.lost) == ("queued", 0, 0, 0)


def test_a_second_ctrl_c_does_not_wait_for_running_jobs(pool, helpers):
    supervisor = pool.start_ready("--processes", "1", JUDGELINE_PARENT_PID="")  # a grace of 30 s
    job = pool.put(sleep_ms=120_000)
    pool.running(job)
    supervisor.send_signal(signal.SIGINT)
    (draining,) = helpers.until(lambda: pool.said("draining"))
    assert draining["grace_s"] == 30
    assert supervisor.poll() is None
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(20) == 0
    assert pool.look(job).state == "queued"


def test_a_job_put_back_is_taken_up_by_the_next_supervisor(pool):
    first = pool.start_ready("--processes", "1")
    job = pool.put(sleep_ms=4_000)
    pool.running(job)
    first.terminate()
    first.wait(30)
    pool.start("--processes", "1")
    assert pool.ended(job).state == "done"


def test_children_ignore_the_signals_of_a_terminal_or_a_process_manager(pool, helpers):
    supervisor = pool.start_ready("--processes", "1")
    job = pool.put(steps=10, sleep_ms=1_500)
    pool.progress(job)
    (child,) = helpers.children_of(supervisor.pid)
    assert os.getpgid(child) == child != os.getpgid(supervisor.pid)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGTTIN, signal.SIGTTOU):
        os.kill(child, number)
    ended = pool.ended(job)
    assert (ended.state, ended.attempt) == ("done", 1)


def test_ttin_and_ttou_scale_and_one_too_many_leaves_after_its_job(pool, helpers):
    supervisor = pool.start_ready("--processes", "1")
    supervisor.send_signal(signal.SIGTTIN)
    helpers.until(lambda: pool.engine.stats().workers == 2, "a second worker")
    jobs = [pool.put(steps=5, sleep_ms=1_000) for _ in range(2)]
    for job in jobs:
        pool.progress(job)
    supervisor.send_signal(signal.SIGTTOU)
    helpers.until(lambda: len(helpers.children_of(supervisor.pid)) == 1, "one to leave")
    for job in jobs:
        ended = pool.ended(job)
        assert (ended.state, ended.attempt) == ("done", 1)
    supervisor.send_signal(signal.SIGTTOU)  # never below one
    assert pool.ended(pool.put()).state == "done"
    assert len(helpers.children_of(supervisor.pid)) == 1


@pytest.mark.parametrize("processes", [1, 3])
def test_as_many_jobs_run_at_once_as_there_are_processes(pool, helpers, processes):
    pool.start_ready("--processes", str(processes), workers=processes)
    jobs = [pool.put(sleep_ms=300) for _ in range(3 * processes)]
    ended = [pool.ended(job) for job in jobs]
    spans = [(job.started_ms, job.finished_ms) for job in ended]
    at_once = max(sum(start <= begun < end for start, end in spans) for begun, _ in spans)
    assert at_once == processes
    assert len({job.worker for job in ended}) == processes


def test_a_pool_for_one_priority_leaves_the_others_alone(pool):
    pool.start_ready("--processes", "1", "--only", "high")
    low, high = pool.put("low"), pool.put("high")
    assert pool.ended(high).state == "done"
    assert pool.ended(pool.put("high")).state == "done"
    assert pool.look(low).state == "queued"


def test_a_paused_priority_is_not_claimed_until_it_is_resumed(pool):
    pool.start_ready("--processes", "1")
    pool.engine.pause("low")
    held = pool.put("low")
    assert pool.ended(pool.put("high")).state == "done"
    assert pool.look(held).state == "queued"
    pool.engine.resume("low")
    assert pool.ended(held).state == "done"


def test_it_drains_when_the_process_manager_is_killed(pool, helpers):
    manager = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    supervisor = pool.start_ready("--processes", "2", JUDGELINE_PARENT_PID=str(manager.pid))
    children = helpers.children_of(supervisor.pid)
    manager.kill()
    manager.wait()
    assert supervisor.wait(20) == 0
    assert not any(map(helpers.alive, children))
    assert pool.said("draining")[0]["reason"] == "the process manager is gone"


def test_it_starts_before_its_server_does_and_works_once_it_is_there(
    make_pool, start_valkey, tmp_path, helpers
):
    url = start_valkey()
    moved = tmp_path / "s"
    pool = make_pool(f"unix://{moved}")
    supervisor = pool.start("--processes", "1")
    helpers.until(lambda: pool.said("queue unreachable, trying again"))
    moved.symlink_to(url.removeprefix("unix://"))
    helpers.until(lambda: pool.engine.stats().workers == 1)
    assert pool.ended(pool.put()).state == "done"
    assert supervisor.poll() is None
    pool.stop()


def test_a_handler_that_cannot_work_claims_nothing_says_why_and_gives_its_job_back(
    pool, redis_client, helpers
):
    from judgeline.queues.troubles import Troubles  # noqa: PLC0415 - only this test

    supervisor = pool.start_ready("--processes", "1")
    job = pool.put(unready="the sandbox is gone")
    troubles = helpers.until(Troubles("submissions", redis_client).read)
    assert list(troubles.values()) == ["the sandbox is gone"]
    back = helpers.until(lambda: (seen := pool.look(job)).state == "queued" and seen)
    assert (back.crashes, back.failures) == (0, 0)
    assert pool.engine.stats().workers == 0, "it does not count as a worker"
    pool.engine.cancel(job)
    # It looks again by itself, and once it can work the trouble is over.
    assert pool.ended(pool.put()).state == "done"
    helpers.until(lambda: not Troubles("submissions", redis_client).read())
    assert supervisor.poll() is None


def test_a_handler_that_cannot_be_made_says_why(make_pool, redis_url, redis_client, helpers):
    from judgeline.queues.troubles import Troubles  # noqa: PLC0415 - only this test

    pool = make_pool(redis_url, emails="email")
    supervisor = pool.start(queue="emails", SMTP_URL="smtp://host:25?tls=nonsense")
    (reason,) = helpers.until(Troubles("emails", redis_client).read).values()
    assert "tls" in reason
    assert supervisor.poll() is None
    supervisor.terminate()
    assert supervisor.wait(20) == 0


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["nothing"], {}, "there is no queue 'nothing'; there are submissions, emails"),
        (["submissions", "--only", "middle"], {}, "there is no priority 'middle'; there are high, low"),
        (["submissions"], {"REDIS_URL": "", "JUDGELINE_PARENT_PID": ""}, "REDIS_URL: is not set"),
        (["submissions"], {"REDIS_URL": "http://x"}, "must start with one of"),
        (["submissions"], {"JUDGELINE_CONFIG": "/nowhere/queues.toml"}, "no such file"),
    ],
)
def test_what_cannot_start_says_why_in_one_line(pool, arguments, environment, words):
    process = pool.start(*arguments[1:], queue=arguments[0], **environment)
    assert process.wait(30) == 2
    (line,) = pool.log.read_text().splitlines()
    assert words in line


def test_a_handler_that_is_not_on_the_list_stops_the_start_with_one_line(pool):
    config = pool.folder / "queues.toml"
    config.write_text(config.read_text().replace('handler = "noop"', 'handler = "os.system"', 1))
    assert pool.start().wait(30) == 2
    (line,) = pool.log.read_text().splitlines()
    assert "queues.submissions.handler: there is no handler 'os.system'; there are judge, email, noop" in line


def test_a_server_that_evicts_is_refused_in_one_line(make_pool, start_valkey):
    pool = make_pool(start_valkey("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"))
    assert pool.start().wait(30) == 2
    (line,) = [line for line in pool.log.read_text().splitlines() if not line.startswith("{")]
    assert "maxmemory-policy" in line


def test_help_tells_of_both_uses():
    said = subprocess.run(
        [sys.executable, "-m", "workers", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for word in ("recorder", "--only", "--processes", "SIGTTIN", "JUDGELINE_PARENT_PID"):
        assert word in said


def test_a_drain_needs_nobody_who_reads_its_log(pool, helpers):
    """When honcho is killed, standard output is a pipe without a reader."""
    supervisor = pool.start_ready("--processes", "1", piped=True)
    job = pool.put(sleep_ms=60_000, say="nobody hears this")
    pool.running(job)
    supervisor.stdout.close()
    supervisor.stderr.close()
    supervisor.terminate()
    assert supervisor.wait(30) == 0
    back = pool.look(job)
    assert (back.state, back.crashes, back.lost) == ("queued", 0, 0)


def test_an_idle_pool_is_lean(pool, helpers):
    supervisor = pool.start_ready("--processes", "2", workers=2)
    pool.ended(pool.put())

    def pss_kb(pid):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except FileNotFoundError:
            pytest.skip("this kernel has no smaps_rollup")
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))

    family = [supervisor.pid, *helpers.children_of(supervisor.pid)]
    assert len(family) == 3
    assert sum(map(pss_kb, family)) <= 80 * 1024


@pytest.mark.parametrize("handler", ["judge", "email", "noop"])
def test_a_pool_loads_no_store_no_web_framework_and_no_second_queue(handler):
    code = f"import sys, workers.pool, workers.handlers as h; h.load({handler!r}); print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = {name.partition(".")[0] for name in said.split()}
    assert not loaded & {"sqlalchemy", "alembic", "flask", "werkzeug", "gunicorn", "rq", "psycopg", "honcho"}
    if handler != "judge":
        assert "judgeline.judging" not in said.split()
