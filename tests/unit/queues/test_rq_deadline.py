"""The alarm of a work horse: first the warning, then the end, in a process that has both."""

import signal
import time

import pytest
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from judgeline.queues.rq.deadline import Deadline


@pytest.fixture(autouse=True)
def own_alarm():
    before = signal.getsignal(signal.SIGALRM)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def wait_for_end():
    while True:
        time.sleep(60)


@pytest.mark.parametrize(("warning_s", "warnings"), [(60.0, 1), (0.0, 0)])
def test_who_heeds_no_warning_is_ended_by_rqs_own_alarm(warning_s, warnings):
    heard = []
    with UnixSignalDeathPenalty(60, JobTimeoutException):
        deadline = Deadline(warning_s, lambda: heard.append(time.monotonic()))
        assert 59 < deadline.limit_s <= 60
        deadline.set(0.3)
        end = time.monotonic() + 0.3
        with pytest.raises(JobTimeoutException, match="maximum timeout value"):
            wait_for_end()
    assert len(heard) == warnings
    assert all(at < end for at in heard), "before the end"


def test_without_a_limit_there_is_no_alarm_and_one_set_later_ends_it():
    deadline = Deadline(1.0, lambda: None)
    assert deadline.limit_s == 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    deadline.set(0.05)
    with pytest.raises(JobTimeoutException):
        wait_for_end()
