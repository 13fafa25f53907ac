"""Programs that take too long, in ways that hide it."""

import pytest

from judgeline.judging.sandbox.box import Limits, Stopped


def test_a_busy_loop_is_stopped_at_its_limit(box, build):
    outcome = box.program(build("burn"), "self", "60000", limits=Limits(cpu_ms=200, wall_ms=5_000))
    assert outcome.stopped is Stopped.CPU
    assert 200 <= outcome.cpu_ms < 400
    assert outcome.why.startswith("used 2")


@pytest.mark.parametrize("where", ["self", "threads", "children", "unreaped"])
def test_time_is_counted_wherever_it_is_burnt(box, build, where):
    each = 300 if where != "threads" else 100
    outcome = box.program(build("burn"), where, str(each), limits=Limits(cpu_ms=5_000, wall_ms=10_000))
    assert (outcome.exit_code, outcome.stopped) == (0, Stopped.NO)
    assert 280 <= outcome.cpu_ms < 600
