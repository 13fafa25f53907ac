"""An attempt: claimed once, ended once, by whoever holds it."""

import msgspec
import pytest

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import JobTooLarge, QueueError
from judgeline.queues.job import Job, JobState
from judgeline.queues.options import BackoffOptions


def state(rig, job_id):
    return rig.engine.look(job_id).state


def test_a_claim_carries_the_job(rig):
    rig.put("a", "high", payload=b"\x00\xff", user="ada", attempts=4)
    claim = rig.take("w", 1)
    assert (claim.id, rig.whose(claim.worker), claim.attempt, claim.priority) == ("a", "w", 5, "high")
    assert (claim.user, claim.payload, claim.crashes, claim.failures) == ("ada", b"\x00\xff", 0, 0)
    job = rig.engine.look("a")
    assert (job.state, job.worker, job.attempt) == (JobState.RUNNING, claim.worker, 5)
    assert job.started_ms >= job.enqueued_ms
    assert [(view.name, view.jobs) for view in rig.engine.workers()] == [("w", ["a"])]


def test_an_empty_queue_gives_nothing(rig):
    assert rig.consumer.claim("w", 1) is None


@pytest.mark.guarantee("claim_repeats")
def test_the_same_number_gets_the_same_answer(rig):
    rig.put("a")
    rig.put("b")
    assert rig.take("w", 1) == rig.take("w", 1)
    assert state(rig, "b") is JobState.QUEUED


@pytest.mark.guarantee("claim_repeats")
def test_the_same_number_gets_the_same_nothing(rig):
    assert rig.consumer.claim("w", 1) is None
    rig.put("a")
    assert rig.consumer.claim("w", 1) is None
    assert rig.take("w", 2).id == "a"


@pytest.mark.guarantee("claim_repeats")
def test_an_abandoned_claim_that_still_runs_is_refused(rig):
    rig.put("a")
    rig.put("b")
    rig.end(rig.take("w", 5))
    assert rig.consumer.claim("w", 4) is None
    assert state(rig, "b") is JobState.QUEUED


@pytest.mark.guarantee("claim_repeats")
def test_a_worker_holds_one_job(rig):
    rig.put("a")
    rig.put("b")
    assert rig.take("w", 1) == rig.take("w", 2)


def test_done_keeps_the_result_and_drops_the_payload(rig):
    rig.put("a", payload=b"p")
    claim = rig.take()
    rig.consumer.progress(claim, b"1")
    rig.consumer.checkpoint(claim, b"c")
    assert rig.end(claim, result=b'{"ok": 1}')
    job = rig.engine.look("a")
    assert (job.state, job.result, job.payload) == (JobState.DONE, b'{"ok": 1}', b"")
    assert (job.progress, job.checkpoint, job.evidence) == (b"", b"", b"")
    assert job.finished_ms >= job.started_ms
    assert rig.engine.stats().running == 0
    assert rig.engine.stats().totals["done"] == 1


def test_the_next_job_comes_with_the_finish(rig):
    rig.put("a")
    rig.put("b")
    accepted, following = rig.consumer.finish(rig.take("w", 1), Ending(kind=Finish.DONE), next_sequence=2)
    assert accepted
    assert following.id == "b"
    assert rig.consumer.finish(following, Ending(kind=Finish.DONE), next_sequence=3) == (True, None)


@pytest.mark.guarantee("one_line")
@pytest.mark.guarantee("claim_repeats")
def test_a_repeated_finish_is_accepted_and_gives_the_same_next_job(rig):
    for name in ("a", "b", "c"):
        rig.put(name)
    claim = rig.take("w", 1)
    first = rig.consumer.finish(claim, Ending(kind=Finish.DONE, result=b"1"), next_sequence=2)
    again = rig.consumer.finish(claim, Ending(kind=Finish.DONE, result=b"2"), next_sequence=2)
    assert first == again
    assert rig.engine.look("a").result == b"1"
    assert state(rig, "c") is JobState.QUEUED
    assert rig.engine.stats().totals["done"] == 1


@pytest.mark.parametrize("kind", list(Finish))
def test_every_finish_may_be_repeated(rig, kind):
    rig.put("a")
    claim = rig.take()
    assert rig.end(claim, kind)
    before = rig.engine.look("a"), rig.engine.stats().totals
    assert rig.end(claim, kind)
    assert (rig.engine.look("a"), rig.engine.stats().totals) == before


@pytest.mark.guarantee("fencing")
def test_only_the_holder_can_finish(rig):
    rig.put("a")
    claim = rig.take("w", 1)
    other = msgspec.structs.replace(claim, worker="v")
    older = msgspec.structs.replace(claim, attempt=0)
    unknown = msgspec.structs.replace(claim, id="b")
    for stranger in (other, older, unknown):
        assert not rig.end(stranger)
        assert not rig.consumer.progress(stranger, b"1")
        assert not rig.consumer.checkpoint(stranger, b"1")
    assert state(rig, "a") is JobState.RUNNING
    assert rig.engine.stats().totals["refused"] >= 3  # refusals of a repeat count, too


@pytest.mark.guarantee("fencing")
def test_a_zombie_that_finishes_late_is_refused(rig):
    rig.put("a")
    zombie = rig.take("w", 1)
    rig.lapse("w")
    rig.consumer.tick()
    assert not rig.end(zombie, result=b"late")
    second = rig.take("v", 1)
    assert second.attempt == 2
    assert not rig.end(zombie, result=b"late")
    assert rig.end(second, result=b"right")
    assert not rig.end(zombie, result=b"late")
    assert rig.engine.look("a").result == b"right"


