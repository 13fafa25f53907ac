import subprocess
import sys

import pytest

from judgeline.queues.rq.pool import shares


@pytest.mark.parametrize(
    ("processes", "given"),
    [
        (1, {"high": 1, "low": 1}),  # a worker of RQ's listens to one queue, so each needs one
        (2, {"high": 1, "low": 1}),
        (3, {"high": 2, "low": 1}),
        (13, {"high": 10, "low": 3}),
    ],
)
def test_processes_are_split_by_weight(processes, given):
    assert shares(processes, {"high": 10, "low": 3}) == given


def test_a_pool_for_one_priority():
    assert shares(3, {"low": 3}) == {"low": 3}


TOLD_AT_BIRTH = """
import os, signal, time
from types import SimpleNamespace
from judgeline.queues.rq import pool

fork = os.fork

def fork_and_be_told():
    pid = fork()
    if pid == 0:
        os.kill(os.getpid(), signal.SIGTERM)
    return pid

os.fork = fork_and_be_told
pool._REBIRTH_S = 0.01
places = lambda: [pool.Place("one", lambda: time.sleep(60))]
team = SimpleNamespace(place=SimpleNamespace(queue="q"), places=places)
pool.Pool(team, 1.0, lambda: None).run()
"""


def test_a_word_to_a_process_that_is_just_born_is_not_taken_for_one_to_the_pool():
    with subprocess.Popen(
        [sys.executable, "-c", TOLD_AT_BIRTH], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        heard = []
        for line in process.stdout:
            heard.append(line)
            if sum("rq process ended" in each for each in heard) == 3 or "draining" in line:
                break
        process.kill()
    assert "draining" not in "".join(heard)
    assert sum("rq process ended" in each for each in heard) == 3
