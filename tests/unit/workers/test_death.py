import os
import signal
import time

import msgspec
import pytest

from workers import kernel
from workers.death import Death, read_status
from workers.slot import Snapshot

# pytest-xdist has threads, and from Python 3.12 on a fork beside threads warns; these children touch none.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

IDLE = Snapshot(steady=True, jobs=4, job="", attempt=0, stage="", test=0, started=0, deadline=0)


def death(last=IDLE, **more):
    fields = {
        "worker": "w-1",
        "pid": 1,
        "exit_code": None,
        "signal": "SIGKILL",
        "user_s": 0.25,
        "system_s": 0.5,
        "max_rss_kb": 1024,
        "lived_s": 3,
        "output": "last words",
        "killed": False,
        "sentence": None,
    }
    return Death(**(fields | more), last=last)


def test_the_evidence_says_what_is_known():
    at = time.monotonic() - 2
    last = Snapshot(
        steady=True, jobs=4, job="j", attempt=2, stage="testing", test=7, started=at, deadline=at + 9
    )
    evidence = msgspec.json.decode(death(last).evidence())
    assert evidence["signal"] == "SIGKILL"
    assert evidence["how"] == "killed by SIGKILL"
    assert (evidence["job"], evidence["attempt"]) == ("j", 2)
    assert (evidence["stage"], evidence["test"]) == ("testing", 7)
    assert 1.9 < evidence["ran_s"] < 60
    assert evidence["rusage"] == {"user_s": 0.25, "system_s": 0.5, "max_rss_kb": 1024}
    assert evidence["output"] == "last words"


def test_a_clean_exit_and_a_kill_on_purpose_are_told_from_a_failure():
    assert death(exit_code=0, signal="").expected
    assert death(killed=True).expected
    assert not death().expected
    failed = death(exit_code=3, signal="")
    assert not failed.expected
    assert failed.how == "exit status 3"


def test_the_status_of_a_process_is_read():
    for kill, expected in ((signal.SIGSEGV, (None, "SIGSEGV")), (0, (7, ""))):
        pid = os.fork()
        if pid == 0:
            if kill:
                signal.signal(kill, signal.SIG_DFL)
                os.kill(os.getpid(), kill)
            os._exit(7)
        _, status, usage = os.wait4(pid, 0)
        fields = read_status(status, usage)
        assert (fields["exit_code"], fields["signal"]) == expected
        assert fields["max_rss_kb"] > 0


def test_a_child_is_found_until_it_is_reaped():
    readable, writable = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.read(readable, 1)
        os._exit(0)
    os.close(readable)
    assert pid in kernel.children()
    assert kernel.reap(pid) is None
    kernel.kill_group(pid)
    while not (reaped := kernel.reap(pid)):
        time.sleep(0.001)
    assert reaped[0] == signal.SIGKILL
    assert pid not in kernel.children()
    kernel.kill_group(pid)  # nobody there any more
    os.close(writable)
