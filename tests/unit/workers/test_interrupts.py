import time

import msgspec
import pytest

from judgeline.queues.handler import Cancelled
from workers.control import Cancel, Release, Stop
from workers.interrupts import Cause, Interrupts, Woken


@pytest.fixture
def opened(bench):
    bench.put("a")
    claim = bench.engine.claim("w-1", 1)
    interrupts = Interrupts(bench.theirs)
    interrupts.open(claim)
    yield interrupts
    interrupts.close()


def test_it_raises_once_a_job_and_only_between_open_and_close(bench, opened):
    with pytest.raises(Cancelled):
        bench.tell(Cancel("a"))
    bench.tell(Cancel("a"))  # the handler is cleaning up now
    assert opened.cause is Cause.CANCEL
    opened.close()
    bench.tell(Cancel("a"))


def test_an_earlier_jobs_cancel_is_forgotten_but_a_release_is_not(bench, opened):
    opened.close()
    bench.tell(Cancel("a"))
    claim = opened._claim
    opened.open(claim)
    assert opened.cause is None
    opened.close()
    bench.tell(Release())
    with pytest.raises(Cancelled):
        opened.open(claim)


def test_a_stop_ends_an_idle_wait_and_the_next_does_not_begin(bench):
    interrupts = Interrupts(bench.theirs)
    interrupts.begin_wait()
    with pytest.raises(Woken):
        bench.tell(Stop())
    with pytest.raises(Woken):
        interrupts.begin_wait()
    started = time.monotonic()
    interrupts.idle(60)
    assert time.monotonic() - started < 30


def test_a_cancel_leaves_an_idle_wait_alone(bench):
    interrupts = Interrupts(bench.theirs)
    interrupts.begin_wait()
    bench.tell(Cancel("a"))
    interrupts.end_wait()
    bench.tell(Stop())
    assert interrupts.stopping


def test_a_word_for_the_last_job_that_comes_as_the_next_one_opens_is_not_taken_for_it(
    bench, opened, monkeypatch
):
    bench.put("b")
    opened.close()
    following = bench.engine.claim("w-1", 2) or msgspec.structs.replace(opened._claim, id="b")

    class Telling(type(opened)):
        @property
        def cause(self):
            return self.__dict__["cause"]

        @cause.setter
        def cause(self, value):
            if value is None:
                bench.tell(Cancel("a"))  # in the very line that forgets what was said before
            self.__dict__["cause"] = value

    opened.__class__ = Telling
    opened.open(following)
    assert opened.cause is None
