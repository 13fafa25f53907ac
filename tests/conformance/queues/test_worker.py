"""Workers that die, are lost, come back, and wait."""

import threading

import msgspec
import pytest

from judgeline.queues.engine import Finish
from judgeline.queues.job import JobState


@pytest.mark.guarantee("crashes")
def test_a_crash_goes_back_to_the_front_at_once_then_waits_then_is_a_dead_letter(rig):
    rig.put("poison")
    rig.put("innocent")
    rig.take("w1", 1)
    assert rig.consumer.crashed("w1", b"{}") == [("poison", JobState.QUEUED)]
    second = rig.take("w2", 1)
    assert (second.id, second.attempt, second.crashes) == ("poison", 2, 1)
    assert rig.consumer.crashed("w2", b"{}") == [("poison", JobState.DELAYED)]
    job = rig.engine.look("poison")
    assert 0 <= job.due_ms - job.started_ms - 1000 < 900
    assert rig.take("w3", 1).id == "innocent"
    rig.make_due("poison")
    rig.consumer.tick()
    assert rig.take("w4", 1).crashes == 2
    assert rig.consumer.crashed("w4", b'{"signal": "SIGKILL"}') == [("poison", JobState.DEAD)]
    letter = rig.engine.look("poison")
    assert (letter.crashes, letter.failures) == (3, 0)
    evidence = msgspec.json.decode(letter.evidence)
    assert evidence["signal"] == "SIGKILL"
    assert [(rig.whose(entry["worker"]), entry["how"]) for entry in evidence["attempts"]] == [
        ("w1", "crashed"),
        ("w2", "crashed"),
        ("w4", "crashed"),
    ]
    assert rig.engine.stats().totals["crashed"] == 3


@pytest.mark.guarantee("one_line")
@pytest.mark.guarantee("user_turns")
def test_a_job_back_at_the_front_gives_its_user_no_second_place(rig):
    for name in ("a1", "a2", "a3", "b1", "b2"):
        rig.put(name, user=name[0])
    rig.take("w", 1)
    rig.consumer.crashed("w", b"{}")
    assert rig.work_off() == ["a1", "b1", "a2", "b2", "a3"]


def test_a_crash_told_twice_counts_once(rig):
    rig.put("a")
    rig.take("w", 1)
    rig.consumer.crashed("w", b"{}")
    assert rig.consumer.crashed("w", b"{}") == []
    assert rig.engine.look("a").crashes == 1
    assert rig.engine.workers() == []


@pytest.mark.guarantee("one_line")
def test_what_a_worker_held_that_is_not_to_blame_goes_back_unspent(rig):
    rig.put("a")
    rig.put("b")
    claim = rig.take("w", 1)
    assert rig.consumer.crashed("w", b"{}", blame=False) == [("a", JobState.QUEUED)]
    job = rig.engine.look("a")
    assert (job.crashes, job.lost, job.failures) == (0, 0, 0)
    assert rig.engine.stats().totals == {"enqueued": 2, "released": 1}
    assert rig.end(claim) is False
    again = rig.take("v", 1)
    assert (again.id, again.attempt) == ("a", 2)
    rig.engine.cancel("a")
    assert rig.consumer.crashed("v", b"{}", blame=False) == [("a", JobState.CANCELLED)]


def test_the_waits_after_crashes_end_with_the_last_of_the_list(make_rig):
    rig = make_rig(max_crashes=10, crash_backoff_s=[1, 4])
    rig.put("a")
    waits = []
    for n in range(1, 6):
        rig.take(f"w{n}", 1)
        [(_, state)] = rig.consumer.crashed(f"w{n}", b"{}")
        job = rig.engine.look("a")
        waits.append(round(job.due_ms - job.started_ms, -3) if state is JobState.DELAYED else 0)
        if state is JobState.DELAYED:
            rig.make_due("a")
            rig.consumer.tick()
    assert waits == [0, 1000, 4000, 4000, 4000]


def test_no_waits_at_all_if_the_list_is_empty(make_rig):
    rig = make_rig(crash_backoff_s=[])
    rig.put("a")
    for n in range(2):
        rig.take(f"w{n}", 1)
        assert rig.consumer.crashed(f"w{n}", b"{}") == [("a", JobState.QUEUED)]


@pytest.mark.guarantee("reaping")
def test_a_lapsed_worker_is_reaped_and_its_job_runs_elsewhere(rig):
    rig.put("a")
    rig.take("w", 1)
    assert rig.consumer.tick().reaped == 0
    rig.lapse("w")
    assert rig.engine.workers()[0].lease_ms < 0
    assert rig.engine.stats().workers == 0
    assert rig.consumer.tick().reaped == 1
    assert rig.consumer.tick().reaped == 0
    assert rig.engine.workers() == []
    assert rig.engine.look("a").lost == 1
    assert rig.take("v", 1).id == "a"