@pytest.mark.guarantee("retries")
def test_a_handler_that_fails_is_tried_again_after_a_growing_wait(make_rig):
    rig = make_rig(max_attempts=4, backoff_s=BackoffOptions(base=1, factor=4, max=10, jitter=0.2))
    rig.put("a", payload=b"p")
    waits = []
    for sequence in range(1, 4):
        claim = rig.take("w", sequence)
        assert (claim.attempt, claim.failures, claim.payload) == (sequence, sequence - 1, b"p")
        rig.end(claim, Finish.RETRY, reason="no network")
        job = rig.engine.look("a")
        assert (job.state, job.reason) == (JobState.DELAYED, "no network")
        waits.append(job.due_ms)
        assert rig.consumer.claim("v", sequence) is None
        rig.make_due("a")
        assert rig.consumer.tick().promoted == 1
        waits[-1] -= rig.engine.look("a").started_ms
    assert [round(wait, -3) for wait in waits] == [1000, 4000, 10_000]
    rig.end(rig.take("w", 4), Finish.RETRY, reason="no network")
    letter = rig.engine.look("a")
    assert (letter.state, letter.reason, letter.failures) == (JobState.DEAD, "no network", 4)
    attempts = msgspec.json.decode(letter.evidence)["attempts"]
    assert [(entry["attempt"], entry["how"]) for entry in attempts] == [(n, "failed") for n in (1, 2, 3, 4)]


def test_a_handler_may_choose_the_wait(rig):
    rig.put("a")
    rig.end(rig.take(), Finish.RETRY, delay_ms=3_600_000)
    job = rig.engine.look("a")
    assert job.due_ms - job.started_ms >= 3_600_000


@pytest.mark.guarantee("one_line")
@pytest.mark.guarantee("user_turns")
def test_a_promoted_job_comes_first_of_its_user(rig):
    rig.put("a", user="u")
    rig.end(rig.take(), Finish.RETRY)
    rig.put("b", user="u")
    rig.put("c", user="u")
    rig.make_due("a")
    rig.consumer.tick()
    assert rig.work_off() == ["b", "a", "c"]


@pytest.mark.guarantee("one_line")
@pytest.mark.guarantee("release")
def test_a_release_gives_the_job_back_to_the_front_at_once(rig):
    for name in ("a", "b"):
        rig.put(name, user="u")
    rig.end(rig.take("w", 1), Finish.RELEASE)
    job = rig.engine.look("a")
    assert (job.state, job.failures, job.crashes) == (JobState.QUEUED, 0, 0)
    assert rig.work_off() == ["a", "b"]


def test_giving_up_makes_a_dead_letter_at_once(rig):
    rig.put("a", payload=b"p")
    rig.end(rig.take(), Finish.DEAD, reason="nonsense", evidence=b'{"line": 3}')
    letter = rig.engine.look("a")
    assert (letter.state, letter.reason, letter.payload) == (JobState.DEAD, "nonsense", b"p")
    assert msgspec.json.decode(letter.evidence)["line"] == 3


@pytest.mark.guarantee("checkpoints")
def test_a_checkpoint_reaches_the_next_attempt(rig):
    rig.put("a")
    claim = rig.take("w", 1)
    assert rig.consumer.checkpoint(claim, b'["sent"]')
    rig.consumer.crashed("w", b"{}")
    assert rig.take("v", 1).checkpoint == b'["sent"]'


def test_progress_is_kept_while_the_attempt_runs(rig):
    rig.put("a")
    claim = rig.take()
    assert rig.consumer.progress(claim, b'{"test": 7}')
    assert rig.engine.look("a").progress == b'{"test": 7}'
    rig.end(claim, Finish.RELEASE)
    assert rig.engine.look("a").progress == b""


def test_what_is_too_large_is_refused(rig):
    rig.put("a")
    claim = rig.take()
    with pytest.raises(JobTooLarge):
        rig.end(claim, result=b"x" * 262_145)
    with pytest.raises(JobTooLarge):
        rig.consumer.checkpoint(claim, b"x" * 262_145)
    with pytest.raises(JobTooLarge):
        rig.consumer.progress(claim, b"1" * 4_097)
    with pytest.raises(QueueError):
        rig.consumer.progress(claim, b"{not json")
    assert rig.end(claim, Finish.DEAD, evidence=b"x" * 100_000)  # evidence is cut: the end counts
    assert msgspec.json.decode(rig.engine.look("a").evidence)["cut_from_bytes"] == 100_000


def test_evidence_that_is_no_json_is_kept_as_text(rig):
    rig.put("a")
    rig.end(rig.take(), Finish.DEAD, evidence=b"\xffoops")
    assert msgspec.json.decode(rig.engine.look("a").evidence)["said"] == "\\xffoops"


@pytest.mark.guarantee("recording")
def test_ended_jobs_wait_for_the_store_oldest_first(rig):
    for name in ("a", "b"):
        rig.put(name)
    rig.work_off()
    assert [job.id for job in rig.engine.unrecorded()] == ["a", "b"]
    assert [job.id for job in rig.engine.unrecorded(1)] == ["a"]
    ended = rig.engine.look("a")
    rig.engine.settle([ended, ended, Job(id="nobody", state=JobState.DONE, priority="low")])
    rig.settle("a")
    assert [job.id for job in rig.engine.unrecorded()] == ["b"]
    assert rig.engine.look("a").state is JobState.DONE


def test_without_a_store_nothing_waits_for_one(make_rig):
    rig = make_rig(store=False)
    rig.put("a")
    rig.work_off()
    assert rig.engine.unrecorded() == []
    assert rig.engine.look("a").state is JobState.DONE
