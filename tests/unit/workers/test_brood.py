import os
from pathlib import Path

import pytest

from judgeline.queues.engine import Finish
from workers import brood as brood_module
from workers import process as process_module
from workers.brood import Brood
from workers.control import Channel, Lost, Stop
from workers.slot import Slot


@pytest.fixture
def brood(monkeypatch):
    monkeypatch.setattr(brood_module.kernel, "adopt_orphans", lambda: None)  # pytest stays as it is
    return Brood("s", 2, lambda *_: None, lambda: None)


def test_a_host_that_cannot_fork_now_is_tried_again_later_and_nothing_leaks(brood, monkeypatch):
    tries = []

    def fork():
        tries.append(1)
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    before = sorted(Path("/proc/self/fd").iterdir()) if Path("/proc/self/fd").exists() else []
    brood.grow(100.0)
    brood.grow(100.5)
    assert len(tries) == 1
    assert brood.due() == 101
    brood.grow(101.0)
    assert len(tries) == 2
    assert len(brood) == 0
    if before:
        assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_the_target_stays_between_one_and_its_bound(brood):
    brood.scale(-5)
    assert brood.target == 1
    brood.scale(100_000)
    assert brood.target == brood_module.MOST


def test_a_host_short_of_memory_loses_no_descriptor(brood, monkeypatch):
    def slot():
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(process_module, "Slot", slot)
    before = len(list(Path("/dev/fd").iterdir()))
    brood.grow(100.0)
    assert len(brood) == 0
    assert len(list(Path("/dev/fd").iterdir())) == before


@pytest.fixture
def ends():
    ours, theirs = Channel.pair()
    yield ours, theirs
    theirs.close()


@pytest.fixture
def theirs(ends):
    """The child's end of its channel."""
    return ends[1]


@pytest.fixture
def child(brood, ends, monkeypatch):
    """A child of the brood that is no process."""
    monkeypatch.setattr(process_module.kernel, "kill_group", lambda _pid: None)
    monkeypatch.setattr(process_module.ChildProcess, "tell", lambda *_: None)
    made = process_module.ChildProcess("s-1", 1, ends[0], Slot(), -1)
    brood._children[1] = made
    yield made
    made.close()


def test_a_child_that_does_not_obey_a_cancel_is_killed_for_that_attempt(brood, child):
    child._slot.begin("a", 1, 60)
    brood.cancel(child, "a", 100.0)
    brood.cancel(child, "a", 103.0)  # said again: the time runs from the first
    brood.enforce(104.9)
    assert not child.killed
    brood.enforce(105.0)
    assert child.killed
    assert (child._sentence.job, child._sentence.attempt) == ("a", 1)
    assert child._sentence.ending.kind is Finish.CANCELLED


def test_an_obeyed_cancel_is_not_held_against_the_jobs_next_attempt(brood, child):
    child._slot.begin("a", 1, 60)
    brood.cancel(child, "a", 100.0)
    child._slot.end()  # it was given up in the same moment, and an operator put it back
    child._slot.begin("a", 2, 60)
    brood.enforce(106.0)
    assert not child.killed


def test_a_cancel_that_comes_before_its_job_has_begun_is_not_timed_yet(brood, child):
    brood.cancel(child, "a", 100.0)
    assert child.asked is None


def test_a_child_that_was_deaf_when_told_to_leave_is_told_again(brood, child, theirs, monkeypatch):
    monkeypatch.setattr(process_module.ChildProcess, "tell", lambda self, message: self.channel.send(message))
    for _ in range(1_000):  # more than a socket keeps
        child.tell(Lost("a", 1))
    brood.dismiss()
    assert Stop() not in theirs.receive()
    brood.remind()
    assert theirs.receive() == [Stop()]