def test_a_job_whose_workers_are_lost_again_and_again_is_a_dead_letter_in_the_end(rig):
    rig.put("a")
    for n in range(10):
        rig.take(f"w{n}", 1)
        rig.lapse(f"w{n}")
        ticked = rig.consumer.tick()
        if rig.engine.look("a").state is JobState.DELAYED:
            rig.make_due("a")
            rig.consumer.tick()
    assert ticked.dead == 1
    letter = rig.engine.look("a")
    assert (letter.state, letter.lost) == (JobState.DEAD, 10)
    assert msgspec.json.decode(letter.evidence)["worker"] == "w9"


def test_a_renewed_lease_does_not_lapse(rig):
    rig.put("a")
    rig.take("w", 1)
    rig.lapse("w")
    [renewal] = rig.consumer.renew(["w"])
    assert (renewal.known, renewal.held, renewal.cancelling) == (True, ["a"], [])
    assert rig.consumer.tick().reaped == 0


def test_a_renewal_makes_an_idle_worker_known_and_tells_a_reaped_one(rig):
    assert [renewal.known for renewal in rig.consumer.renew(["w", "v"])] == [False, False]
    assert rig.engine.stats().workers == 2
    rig.lapse("w")
    rig.consumer.tick()
    assert [renewal.known for renewal in rig.consumer.renew(["w", "v"])] == [False, True]
    assert rig.consumer.renew([]) == []
    rig.consumer.leave("w")
    rig.consumer.leave("v")


def test_a_worker_that_holds_a_job_cannot_leave(rig):
    rig.put("a")
    claim = rig.take("w", 1)
    rig.consumer.leave("w")
    assert [view.name for view in rig.engine.workers()] == ["w"]
    rig.end(claim)
    rig.consumer.leave("w")
    assert rig.engine.workers() == []


@pytest.mark.guarantee("clock_set_back")
def test_a_clock_set_back_keeps_no_dead_worker_alive_and_no_job_waiting(rig):
    rig.put("a")
    rig.end(rig.take("w", 1), Finish.RETRY)
    rig.put("b")
    rig.take("w", 2)
    rig.set_clock_back()
    rig.consumer.tick()
    assert rig.engine.workers()[0].lease_ms <= 10_000
    waiting = rig.engine.look("a")
    assert waiting.state is JobState.DELAYED
    rig.end(rig.take("w", 3))
    assert waiting.due_ms - rig.engine.look("b").finished_ms <= 1_000


def test_two_ticks_at_once_move_each_thing_once(rig):
    for n in range(8):
        rig.put(str(n))
        rig.take(f"w{n}", 1)
        rig.lapse(f"w{n}")
    ticked = []
    threads = [threading.Thread(target=lambda: ticked.append(rig.consumer.tick())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(tick.reaped for tick in ticked) == 8
    assert sorted(rig.work_off()) == [str(n) for n in range(8)]


def test_many_workers_share_the_jobs_without_doubling_one(rig):
    for n in range(60):
        rig.put(str(n), user=str(n % 7))
    started = []

    def work(worker):
        sequence = 1
        while claim := rig.consumer.claim(worker, sequence):
            started.append(claim.id)
            rig.end(claim)
            sequence += 1
        rig.consumer.leave(worker)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(started, key=int) == [str(n) for n in range(60)]


@pytest.mark.guarantee("waiting_apart")
def test_waiting_ends_when_a_job_comes(rig):
    assert rig.consumer.wait(0.02) is False
    woken = []
    waiter = threading.Thread(target=lambda: woken.extend(_wait_for(rig, 1)))
    waiter.start()
    rig.put("a")
    waiter.join(10)
    assert woken == ["a"]


@pytest.mark.guarantee("waiting_apart")
def test_every_waiter_is_woken_when_there_is_enough(rig):
    assert rig.consumer.wait(0.02) is False
    woken = []
    waiters = [threading.Thread(target=lambda n=n: woken.extend(_wait_for(rig, n))) for n in range(3)]
    for waiter in waiters:
        waiter.start()
    for name in "abc":
        rig.put(name)
    for waiter in waiters:
        waiter.join(10)
    assert sorted(woken) == ["a", "b", "c"]


def _wait_for(rig, number):
    sequence = 0
    while True:
        claim = rig.consumer.claim(f"waiter{number}", sequence := sequence + 1)
        if claim:
            return [claim.id]
        rig.consumer.wait(1.0)


@pytest.mark.guarantee("waiting_apart")
def test_waiting_for_nothing_ends(rig):
    assert rig.consumer.wait(0.02) is False


@pytest.mark.parametrize("priority", ["high", "low"])
@pytest.mark.guarantee("waiting_apart")
def test_those_who_keep_to_a_priority_are_woken_by_it_alone(rig, priority):
    other = "low" if priority == "high" else "high"
    rig.put("a", other)
    assert rig.consumer.wait(0.02, only=priority) is False
    assert rig.consumer.wait(0.02) is True


@pytest.mark.guarantee("waiting_apart")
def test_a_resume_wakes(rig):
    rig.put("a")
    rig.engine.pause()
    rig.consumer.wait(0.02)
    assert rig.consumer.claim("w", 1) is None
    rig.engine.resume()
    assert rig.consumer.wait(0.02) is True
