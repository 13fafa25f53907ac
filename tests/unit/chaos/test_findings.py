"""From evidence to verdict: each broken promise is seen, and told from what may happen."""

import msgspec
import pytest

from judgeline.chaos.attempts import collect
from judgeline.chaos.faults import Done
from judgeline.chaos.findings import (
    Evidence,
    changed_by_emptying,
    count_faults,
    find_broken,
    find_recoveries,
    sum_up,
)
from judgeline.chaos.history import End, History
from judgeline.chaos.plan import Fault, JobPlan, Kind, Submit
from judgeline.chaos.records import Records, Row
from judgeline.chaos.report import Broken

S = 1_000_000_000
DONE = Row(state="done", result=b"{}", finished_ms=2_000)


def job(kind=Kind.PLAIN):
    return JobPlan(id="x", kind=kind, priority="low", user="", submit=Submit.ONCE, payload=b"{}")


def end(state="done", result=b"{}", finished_ms=2_000, age=1):
    return End(age=age, state=state, result=result, finished_ms=finished_ms)


def log(*rows):
    return collect(
        f"{what} {at * S:.0f} {pid} {job} {number}".encode() for what, at, pid, job, number in rows
    )


def evidence(rows=None, ends=None, recorded=1, altered=(), kind=Kind.PLAIN, **more):
    ends = [end()] if ends is None else ends
    base = Evidence(
        accepted={"x": job(kind)},
        attempts=log(("b", 1, 10, "x", 1), ("e", 2, 10, "x", 1)),
        history=History(
            ends={"x": list(ends)} if ends else {}, ages=max((one.age for one in ends), default=1)
        ),
        records=Records(
            rows={"x": DONE} if rows is None else rows,
            recorded={"x": recorded} if recorded else {},
            altered=[*altered],
        ),
        faults=[],
        on_queue={},
        wall_offset_s=0.0,
        leaked_keys=[],
        processes=[],
    )
    return msgspec.structs.replace(base, **more)


def broken(found: Broken):
    return {name: getattr(found, name) for name in found.__struct_fields__ if getattr(found, name)}


def test_a_job_that_ended_once_and_was_recorded_once_breaks_nothing():
    found = find_broken(evidence())
    assert broken(found) == {}
    assert not found.any


PENDING = {"x": Row(state="pending", result=b"", finished_ms=0)}


@pytest.mark.parametrize(
    ("what", "seen"),
    [
        (evidence(PENDING, (), 0), {"lost": ["x"]}),
        (evidence(PENDING, (), 0, on_queue={"x": False}), {"lost": ["x"]}),
        (evidence(PENDING, (), 0, on_queue={"x": True}), {"stuck": ["x"]}),
        (evidence(ends=(end(), end(finished_ms=2_001))), {"ended_twice": ["x"]}),
        (evidence(recorded=2), {"not_one_record": ["x"]}),
        (evidence(recorded=0), {"not_one_record": ["x"]}),
        (evidence(altered=["x"]), {"not_one_record": ["x"]}),
        (evidence(ends=(end("cancelled", b"", 1_000),)), {"changed": ["x"]}),
        (evidence(ends=(end("done", b"other", 1_000),)), {"changed": ["x"]}),
        (
            evidence({"x": Row(state="dead", result=b"", finished_ms=2_000)}, (end("dead", b""),)),
            {"wrong_end": ["x"]},
        ),
        (evidence(kind=Kind.HOPELESS), {"wrong_end": ["x"]}),
        (evidence({"x": DONE, "y": DONE}), {"strangers": ["y"]}),
        (evidence(leaked_keys=["turns"]), {"leaked_keys": ["turns"]}),
        (evidence(processes=["pid 1"]), {"processes": ["pid 1"]}),
    ],
)
def test_each_broken_promise_is_seen(what, seen):
    assert broken(find_broken(what)) == seen
    assert find_broken(what).any


def test_an_end_that_redis_lost_before_it_was_recorded_is_told_apart():
    lost = evidence(
        ends=(end("cancelled", b"", 1_000), end(age=2)),
        faults=[Done(at=1.5, fault=Fault.EMPTY, pids=[], until=1.5)],
    )
    assert broken(find_broken(lost)) == {}
    assert changed_by_emptying(lost) == 1
    late = evidence(
        ends=(end("cancelled", b"", 1_000), end(age=2)),
        faults=[Done(at=9.0, fault=Fault.EMPTY, pids=[], until=9.0)],
    )
    assert broken(find_broken(late)) == {"changed": ["x"]}


def test_an_end_after_the_row_was_cancelled_was_never_shown():
    row = {"x": Row(state="cancelled", result=b"", finished_ms=1_000)}
    assert broken(find_broken(evidence(row, kind=Kind.CANCELLED))) == {}


KILL = Done(at=1.5, fault=Fault.SUPERVISOR, pids=[9, 10], until=1.5)


def test_recovery_counts_from_the_kill_to_the_next_start():
    found = evidence(
        attempts=log(("b", 1, 10, "x", 1), ("b", 1.75, 11, "x", 2), ("e", 1.8, 11, "x", 2)), faults=[KILL]
    )
    spans = find_recoveries(found)
    assert spans[Fault.SUPERVISOR] == [0.25]
    recovered, each = sum_up(spans, found.faults)
    assert (recovered.jobs, recovered.p50_s, recovered.max_s) == (1, 0.25, 0.25)
    assert each.keys() == {"supervisor"}


def test_recovery_counts_to_the_end_where_the_job_was_cancelled_instead():
    found = evidence(attempts=log(("b", 1, 10, "x", 1)), faults=[KILL])
    assert find_recoveries(found)[Fault.SUPERVISOR] == [0.5]


def test_a_kill_of_an_idle_worker_has_nothing_to_recover():
    assert find_recoveries(evidence(faults=[msgspec.structs.replace(KILL, at=2.5)]))[Fault.SUPERVISOR] == []


def test_of_the_stopped_only_what_others_took_over_counts():
    stop = Done(at=1.5, fault=Fault.STOP_ALL, pids=[10], until=4.5)
    taken = log(("b", 1, 10, "x", 1), ("b", 3.5, 11, "x", 2), ("e", 5, 10, "x", 1))
    kept = log(("b", 1, 10, "x", 1), ("e", 5, 10, "x", 1))
    assert find_recoveries(evidence(attempts=taken, faults=[stop]))[Fault.STOP_ALL] == [2.0]
    assert find_recoveries(evidence(attempts=kept, faults=[stop]))[Fault.STOP_ALL] == []


def test_faults_are_counted_by_name():
    assert count_faults([KILL, KILL]) == {"supervisor": 2}
