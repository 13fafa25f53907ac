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


def test_a_child_that_does_not_come_to_an_end_between_jobs_is_killed(brood, child):
    child._slot.prepare("make", 60)
    ends = child.now().deadline
    assert brood.due() == 0 or brood.due() <= ends
    brood.enforce(ends - 1)
    assert not child.killed
    brood.enforce(ends)
    assert child.killed
    assert child._sentence is None, "it held nothing that could be to blame"


def confronted(brood, child, now, held=("a",)):
    brood.confront(child, child.now(), list(held), now)
    return child.killed


def test_a_child_that_never_begins_what_it_holds_is_killed(brood, child):
    assert not confronted(brood, child, 100.0)
    assert not confronted(brood, child, 109.9)
    assert confronted(brood, child, 110.0)


def test_a_child_that_moves_on_is_not_taken_for_one_that_hangs(brood, child):
    confronted(brood, child, 100.0)
    assert not confronted(brood, child, 111.0, held=["b"])
    assert not confronted(brood, child, 120.0, held=[])
    confronted(brood, child, 130.0)
    child._slot.begin("a", 1, 60)
    child._slot.end()  # it came back at once, to the same child
    assert not confronted(brood, child, 141.0)
    child._slot.begin("a", 2, 60)
    assert not confronted(brood, child, 160.0)


def test_a_child_that_was_stopped_in_the_middle_of_a_note_is_killed_too_and_nobody_spins(brood, child):
    child._slot.begin("a", 1, 1)
    child._slot._memory[0] |= 1
    brood._target = brood._before = 1
    assert brood.due() == float("inf"), "half a deadline may lie in the past"
    confronted(brood, child, 100.0)
    assert confronted(brood, child, 110.0)


@pytest.fixture
def born(monkeypatch):
    """The children that a brood bears; none is a process."""
    born = []

    def spawn(worker, *_):
        ours, theirs = Channel.pair()
        born.append(process_module.ChildProcess(worker, 1_000_000 + len(born), ours, Slot(), -1))
        theirs.close()
        return born[-1]

    monkeypatch.setattr(brood_module, "spawn", spawn)
    monkeypatch.setattr(process_module.ChildProcess, "tell", lambda *_: None)
    yield born
    for child in born:
        child.close()


def test_children_with_long_jobs_do_not_pile_up_over_reloads(brood, born):
    brood.grow(1.0)
    for _ in range(5):
        brood.replace(2, lambda *_: None, 0.0)
        brood.grow(1.0)
    assert len(brood) == 4, "this generation and the last"
    assert brood.due() == float("inf"), "there is nothing to do until one has left"
    del brood._children[born[0].pid]
    assert brood.due() < float("inf")
    brood.grow(1.0)
    assert len(brood) == 4


def test_a_reload_to_fewer_children_does_not_wait_for_all_of_the_many(brood, born):
    brood.scale(8)
    brood.grow(1.0)
    brood.replace(1, lambda *_: None, 0.0)
    brood.grow(1.0)
    assert [child.leaving for child in born] == [True] * 10 + [False]


def test_children_with_long_jobs_do_not_pile_up_while_an_operator_scales(brood, born):
    brood.grow(1.0)
    for _ in range(20):
        brood.scale(-1)
        brood.scale(+1)
        brood.grow(1.0)
    assert len(born) == 4
