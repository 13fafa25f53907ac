import msgspec
import pytest

from judgeline.payloads import PayloadError
from judgeline.queues.errors import JobTooLarge, QueueUnavailable
from judgeline.queues.handler import GiveUp, Retry
from judgeline.queues.job import MAX_RESULT_BYTES
from workers.control import Ready, Release, Stop, Unfit
from workers.errors import Unready
from workers.interrupts import Interrupts


class Flaky:
    """A consumer whose verbs fail now and then, after having acted: the reply was lost."""

    def __init__(self, consumer, **failures):
        self._consumer = consumer
        self._failures = failures
        self.calls = []

    def __getattr__(self, verb):
        act = getattr(self._consumer, verb)

        def call(*arguments, **named):
            self.calls.append((verb, arguments, named))
            answer = act(*arguments, **named)
            if self._failures.get(verb, 0) > 0:
                self._failures[verb] -= 1
                raise QueueUnavailable("the reply was lost")
            return answer

        return call

    def sequences(self):
        return [
            named.get("next_sequence") if verb == "finish" else arguments[1]
            for verb, arguments, named in self.calls
            if verb in ("claim", "finish")
        ]


def raising(error):
    def work(_claim, _context):
        raise error

    return work


def test_it_works_all_that_waits_and_leaves_nothing_behind(bench):
    bench.put("a", "b", "c")
    bench.work = lambda claim, _context: msgspec.json.encode(claim.id)
    bench.live()
    assert [bench.engine.look(id_).result for id_ in "abc"] == [b'"a"', b'"b"', b'"c"']
    assert bench.engine.workers() == []
    assert (bench.made, bench.closed) == (1, 1)
    assert bench.ours.receive() == [Ready()]
    assert bench.slot.read().jobs == 3


def test_a_finish_brings_the_next_claim_in_the_same_round_trip(bench):
    bench.put("a", "b", "c")
    bench.consumer = Flaky(bench.engine)
    bench.live()
    verbs = [verb for verb, _, _ in bench.consumer.calls]
    assert verbs[:4] == ["claim", "finish", "finish", "finish"]
    assert bench.consumer.sequences()[:4] == [1, 2, 3, 4]


def test_a_lost_reply_is_asked_for_again_under_the_same_number(bench):
    bench.put("a", "b")
    bench.consumer = Flaky(bench.engine, claim=2, finish=3, leave=1)
    ran = []
    bench.work = lambda claim, _context: ran.append((claim.id, claim.attempt)) or b"{}"
    bench.live()
    assert ran == [("a", 1), ("b", 1)], "nothing ran twice, nothing was lost"
    assert [bench.engine.look(id_).state for id_ in "ab"] == ["done", "done"]
    assert bench.consumer.sequences()[:7] == [1, 1, 1, 2, 2, 2, 2]


def test_a_queue_that_is_away_while_it_waits_is_waited_for(bench):
    bench.consumer = Flaky(bench.engine, wait=3)
    tries = []

    def idle():
        tries.append(1)
        if len(tries) == 5:
            bench.tell(Stop())

    bench.idle = idle
    bench.live()
    assert len(tries) == 5


@pytest.mark.parametrize(
    ("error", "state", "attempts", "reason"),
    [
        (GiveUp("never"), "dead", 1, "never"),
        (PayloadError("not a payload: $.x"), "dead", 1, "not a payload: $.x"),
        (Retry("busy"), "dead", 3, "busy"),
        (ValueError("odd"), "dead", 3, "ValueError: odd"),
        (MemoryError(), "dead", 3, "MemoryError: "),
    ],
)
def test_what_a_handler_raises_is_an_ending(bench, error, state, attempts, reason):
    bench.put("a")
    bench.work = raising(error)
    bench.live()
    job = bench.engine.look("a")
    assert (job.state, job.attempt, job.reason) == (state, attempts, reason)


def test_a_retry_may_name_its_wait_and_only_the_unexpected_leaves_a_traceback(bench):
    bench.put("a")
    bench.consumer = Flaky(bench.engine)
    bench.work = raising(Retry("busy", delay_s=0.002))
    bench.live()
    endings = [arguments[1] for verb, arguments, _ in bench.consumer.calls if verb == "finish"]
    assert {ending.delay_ms for ending in endings} == {2}
    assert b"traceback" not in endings[0].evidence
    bench.put("b")
    bench.work = raising(ValueError("odd"))
    bench.live()
    evidence = msgspec.json.decode(bench.engine.look("b").evidence)
    assert evidence["error"] == "ValueError"
    assert "in work" in evidence["traceback"]


def test_a_long_reason_and_a_long_traceback_are_bounded(bench):
    bench.put("a")
    bench.work = raising(ValueError("x" * 100_000))
    bench.live()
    job = bench.engine.look("a")
    assert len(job.reason) == 500
    assert len(job.evidence) < 30_000


def test_a_result_over_its_bound_is_a_dead_letter(bench):
    bench.put("a")
    bench.work = lambda _claim, _context: b"x" * (MAX_RESULT_BYTES + 1)
    bench.live()
    job = bench.engine.look("a")
    assert (job.state, job.attempt) == ("dead", 1)
    assert "262,145 bytes" in job.reason


