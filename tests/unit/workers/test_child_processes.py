"""What a job starts: the child ends it with the job, and keeps what its handler made ahead."""

import contextlib
import os
import subprocess
import sys

import pytest

from judgeline.queues.handler import GiveUp, TimeUp
from workers.control import Warn


@pytest.fixture
def sleepers():
    """Start a process; at the end none is left."""
    started = []

    def start():
        started.append(subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.communicate()


def gone(process):
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_job_that_was_told_to_end_leaves_no_process_even_where_its_handler_returns(bench, sleepers):
    bench.put("a")
    mine = []

    def work(_claim, _context):
        mine.append(sleepers())
        with contextlib.suppress(TimeUp):
            bench.tell(Warn("a", 1))
            pytest.fail("it went on")
        return b"{}"

    bench.work = work
    bench.live()
    assert bench.engine.look("a").state == "done"
    assert gone(mine[0])


@pytest.mark.parametrize("at", ["make", "idle"])
def test_what_was_made_ahead_in_the_last_moment_is_no_process_of_the_job(bench, sleepers, at):
    ahead, of_the_job = [], []
    idle, make = bench.idle, bench.make

    def ready():
        if not ahead:
            ahead.append(sleepers())
            bench.put("a")
            return None if at == "idle" else make()
        return idle() if at == "idle" else make()

    setattr(bench, at, ready)

    def work(_claim, _context):
        of_the_job.append(sleepers())
        raise GiveUp("no")

    bench.work = work
    bench.live()
    assert bench.engine.look("a").state == "dead"
    assert gone(of_the_job[0])
    assert not gone(ahead[0])
