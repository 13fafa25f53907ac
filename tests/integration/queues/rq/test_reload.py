"""SIGHUP to the workers of a queue on RQ: others take over, and those there are leave after their job."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from judgeline.queues.job import JobState

from .mails import PATIENCE_S, Queue, alive, family, options, until

ROOT = Path(__file__).parents[4]
CONFIG = """
[queues.mails]
handler = "noop"
engine = "rq"
store = false
processes = 2
timeout_s = 600

[queues.submissions]
handler = "noop"

[queues.emails]
handler = "noop"
"""


class Told(Queue):
    """A queue on RQ whose workers read queues.toml."""

    def __init__(self, url, folder):
        super().__init__(url, options(store=False), folder / "log")
        self.config = folder / "queues.toml"
        self.config.write_text(CONFIG)

    def start(self):
        settings = {
            "REDIS_URL": self.url,
            "JUDGELINE_HOME": str(self.config.parent),
            "JUDGELINE_CONFIG": str(self.config),
            "JUDGELINE_PARENT_PID": str(os.getpid()),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "workers", "mails"],
                cwd=ROOT,
                env=os.environ | settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def works(self):
        until(lambda: self.process.poll() is not None or len(self.engine.workers()) == 2)
        assert self.process.poll() is None, self.log.read_text()

    def reload(self, old="", new=""):
        """Change the file, send SIGHUP, and wait until it was heard."""
        heard = self.said("reloaded")
        text = self.config.read_text()
        assert old in text
        self.config.write_text(text.replace(old, new, 1))
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.said("reloaded") > heard)

    def said(self, what):
        return self.log.read_text().count(what)


@pytest.fixture
def told(redis_url, tmp_path):
    queue = Told(redis_url, tmp_path)
    queue.start()
    try:
        queue.works()
        yield queue
    finally:
        queue.stop()
        queue.client.close()


def test_others_take_over_with_the_new_settings_and_the_running_job_ends(told):
    before = {view.name for view in told.engine.workers()}
    long = told.put(sleep_ms=4_000)
    told.runs(long)
    told.reload("processes = 2\ntimeout_s = 600", "processes = 3\nmax_attempts = 1")
    dead = told.ended(told.put(fail="once"))
    assert (dead.state, dead.attempt) == (JobState.DEAD, 1), "three before"
    job = told.ended(long)
    assert (job.state, job.attempt) == (JobState.DONE, 1), "it began under the old settings"
    until(lambda: len(now := {view.name for view in told.engine.workers()}) == 3 and not now & before)
    assert told.process.poll() is None


def test_a_file_with_a_fault_and_another_engine_change_nothing(told):
    before = {view.name for view in told.engine.workers()}
    told.reload("processes = 2", "proceses = 2")
    assert told.said("proceses")
    told.reload("proceses = 2", "processes = 2")
    until(lambda: not before & {view.name for view in told.engine.workers()})
    now = {view.name for view in told.engine.workers()}
    told.reload('engine = "rq"', 'engine = "lists"')
    assert told.said("needs a restart") == 1
    assert told.ended(told.put()).state is JobState.DONE
    assert now <= {view.name for view in told.engine.workers()}


def test_reloads_one_after_the_other_do_not_pile_up_processes(told):
    jobs = [told.put(priority=priority, sleep_ms=4_000) for priority in ("high", "low")]
    for job in jobs:
        told.runs(job)
    for _ in range(4):
        told.reload()
    horses = 2
    assert len(family(told.process.pid)) <= 2 * 3 + horses
    assert [told.ended(job).attempt for job in jobs] == [1, 1]
    assert told.ended(told.put()).state is JobState.DONE
    until(lambda: len(family(told.process.pid)) == 3)


def test_a_stop_after_a_reload_lets_the_jobs_of_both_generations_end(told):
    old = told.put(sleep_ms=5_000)
    told.runs(old)
    told.reload()
    new = told.put(sleep_ms=1_000)
    told.runs(new)
    assert told.look(old).state is JobState.RUNNING
    everybody = family(told.process.pid)
    told.process.terminate()
    assert told.process.wait(PATIENCE_S) == 0
    jobs = [told.look(job) for job in (old, new)]
    assert jobs[1].state is JobState.DONE
    assert jobs[0].state in (JobState.DONE, JobState.QUEUED), "given back where the grace was too short"
    assert [(job.crashes, job.lost) for job in jobs] == [(0, 0)] * 2
    until(lambda: not any(alive(pid) for pid in everybody))
