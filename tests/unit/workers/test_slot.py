import os
import time

import pytest

from workers import slot as slot_module
from workers.slot import Slot

# pytest-xdist has threads, and from Python 3.12 on a fork beside threads warns; these children touch none.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


def test_what_a_child_wrote_is_read_by_its_parent_after_its_death():
    slot = Slot()
    pid = os.fork()
    if pid == 0:
        slot.begin("job-1", 3, 10)
        slot.note("testing", 7)
        os.kill(os.getpid(), 9)
    os.waitpid(pid, 0)
    seen = slot.read()
    assert (seen.job, seen.attempt, seen.stage, seen.test, seen.jobs) == ("job-1", 3, "testing", 7, 0)
    assert seen.steady
    assert 9.9 < seen.deadline - seen.started < 10.1
    assert time.monotonic() - seen.started < 60
    slot.close()


def test_a_new_slot_and_one_between_jobs_name_none():
    slot = Slot()
    assert (slot.read().job, slot.read().deadline, slot.read().steady) == ("", 0, True)
    slot.begin("a", 1, 1)
    slot.note("compiling", 0)
    slot.end()
    assert (slot.read().job, slot.read().stage, slot.read().deadline, slot.read().jobs) == ("", "", 0, 1)


def test_the_deadline_moves_and_long_words_are_cut():
    slot = Slot()
    slot.begin("x" * 128, 1, 60)
    slot.limit(5.0)
    slot.note("é" * 100, 2)
    seen = slot.read()
    assert seen.job == "x" * 128
    assert seen.deadline == 5.0
    assert seen.stage.startswith("é" * 31)


def test_a_page_that_is_being_written_says_so():
    slot = Slot()
    slot.begin("a", 1, 1)
    slot._memory[0] |= 1
    seen = slot.read()
    assert not seen.steady
    assert seen.job == "a"


def test_a_deadline_is_not_read_while_it_moves(monkeypatch):
    slot = Slot()
    slot.begin("a", 1, 60)
    steady = []

    class Watching:
        def pack_into(self, *_):
            steady.append(slot.read().steady)

    monkeypatch.setattr(slot_module, "_TIMES", Watching())
    slot.limit(5.0)
    assert steady == [False]
    assert slot.read().steady


def test_what_is_done_between_jobs_has_a_limit_and_counts_as_no_job():
    slot = Slot()
    slot.prepare("idle", 60)
    seen = slot.read()
    assert (seen.job, seen.stage, seen.jobs, seen.limit_s) == ("", "idle", 0, pytest.approx(60))
    slot.rest()
    assert (slot.read().stage, slot.read().deadline, slot.read().jobs) == ("", 0, 0)
