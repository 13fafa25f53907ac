"""How dead children's jobs are settled: the queue is in memory, the deaths are made up."""

import pytest
from msgspec import structs

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import JobState
from workers.death import Death, Sentence
from workers.duties import Duties
from workers.slot import Snapshot


def death(job, attempt, **more):
    """The death of the child "w-1", whose slot named a job in the end."""
    last = Snapshot(steady=True, jobs=1, job=job, attempt=attempt, stage="", test=0, started=1, deadline=2)
    fields = {"exit_code": None, "signal": "SIGKILL", "killed": False, "sentence": None} | more
    return Death(
        worker="w-1", pid=1, user_s=0, system_s=0, max_rss_kb=0, lived_s=1, last=last, output="", **fields
    )


@pytest.fixture
def duties(bench):
    return Duties(bench.engine, None, "s")


def timed_out(job, attempt):
    return Sentence(job=job, attempt=attempt, ending=Ending(kind=Finish.DEAD, reason="timed out"))


def test_a_child_killed_for_its_job_leaves_it_as_sentenced(bench, duties):
    bench.put("a")
    bench.engine.claim("w-1", 1)
    duties.settle([death("a", 1, killed=True, sentence=timed_out("a", 1))])
    job = bench.engine.look("a")
    assert (job.state, job.reason, job.crashes) == (JobState.DEAD, "timed out", 0)
    assert b"SIGKILL" in job.evidence


@pytest.mark.parametrize("noted", ["a", "", "b"])
def test_a_child_that_ended_its_job_before_the_kill_is_not_punished_for_the_next(bench, duties, noted):
    bench.put("a", "b")
    claim = bench.engine.claim("w-1", 1)
    _, following = bench.engine.finish(claim, Ending(kind=Finish.DONE, result=b"1"), next_sequence=2)
    assert following.id == "b"
    duties.settle([death(noted, 1 if noted else 0, killed=True, sentence=timed_out("a", 1))])
    assert (bench.engine.look("a").state, bench.engine.look("a").result) == (JobState.DONE, b"1")
    innocent = bench.engine.look("b")
    assert (innocent.state, innocent.crashes, innocent.lost) == (JobState.QUEUED, 0, 0)
    assert duties.unsettled == 0


def test_a_child_that_left_with_a_claim_it_never_heard_of_gives_it_back_unblamed(bench, duties):
    bench.put("a")
    bench.engine.claim("w-1", 1)  # the reply was lost, and then it was told to stop
    duties.settle([death("", 0, exit_code=0, signal="")])
    job = bench.engine.look("a")
    assert (job.state, job.crashes) == (JobState.QUEUED, 0)


def test_a_child_that_died_by_itself_has_its_job_blamed(bench, duties):
    bench.put("a")
    bench.engine.claim("w-1", 1)
    duties.settle([death("a", 1)])
    assert bench.engine.look("a").crashes == 1


def test_a_queue_that_is_away_is_not_asked_once_a_death(bench, duties):
    bench.put("a")
    bench.engine.claim("w-1", 1)
    tries = []
    crashed = bench.engine.crashed

    def away(*_, **__):
        tries.append(1)
        raise QueueUnavailable("gone")

    bench.engine.crashed = away
    for _ in range(3):
        duties.settle([death("a", 1)])
    assert (len(tries), duties.unsettled) == (1, 3)
    bench.engine.crashed = crashed
    duties.perform([])
    assert duties.unsettled == 0
    assert bench.engine.look("a").crashes == 1


class PartlyAway:
    """A queue whose shard with the worker "w-1" does not answer."""

    def __init__(self, engine):
        self._engine = engine

    def __getattr__(self, verb):
        return getattr(self._engine, verb)

    def crashed(self, worker, evidence, *, blame=True):
        if worker == "w-1":
            raise QueueUnavailable("one shard is away")
        return self._engine.crashed(worker, evidence, blame=blame)


def test_a_death_that_cannot_be_settled_holds_up_no_other_and_no_tick(bench):
    bench.put("a", "b", "late")
    for worker in ("w-1", "w-2"):
        bench.engine.claim(worker, 1)
    claim = bench.engine.claim("w-3", 1)
    bench.engine.finish(claim, Ending(kind=Finish.RETRY, delay_ms=0))
    duties = Duties(PartlyAway(bench.engine), None, "s")
    duties.settle([death("a", 1), structs.replace(death("b", 1), worker="w-2")])
    assert duties.unsettled == 2
    for _ in range(2):
        duties.perform([])
    assert not duties.away, "the tick was answered"
    assert duties.unsettled == 1
    assert (bench.engine.look("a").state, bench.engine.look("b").state) == (JobState.RUNNING, JobState.QUEUED)
    assert bench.engine.look(claim.id).state is JobState.QUEUED
