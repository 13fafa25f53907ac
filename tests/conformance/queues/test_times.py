"""How long jobs waited and ran: what the metrics read."""

import pytest

from judgeline.queues.engine import Finish

pytestmark = pytest.mark.guarantee("times")


def counted(histogram):
    return sum(histogram.counts)


@pytest.mark.guarantee("claim_repeats")
def test_each_start_counts_a_wait_at_its_priority(rig):
    rig.put("a", "high")
    rig.put("b", "low")
    before = rig.engine.stats()
    assert [counted(before.waits[name]) for name in ("high", "low")] == [0, 0]
    rig.take("u", only="high")
    stats = rig.engine.stats()
    assert [counted(stats.waits[name]) for name in ("high", "low")] == [1, 0]
    assert counted(stats.runs) == 0
    assert rig.take("u", only="high") == rig.take("u", only="high")
    assert counted(rig.engine.stats().waits["high"]) == 1  # the same start told again


@pytest.mark.parametrize("kind", Finish)
def test_each_end_of_an_attempt_counts_a_run_once(rig, kind):
    rig.put("a")
    claim = rig.take()
    assert rig.end(claim, kind)
    assert rig.end(claim, kind)  # a repeat
    runs = rig.engine.stats().runs
    assert counted(runs) == counted(rig.engine.stats().waits["low"]) == 1
    assert 0 <= runs.sum_s < 60
    assert len(runs.counts) == len(runs.bounds_s) + 1


def test_a_crash_ends_a_run_and_the_next_start_is_another_wait(rig):
    rig.put("a")
    rig.take("u")
    rig.consumer.crashed("u", b"{}")
    assert counted(rig.engine.stats().runs) == 1
    rig.take("v")
    assert counted(rig.engine.stats().waits["low"]) == 2


def test_a_refused_finish_counts_no_run(rig):
    rig.put("a")
    claim = rig.take("u")
    rig.consumer.crashed("u", b"{}")
    assert not rig.end(claim)
    assert counted(rig.engine.stats().runs) == 1
