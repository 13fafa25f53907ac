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
