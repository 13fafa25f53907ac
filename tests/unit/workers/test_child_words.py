"""What a supervisor says to its child in the middle of a job: cancel, lost, release, stop, warn."""

import contextlib

import pytest

from judgeline.queues.handler import TimeUp
from workers.control import Cancel, Lost, Release, Stop, Warn


def test_a_cancel_breaks_into_the_handler(bench):
    bench.put("a", "b")

    def work(claim, _context):
        if claim.id == "a":
            bench.engine.cancel("a")
            bench.tell(Cancel("a"))
            pytest.fail("it went on")
        return b"{}"

    bench.work = work
    bench.live()
    assert bench.engine.look("a").state == "cancelled"
    assert bench.engine.look("b").state == "done"


@pytest.mark.parametrize("message", [Cancel("b"), Lost("a", 7), Lost("b", 1)])
def test_a_word_about_another_attempt_changes_nothing(bench, message):
    bench.put("a")

    def work(_claim, _context):
        bench.tell(message)
        return b"{}"

    bench.work = work
    bench.live()
    assert bench.engine.look("a").state == "done"


def test_a_cancel_is_seen_by_the_next_progress_note_too(bench):
    bench.put("a")

    def work(_claim, context):
        bench.engine.cancel("a")
        context.progress(b"{}")
        pytest.fail("it went on")

    bench.work = work
    bench.live()
    assert bench.engine.look("a").state == "cancelled"


def test_an_attempt_that_was_reaped_is_broken_off_and_its_finish_dropped(bench):
    bench.put("a")
    attempts = []

    def work(claim, _context):
        attempts.append(claim.attempt)
        if claim.attempt == 1:
            bench.engine.crashed("w-1", b"{}")
            bench.tell(Lost("a", 1))
            pytest.fail("it went on")
        return b'"second"'

    bench.work = work
    bench.live()
    job = bench.engine.look("a")
    assert attempts == [1, 2]
    assert (job.state, job.result, job.crashes) == ("done", b'"second"', 1)


def test_told_to_release_it_puts_its_job_back_and_leaves(bench):
    bench.put("a", "b")

    def work(_claim, _context):
        bench.tell(Release())
        pytest.fail("it went on")

    bench.work = work
    bench.live()
    job = bench.engine.look("a")
    assert (job.state, job.failures, job.crashes) == ("queued", 0, 0)
    assert bench.engine.position("a") == 0
    assert bench.engine.look("b").attempt == 0
    assert bench.engine.workers() == []


def test_told_to_stop_it_ends_its_job_and_takes_no_other(bench):
    bench.put("a", "b")

    def work(_claim, _context):
        bench.tell(Stop())
        return b"{}"

    bench.work = work
    bench.live()
    assert bench.engine.look("a").state == "done"
    assert bench.engine.look("b").attempt == 0


def test_a_job_that_came_with_the_answer_just_before_the_stop_goes_back_unspent(bench):
    bench.put("a", "b")
    real = bench.engine.finish

    def finish(claim, ending, **named):
        answer = real(claim, ending, **named)
        if claim.id == "a":
            bench.tell(Stop())
        return answer

    bench.engine.finish = finish
    bench.live()
    job = bench.engine.look("b")
    assert (job.state, job.attempt, job.failures) == ("queued", 1, 0)


def test_what_was_said_before_it_could_listen_is_heard(bench):
    bench.put("a")
    bench.ours.send(Stop())
    bench.live()
    assert bench.made == 0
    assert bench.engine.look("a").state == "queued"


def test_a_cancel_that_the_queue_tells_after_the_warning_is_a_cancel(bench):
    bench.put("a")

    def work(_claim, context):
        with contextlib.suppress(TimeUp):
            bench.tell(Warn("a", 1))
        bench.engine.cancel("a")
        context.checkpoint(b"what there is")
        pytest.fail("it went on")

    bench.work = work
    bench.live()
    assert bench.engine.look("a").state == "cancelled"