def test_a_result_that_the_engine_finds_too_large_is_a_dead_letter_as_well(bench, monkeypatch):
    bench.put("a")
    real = bench.engine.finish

    def finish(claim, ending, **named):
        if ending.result:
            raise JobTooLarge("too large for this engine")
        return real(claim, ending, **named)

    monkeypatch.setattr(bench.engine, "finish", finish)
    bench.live()
    assert bench.engine.look("a").state == "dead"


def test_a_handler_that_cannot_be_made_is_tried_again_and_nothing_is_claimed_meanwhile(bench):
    bench.put("a")
    real, tries = bench.make, []

    def make():
        tries.append(bench.engine.look("a").state)
        if len(tries) < 3:
            raise (Unready("no sandbox") if len(tries) == 1 else OSError("no disk"))
        return real()

    bench.make = make
    bench.live()
    assert tries == ["queued"] * 3
    assert bench.ours.receive() == [Unfit("no sandbox"), Unfit("OSError: no disk"), Ready()]
    assert bench.engine.look("a").state == "done"


def test_a_job_that_finds_the_handler_unready_goes_back_unspent(bench):
    bench.put("a")
    attempts = []

    def work(claim, _context):
        attempts.append(claim.attempt)
        if len(attempts) == 1:
            raise Unready("the sandbox is gone")
        return b"{}"

    bench.work = work
    bench.live()
    job = bench.engine.look("a")
    assert (job.state, job.failures, job.crashes) == ("done", 0, 0)
    assert bench.ours.receive() == [Ready(), Unfit("the sandbox is gone"), Ready()]
    assert (bench.made, bench.closed) == (2, 2)


def test_a_failing_preparation_is_said_before_a_job_is_taken(bench):
    failures = [OSError("no memory for a box")]
    real = bench.idle

    def idle():
        if failures:
            raise failures.pop()
        real()

    bench.idle = idle
    bench.live()
    assert bench.ours.receive() == [Ready(), Unfit("OSError: no memory for a box"), Ready()]


def test_a_job_that_is_done_is_not_timed_while_it_waits_to_say_so(bench):
    bench.put("a")
    deadlines = []
    real = bench.engine.finish

    def finish(claim, ending, **named):
        deadlines.append(bench.slot.read().deadline)
        return real(claim, ending, **named)

    bench.engine.finish = finish
    bench.live()
    assert deadlines == [float("inf")]


def test_a_word_that_comes_as_the_handler_fails_still_ends_the_job_in_order(bench, monkeypatch):
    bench.put("a")
    bench.work = raising(ValueError("odd"))
    close = Interrupts.close

    def closing(interrupts):
        monkeypatch.setattr(Interrupts, "close", close)
        bench.tell(Release())  # raises Cancelled here, for the job is open still
        close(interrupts)

    monkeypatch.setattr(Interrupts, "close", closing)
    bench.live()
    job = bench.engine.look("a")
    assert (job.state, job.failures) == ("queued", 0)
    assert bench.engine.workers() == []


def test_a_stop_that_comes_as_a_wait_fails_is_obeyed(bench, monkeypatch):
    bench.consumer = Flaky(bench.engine, wait=1)
    bench.idle = lambda: None
    end_wait = Interrupts.end_wait

    def ending(interrupts):
        monkeypatch.setattr(Interrupts, "end_wait", end_wait)
        bench.tell(Stop())  # raises Woken here, for the wait is not over yet
        end_wait(interrupts)

    monkeypatch.setattr(Interrupts, "end_wait", ending)
    bench.live()
    assert bench.engine.workers() == []


@pytest.mark.parametrize(("result", "kind"), [(None, "NoneType"), ("{}", "str"), ({}, "dict")])
def test_a_result_that_is_no_bytes_is_a_dead_letter_and_the_child_lives_on(bench, result, kind):
    bench.put("a", "b")
    bench.work = lambda claim, _context: result if claim.id == "a" else b"{}"
    bench.live()
    job = bench.engine.look("a")
    assert (job.state, job.attempt, job.reason) == ("dead", 1, f"its handler gave {kind}, not bytes")
    assert bench.engine.look("b").state == "done"


def test_making_preparing_and_closing_are_timed(bench):
    seen = []
    idle, close = bench.idle, bench.close

    def noting(act):
        seen.append((bench.slot.read().stage, round(bench.slot.read().limit_s)))
        return act()

    real = bench.make
    bench.make = lambda: noting(real)
    bench.idle, bench.close = lambda: noting(idle), lambda: noting(close)
    bench.live()
    assert seen == [("make", 60), ("idle", 60), ("close", 60)]
    assert bench.slot.read().deadline == 0


def test_a_handler_that_ends_its_child_leaves_its_job_as_evidence(bench):
    bench.put("a")
    bench.work = raising(SystemExit(3))
    with pytest.raises(SystemExit):
        bench.live()
    assert (bench.slot.read().job, bench.closed) == ("a", 1)
