"""Shares under load: exact, never wasted, and never at the cost of one who comes with little."""

from itertools import groupby, pairwise

import pytest

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import NewJob
from judgeline.queues.options import PriorityOptions

WORKERS = 4


class Load:
    """A queue under a few workers that are never without a job, as long as there is one."""

    def __init__(self, rig, **waiting):
        self.rig = rig
        self.started = []
        self.numbers = dict.fromkeys(waiting, 0)
        self.claims = {}
        self.sequence = 0
        for priority, count in waiting.items():
            self.add(priority, count)

    def add(self, priority, count, user=""):
        first = self.numbers[priority]
        self.numbers[priority] += count
        jobs = [
            NewJob(id=f"{priority}-{user}-{n}", priority=priority, user=user, payload=b"")
            for n in range(first, first + count)
        ]
        for start in range(0, count, 100):
            self.rig.engine.enqueue(jobs[start : start + 100])

    def dispatch(self, count):
        """Have so many jobs started, by the workers in turns; give their priorities."""
        for _ in range(count):
            self.sequence += 1
            worker = f"w{self.sequence % WORKERS}"
            if held := self.claims.get(worker):
                done = Ending(kind=Finish.DONE)
                _, claim = self.rig.consumer.finish(held, done, next_sequence=self.sequence)
            else:
                claim = self.rig.consumer.claim(worker, self.sequence)
            self.claims[worker] = claim
            assert claim is not None
            self.started.append(claim)
        return [claim.priority for claim in self.started[-count:]]


def gaps(started, priority):
    """How many dispatches it is from one of a priority to the next."""
    places = [-1, *(n for n, name in enumerate(started) if name == priority)]
    return [later - earlier for earlier, later in pairwise(places)]


@pytest.mark.guarantee("weights", "one_line")
def test_ten_to_three_is_a_hundred_to_thirty_in_130_dispatches_while_more_keep_coming(rig):
    load = Load(rig, high=20, low=20)
    started = []
    for _ in range(13):
        started += load.dispatch(10)
        load.add("high", 10)
        load.add("low", 3)
    assert (started.count("high"), started.count("low")) == (100, 30)
    for start in range(118):
        assert started[start : start + 13].count("low") == 3


@pytest.mark.guarantee("weights", "one_line")
def test_at_four_to_one_no_low_job_waits_more_than_five_dispatches(make_rig):
    rig = make_rig(priorities={"high": PriorityOptions(4), "low": PriorityOptions(1)})
    load = Load(rig, high=250, low=40)
    assert max(gaps(load.dispatch(200), "low")) <= 5


@pytest.mark.guarantee("weights", "one_line")
def test_at_four_to_one_a_low_job_that_comes_alone_starts_within_five_dispatches(make_rig):
    rig = make_rig(priorities={"high": PriorityOptions(4), "low": PriorityOptions(1)})
    load = Load(rig, high=150, low=1)
    for before in range(1, 11):
        load.dispatch(4 + before)
        load.add("low", 1)
        assert "low" in load.dispatch(5)


@pytest.mark.guarantee("weights")
def test_no_dispatch_is_wasted_while_anything_waits(rig):
    load = Load(rig, high=7, low=40)
    load.dispatch(47)  # each of them starts a job
    assert sorted(claim.id for claim in load.started) == sorted(
        [f"high--{n}" for n in range(7)] + [f"low--{n}" for n in range(40)]
    )


@pytest.mark.guarantee("weights", "one_line")
def test_a_high_job_that_comes_alone_is_the_next_dispatch_each_time(rig):
    load = Load(rig, low=300, high=0)
    for _ in range(20):
        load.dispatch(2)
        load.add("high", 1)
        assert load.dispatch(1) == ["high"]


@pytest.mark.guarantee("weights", "one_line")
def test_what_one_priority_owes_is_forgotten_without_the_others_shares_moving(make_rig):
    rig = make_rig(
        priorities={"high": PriorityOptions(5), "mid": PriorityOptions(3), "low": PriorityOptions(2)}
    )
    load = Load(rig, high=200, mid=0, low=100)
    started = []
    for _ in range(10):
        load.add("mid", 1)
        started += load.dispatch(15)
    assert started.count("mid") == 10
    rest = [name for name in started if name != "mid"]
    assert abs(rest.count("low") - 40) <= 1
    assert max(len(list(run)) for name, run in groupby(rest) if name == "high") <= 5


@pytest.mark.guarantee("user_turns", "one_line")
def test_a_user_with_one_job_behind_anothers_thousand_starts_within_two_dispatches(rig):
    load = Load(rig, low=0)
    load.add("low", 1000, user="many")
    load.dispatch(3)
    load.add("low", 1, user="one")
    load.dispatch(2)
    assert "one" in [claim.user for claim in load.started[-2:]]


@pytest.mark.guarantee("user_turns", "one_line")
def test_users_with_much_share_evenly_while_one_comes_and_goes(rig):
    load = Load(rig, low=0)
    load.add("low", 60, user="a")
    load.add("low", 60, user="b")
    for _ in range(10):
        load.add("low", 1, user="c")
        load.dispatch(9)
    users = [claim.user for claim in load.started]
    assert users.count("c") == 10
    assert abs(users.count("a") - users.count("b")) <= 2
