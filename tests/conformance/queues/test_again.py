"""The id of a job that is on the queue once more: by a hand, or a command that was sent twice."""

import pytest

pytestmark = pytest.mark.guarantee("pushed_again")


@pytest.mark.parametrize("state", ["running", "done"])
def test_the_id_of_a_job_that_is_elsewhere_is_dropped(rig, state):
    rig.put("a", user="u")
    claim = rig.take("w", 1)
    if state == "done":
        rig.end(claim)
    rig.push("a")
    assert rig.consumer.claim("v", 1) is None
    assert rig.engine.look("a").state == state
    assert rig.engine.dead() == []


def test_the_id_of_a_waiting_job_pushed_again_runs_it_once(rig):
    rig.put("a", user="u")
    rig.put("b", user="u")
    rig.push("a")
    assert rig.work_off() == ["a", "b"]
