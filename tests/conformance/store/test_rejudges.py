"""Rejudges: a verdict that was shown changes by an apply and by nothing else, on every database."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from judgeline import rejudging
from judgeline.payloads import SubmissionPayload, decode, encode
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import JobState
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions
from judgeline.rejudging import RejudgeError, discard_rejudge, make_rejudge
from judgeline.store import jobs, rejudges
from judgeline.store.errors import RejudgeClosed, RejudgeUnfinished, StoreError, UnknownRejudge
from judgeline.store.recording import record
from judgeline.store.rejudge_rows import RejudgeState, WantedSubmissions
from judgeline.store.rows import RowState
from workers.recorder.recording import record_ended
from workers.recorder.sweeping import Sweeper

OLD, NEW = "a" * 64, "b" * 64
ALL = WantedSubmissions(problem="aplusb")


def result_of(verdict, version, time_ms=1.0):
    return msgspec.json.encode({"verdict": verdict, "version": version, "time_ms": time_ms})


class House:
    """A store, a queue in memory, and what a recorder and a worker do with them."""

    def __init__(self, store, new_row, ended):
        self.store = store
        self.engine = MemoryEngine("submissions", QueueOptions(handler="judge"))
        self._new_row, self._ended = new_row, ended
        self._sequence = itertools.count(1)

    def judged(self, verdict="accepted", source="x", **fields):
        """Accept a submission and record its verdict; give its id."""
        payload = SubmissionPayload(
            problem=fields.get("problem", "aplusb"), language="python3", source=source, version=OLD
        )
        row = self._new_row(payload=encode(payload), problem_version=OLD, **fields)
        with self.store.writer() as connection:
            jobs.accept(connection, row)
            job = self._ended(row.id, result=result_of(verdict, OLD))
            record(connection, "submissions", [job])
        return row.id

    def make(self, wanted=ALL, version=NEW):
        return make_rejudge(self.store, self.engine, version, wanted, "olga")

    def work(self, verdict, kind=Finish.DONE):
        """Sweep, judge what is queued with this verdict (or as it says by source), and record."""
        Sweeper(self.store, self.engine, 0, lambda: None).sweep(everything=True)
        claims = []
        while claim := self.engine.claim("w", next(self._sequence)):
            asked = decode(claim.payload)
            told = verdict[asked.source] if isinstance(verdict, dict) else verdict
            result = result_of(told, asked.version, 7.0) if kind is Finish.DONE else b""
            self.engine.finish(claim, Ending(kind=kind, result=result, reason="" if result else "broke"))
            claims.append(claim)
        record_ended(self.store, self.engine)
        return claims

    def row(self, job_id):
        with self.store.reader() as connection:
            return jobs.get(connection, job_id, payload=True)

    def ask(self, verb, *arguments, **named):
        with self.store.reader() as connection:
            return verb(connection, *arguments, **named)

    def apply(self, rejudge_id):
        with self.store.writer() as connection:
            return rejudges.apply(connection, rejudge_id, "oleg")


@pytest.fixture
def house(store, new_row, ended):
    return House(store, new_row, ended)


def test_judging_anew_changes_no_verdict_until_it_is_applied(house):
    kept, changing = house.judged(), house.judged(source="y")
    before = [house.row(kept), house.row(changing)]
    made = house.make()
    counts = house.ask(rejudges.count, made)
    assert (counts.total, counts.pending) == (2, 2)
    claims = house.work({"x": "accepted", "y": "wrong_answer"})
    assert [decode(claim.payload).version for claim in claims] == [NEW, NEW]
    assert {(claim.priority, claim.user) for claim in claims} == {("low", rejudging.USER)}
    assert [house.row(kept), house.row(changing)] == before
    counts = house.ask(rejudges.count, made)
    assert (counts.pending, counts.same, counts.changed, counts.failed) == (0, 1, 1, 0)
    (item,) = house.ask(rejudges.items, made, state="changed")
    assert (item.submission_id, item.old_verdict, item.new_verdict) == (changing, "accepted", "wrong_answer")
    assert (item.old_time_ms, item.new_time_ms, item.old_version, item.new_version) == (1, 7, OLD, NEW)

    applied = house.apply(made)
    assert (applied.written, applied.changed, applied.overtaken) == (2, 1, 0)
    row = house.row(changing)
    assert (row.verdict, row.problem_version, row.result) == (
        "wrong_answer",
        NEW,
        result_of("wrong_answer", NEW, 7.0),
    )
    assert row.rejudged_ms > 0
    assert (row.state, row.finished_ms, row.payload) == (
        before[1].state,
        before[1].finished_ms,
        before[1].payload,
    )
    (earlier,) = house.ask(rejudges.history, changing)
    assert (earlier.verdict, earlier.problem_version, earlier.rejudge_id) == ("accepted", OLD, made)
    closed = house.ask(rejudges.get, made)
    assert (closed.state, closed.made_by, closed.closed_by) == (RejudgeState.APPLIED, "olga", "oleg")
    (item,) = house.ask(rejudges.items, made, state="changed")
    assert (item.old_verdict, item.old_time_ms, item.new_verdict) == ("accepted", 1, "wrong_answer")


def test_only_what_fits_is_judged_anew(house):
    mine = house.judged("wrong_answer", owner="ada", language="c")
    others = [
        house.judged("wrong_answer", owner="bob", language="c"),
        house.judged("accepted", owner="ada", language="c"),
        house.judged("wrong_answer", owner="ada", language="python3"),
        house.judged("wrong_answer", owner="ada", language="c", problem="rope"),
    ]
    wanted = WantedSubmissions(problem="aplusb", user="ada", verdicts=("wrong_answer",), language="c")
    made = house.make(wanted)
    assert [item.submission_id for item in house.ask(rejudges.items, made)] == [mine]
    assert house.ask(rejudges.get, made).wanted == wanted
    assert house.ask(rejudges.count_candidates, ALL) == len(others)
    since = house.row(mine).created_ms
    for field, count in (("since_ms", 4), ("before_ms", 0)):
        wanted = WantedSubmissions(problem="aplusb", **{field: since})
        assert house.ask(rejudges.count_candidates, wanted) == count


def test_what_has_not_ended_is_not_judged_anew(house, new_row, ended):
    row = new_row()
    with house.store.writer() as connection:
        jobs.accept(connection, row)
    with pytest.raises(RejudgeError, match="no judged submission"):
        house.make()
    with house.store.writer() as connection:
        record(connection, "submissions", [ended(row.id, state=JobState.DEAD, result=b"")])
    with pytest.raises(RejudgeError, match="no judged submission"):
        house.make()


def test_too_many_are_refused_and_a_set_of_many_pages_is_whole(house, monkeypatch):
    ids = sorted(house.judged() for _ in range(7))
    monkeypatch.setattr(rejudges, "MAX_ADDED", 3)
    monkeypatch.setattr(rejudging, "MOST", 6)
    with pytest.raises(RejudgeError, match="at most 6"):
        house.make()
    assert house.ask(rejudges.list_newest) == []
    monkeypatch.setattr(rejudging, "MOST", 7)
    made = house.make()
    assert [item.submission_id for item in house.ask(rejudges.items, made)] == ids
    assert [item.submission_id for item in house.ask(rejudges.items, made, after=ids[4], limit=1)] == [ids[5]]


def test_a_set_that_is_not_judged_to_the_end_is_not_applied(house):
    house.judged()
    made = house.make()
    with pytest.raises(RejudgeUnfinished):
        house.apply(made)
    assert house.ask(rejudges.get, made).state is RejudgeState.OPEN


def test_a_set_whose_making_was_broken_off_can_only_be_discarded(house, monkeypatch):
    house.judged()

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(rejudges, "open_for_review", killed)
    with pytest.raises(KeyboardInterrupt):
        house.make()
    (broken,) = house.ask(rejudges.list_newest)
    assert broken.state is RejudgeState.MAKING
    house.work("wrong_answer")
    with pytest.raises(RejudgeUnfinished):
        house.apply(broken.id)
    discard_rejudge(house.store, house.engine, broken.id, "olga")
    assert house.ask(rejudges.get, broken.id).state is RejudgeState.DISCARDED


@pytest.mark.parametrize("verdict", ["judge_error", None])
def test_what_failed_keeps_its_verdict(house, verdict):
    submission = house.judged("wrong_answer")
    made = house.make()
    house.work(verdict, kind=Finish.DONE if verdict else Finish.DEAD)
    assert house.ask(rejudges.count, made).failed == 1
    applied = house.apply(made)
    assert (applied.written, applied.changed) == (0, 0)
    assert (house.row(submission).verdict, house.row(submission).rejudged_ms) == ("wrong_answer", 0)


def test_discarding_leaves_every_verdict_and_takes_the_jobs_off(house):
    submission = house.judged()
    before = house.row(submission)
    made = house.make()
    Sweeper(house.store, house.engine, 0, lambda: None).sweep(everything=True)
    (item,) = house.ask(rejudges.items, made)
    discard_rejudge(house.store, house.engine, made, "oleg")
    assert house.engine.claim("w", 1) is None
    record_ended(house.store, house.engine)
    assert house.row(submission) == before
    assert house.ask(rejudges.count, made).failed == 1
    assert item.new_verdict is None
    for verb in (house.apply, lambda made: discard_rejudge(house.store, house.engine, made, "x")):
        with pytest.raises(RejudgeClosed, match="discarded"):
            verb(made)


def test_a_result_that_comes_after_the_discard_changes_nothing(house):
    submission = house.judged()
    made = house.make()
    Sweeper(house.store, house.engine, 0, lambda: None).sweep(everything=True)
    claim = house.engine.claim("w", 1)
    discard_rejudge(house.store, house.engine, made, "oleg")
    house.engine.finish(claim, Ending(kind=Finish.DONE, result=result_of("wrong_answer", NEW)))
    record_ended(house.store, house.engine)
    assert house.row(claim.id).state is RowState.CANCELLED
    assert house.row(submission).verdict == "accepted"


def test_a_set_survives_an_emptied_queue(house):
    house.judged()
    made = house.make()
    Sweeper(house.store, house.engine, 0, lambda: None).sweep(everything=True)
    house.engine = MemoryEngine("submissions", QueueOptions(handler="judge"))
    assert len(house.work("wrong_answer")) == 1
    assert house.ask(rejudges.count, made).changed == 1


def test_what_another_set_has_written_meanwhile_stays(house):
    first, second = house.judged(), house.judged(language="c")
    older = house.make()
    house.work("wrong_answer")
    newer = house.make(WantedSubmissions(problem="aplusb", language="c"))
    house.work("runtime_error")
    house.apply(newer)
    applied = house.apply(older)
    assert (applied.written, applied.overtaken) == (1, 1)
    assert house.row(second).verdict == "runtime_error"
    assert house.row(first).verdict == "wrong_answer"
    assert [earlier.rejudge_id for earlier in house.ask(rejudges.history, second)] == [newer]


def test_one_after_the_other_makes_a_history(house):
    submission = house.judged()
    for verdict in ("wrong_answer", "runtime_error"):
        made = house.make()
        house.work(verdict)
        assert house.apply(made).changed == 1
    told = [earlier.verdict for earlier in house.ask(rejudges.history, submission)]
    assert told == ["accepted", "wrong_answer"]
    assert house.row(submission).verdict == "runtime_error"


def test_two_who_apply_at_once_apply_once(house):
    submission = house.judged()
    made = house.make()
    house.work("wrong_answer")
    gate = threading.Barrier(2)

    def apply():
        gate.wait()
        try:
            return house.apply(made).written
        except StoreError as error:
            return type(error)

    with ThreadPoolExecutor(2) as pool:
        done = [future.result() for future in [pool.submit(apply) for _ in range(2)]]
    assert sorted(map(str, done)) == sorted(map(str, [1, RejudgeClosed]))
    assert len(house.ask(rejudges.history, submission)) == 1


def test_an_apply_that_breaks_writes_nothing(house, monkeypatch):
    submission = house.judged()
    made = house.make()
    house.work("wrong_answer")

    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(rejudges, "_close", broken)
    with pytest.raises(RuntimeError):
        house.apply(made)
    assert house.row(submission).verdict == "accepted"
    assert house.ask(rejudges.history, submission) == []
    assert house.ask(rejudges.get, made).state is RejudgeState.OPEN


def test_a_set_that_is_not_there(house):
    for verb in (house.apply, lambda made: house.ask(rejudges.get, made)):
        with pytest.raises(UnknownRejudge):
            verb("01a20c05-a6ff-7a92-8497-5c2b6384d483")


def test_sets_are_listed_newest_first(house):
    house.judged()
    made = sorted(house.make() for _ in range(3))
    assert [one.id for one in house.ask(rejudges.list_newest)] == made[::-1]
    assert [one.id for one in house.ask(rejudges.list_newest, after=made[1], limit=5)] == made[:1]


def test_the_submissions_of_a_set_are_not_among_anybodys_own(house):
    house.judged(owner="olga")
    house.make()
    own = house.ask(jobs.list_owned, "olga", jobs.Filter(kind="submission"))
    assert len(own) == 1
