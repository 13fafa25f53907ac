"""The judge's own handler under a real supervisor, with this host's sandbox and a problem from problems/."""

import msgspec
import pytest

from judgeline.ids import new_id
from judgeline.payloads import RunPayload, SubmissionPayload, encode
from judgeline.queues.job import NewJob

SUM = "print(sum(map(int, input().split())))\n"


@pytest.fixture
def judge(pool, with_judge):
    """A pool whose children judge."""
    with_judge(f'problems = "{pool.root / "problems"}"\nrun_cpu_ms = 60000')
    pool.start_ready("--processes", "1")
    return pool


def submit(pool, payload):
    job_id = new_id()
    pool.engine.enqueue([NewJob(id=job_id, priority="high", payload=encode(payload))])
    return job_id


def test_a_submission_comes_back_with_its_verdict(judge):
    for source, verdict in ((SUM, "accepted"), ("print(1)\n", "wrong_answer"), ("print(\n", "compile_error")):
        job = judge.ended(
            submit(judge, SubmissionPayload(problem="aplusb", language="python3", source=source))
        )
        assert job.state == "done"
        assert msgspec.json.decode(job.result)["verdict"] == verdict


def test_a_run_shows_its_progress_and_is_broken_off_by_a_cancel(judge, helpers):
    job = submit(judge, RunPayload(language="python3", source="while True: pass\n"))
    helpers.until(lambda: b"testing" in judge.look(job).progress)
    judge.engine.cancel(job)
    assert judge.ended(job).state == "cancelled"
    # Its box is gone with it, and the next job gets a new one.
    again = judge.ended(submit(judge, RunPayload(language="python3", source=SUM, stdin="1 2")))
    assert msgspec.json.decode(again.result)["stdout"] == "3\n"


def test_a_child_killed_in_the_middle_leaves_no_box_and_its_submission_still_ends(judge, helpers):
    job = submit(judge, RunPayload(language="python3", source="while True: pass\n"))
    helpers.until(lambda: b"testing" in judge.look(job).progress)
    (child,) = helpers.children_of(judge.started[0].pid)
    boxes = helpers.children_of(child)
    assert boxes
    helpers.kill(child)
    helpers.until(lambda: not any(map(helpers.alive, boxes)), "its boxes to go")
    again = helpers.until(lambda: (seen := judge.look(job)).attempt == 2 and seen)
    assert again.crashes == 1
    judge.engine.cancel(job)
    assert judge.ended(job).state == "cancelled"
