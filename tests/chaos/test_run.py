"""The short form of ``judgeline chaos``: a whole system, broken on purpose, loses nothing.

``make chaos`` is the long one, ``make soak`` goes through seeds for an hour.
"""

import signal
import time

import pytest

PATIENCE_S = 60.0


def until(condition, what):
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.02)
    return found


@pytest.mark.parametrize(
    ("seed", "jobs", "shape"),
    [(7, 2_400, ()), (20, 900, ("--workers", "2", "--children", "3", "--rate", "200"))],
)
def test_nothing_is_lost_whatever_is_killed_cut_stopped_or_emptied(chaos, seed, jobs, shape):
    status, report, said = chaos.run("--jobs", str(jobs), "--seed", str(seed), *shape)
    assert report, said
    assert {name: found for name, found in report["broken"].items() if found} == {}, said
    assert status == 0, said
    assert report["jobs"] == jobs
    assert sum(report["ended"].values()) == jobs
    assert report["ended"]["pending"] == 0
    assert (report["most_finishes"], report["most_records"]) == (1, 1)
    # It was trouble that it went through, not a quiet run.
    assert report["faults"]["server"] == 3
    assert report["faults"]["empty"] == 1
    assert report["faults"]["child"] > 3
    assert report["faults"]["supervisor"] > 0
    assert report["executed"] > jobs
    assert report["broken_off"] > 0
    assert report["server_away"]["jobs"] == 3
    assert chaos.members() == []
    assert list(chaos.folder.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_leaves_nothing(chaos, number):
    run = chaos.start("--jobs", "100000", "--rate", "50")
    until(lambda: len(chaos.members()) > 8, "the workers")
    run.send_signal(number)
    _, said = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 130, said.decode()
    assert b"nothing of it is left" in said
    assert chaos.members() == []
    assert list(chaos.folder.iterdir()) == []


def test_a_run_that_is_killed_takes_its_processes_along(chaos):
    run = chaos.start("--jobs", "100000", "--rate", "50")
    until(lambda: len(chaos.members()) > 8, "the workers")
    run.kill()
    until(lambda: chaos.members() == [], "everything to go")


def test_the_evidence_stays_where_it_was_asked_for(chaos, tmp_path):
    folder = tmp_path / "evidence"
    status, report, said = chaos.run(
        *("--jobs", "200", "--workers", "1", "--rate", "1000", "--faults", "child", "--keep", str(folder))
    )
    assert status == 0, said
    assert set(report["faults"]) <= {"child"}
    assert {"attempts", "judgeline.db", "faults.jsonl", "report.json", "redis"} <= {
        path.name for path in folder.iterdir()
    }
    assert [path.name for path in chaos.folder.iterdir()] == ["evidence"]
    status, _, said = chaos.run("--jobs", "1", "--keep", str(folder))
    assert status == 1
    assert "holds something already" in said


def test_a_limit_of_time_ends_the_submits_and_what_was_accepted_ends_all_the_same(chaos):
    status, report, said = chaos.run("--jobs", "100000", "--rate", "20", "--duration", "2", "--workers", "1")
    assert status == 0, said
    assert 0 < report["jobs"] < 1_000
    assert report["ended"]["pending"] == 0


def test_a_fault_that_does_not_exist_is_a_wrong_call(chaos):
    status, _, said = chaos.run("--faults", "child,earthquake")
    assert status == 2
    assert "earthquake" in said
    assert "stop-child" in said
