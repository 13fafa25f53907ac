"""The plan of a run: the same seed is the same plan, and each plan has all that a run is to have."""

import itertools
import uuid

import msgspec
import pytest

from judgeline.chaos.plan import (
    ENDS,
    KILLS,
    MAX_CRASHES,
    Fault,
    Kind,
    Submit,
    plan_blows,
    plan_jobs,
    plan_storm,
    take_gusts,
)
from judgeline.ids import is_id

ALL = frozenset(Fault)


def whole(seed):
    return (
        list(plan_jobs(seed, 500, ALL)),
        take_gusts(seed, ALL, 100),
        plan_blows(seed, 500, ALL),
    )


def test_the_same_seed_is_the_same_plan():
    assert whole(7) == whole(7)
    for ours, theirs in zip(whole(7), whole(8), strict=True):
        assert ours != theirs


def test_a_longer_run_begins_like_a_shorter_one():
    assert list(plan_jobs(7, 1000, ALL))[:500] == list(plan_jobs(7, 500, ALL))


def test_a_fault_left_out_changes_no_job_but_how_it_is_submitted():
    with_it, without = plan_jobs(7, 500, ALL), plan_jobs(7, 500, ALL - {Fault.SUBMIT})
    pairs = list(zip(with_it, without, strict=True))
    assert {job.submit for job, _ in pairs} == {*Submit}
    assert {job.submit for _, job in pairs} == {Submit.ONCE}
    assert all(msgspec.structs.replace(job, submit=Submit.ONCE) == other for job, other in pairs)


def test_ids_are_those_of_jobs_and_sort_as_they_are_submitted():
    ids = [job.id for job in plan_jobs(7, 500, ALL)]
    assert all(map(is_id, ids))
    assert uuid.UUID(ids[0]).version == 7
    assert ids == sorted(set(ids))


def test_every_kind_of_job_comes_and_ends_somehow():
    kinds = {job.kind for job in plan_jobs(7, 5000, ALL)}
    assert kinds == {*Kind} == ENDS.keys()


def test_poison_ends_before_it_is_given_up():
    told = [msgspec.json.decode(job.payload) for job in plan_jobs(7, 5000, ALL) if job.kind is Kind.POISON]
    assert told
    assert max(one["crash_attempts"] for one in told) < MAX_CRASHES


@pytest.mark.parametrize("seed", range(20))
def test_kills_come_at_least_once_a_second(seed):
    storm = take_gusts(seed, ALL, 600)
    assert sum(gust.fault in KILLS for gust in storm) >= 600
    assert {gust.fault for gust in storm} == ALL - {Fault.SERVER, Fault.EMPTY, Fault.SUBMIT}


@pytest.mark.parametrize("seed", range(20))
def test_each_run_has_three_server_kills_and_an_emptied_redis_while_jobs_come_in(seed):
    blows = plan_blows(seed, 3000, ALL)
    assert [blow.fault for blow in blows].count(Fault.SERVER) == 3
    assert [blow.fault for blow in blows].count(Fault.EMPTY) == 1
    assert all(0 < blow.after_jobs < 3000 for blow in blows)
    assert not any(blow.fault is Fault.EMPTY for blow in plan_blows(seed, 3000, ALL - {Fault.EMPTY}))


def test_a_storm_of_nothing_is_none():
    assert list(plan_storm(7, frozenset({Fault.SERVER}))) == []
    assert len(list(itertools.islice(plan_storm(7, frozenset({Fault.CUT})), 100))) == 100
