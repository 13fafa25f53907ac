import datetime as dt

import pytest

from judgeline import dead_letters
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import NewJob
from judgeline.store.keys import Plan
from judgeline.store.recording import record

PATH = "/v1/queues/submissions/dead"


@pytest.fixture
def operator(front):
    return front.key("operate", owner="root", plan=Plan.OPERATOR)


@pytest.fixture
def ask(front, operator):
    """Ask for a verb on those that fit; give the answer."""
    return lambda verb, **fields: front.client.post(f"{PATH}/{verb}", json=fields, headers=operator)


@pytest.fixture
def letters(front):
    """Five dead letters: of ada and bob, high and low, for two reasons."""
    made = (
        ("a", "low", "ada", "the compiler is missing"),
        ("b", "low", "bob", "its worker died, 3 times"),
        ("c", "high", "ada", "its worker died, 3 times"),
        ("d", "low", "ada", "Its Worker Died"),
        ("e", "high", "bob", "refused"),
    )
    for number, (job_id, priority, user, reason) in enumerate(made):
        front.queue.enqueue([NewJob(id=job_id, priority=priority, user=user, payload=b"{}")])
        claim = front.queue.claim("w", number)
        front.queue.finish(claim, Ending(kind=Finish.DEAD, reason=reason))
        front.queue._ledger.jobs[job_id].finished_ms = (number + 1) * 1000
    return [job_id for job_id, *_ in made]


def left(front):
    return sorted(letter.id for letter in front.queue.dead())


def moment(seconds):
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat()


@pytest.mark.parametrize(
    ("fields", "gone"),
    [
        ({"all": True}, "abcde"),
        ({"reason": "worker DIED"}, "bcd"),
        ({"user": "ada"}, "acd"),
        ({"priority": "high"}, "ce"),
        ({"user": "ada", "priority": "low"}, "ad"),
        ({"since": moment(3)}, "cde"),
        ({"before": moment(3)}, "ab"),
        ({"since": moment(2), "before": moment(4)}, "bc"),
        ({"user": "nobody"}, ""),
    ],
)
@pytest.mark.parametrize("verb", ["requeue", "forget"])
def test_those_that_fit_are_moved_and_no_other(front, ask, letters, verb, fields, gone):
    answer = ask(verb, **fields)
    counted = "requeued" if verb == "requeue" else "forgotten"
    assert (answer.status_code, answer.json[counted], answer.json["more"]) == (200, len(gone), False)
    assert left(front) == sorted(set(letters) - set(gone))
    states = {job_id: job.state for job_id in letters if (job := front.queue.look(job_id))}
    assert {job_id for job_id, state in states.items() if state == "queued"} == (
        set(gone) if verb == "requeue" else set()
    )


def test_a_call_is_bounded_and_says_how_to_go_on(front, ask, letters, monkeypatch):
    monkeypatch.setattr(dead_letters, "MAX_SEARCHED", 3)
    first = ask("requeue", user="ada", limit=1).json
    assert (first["requeued"], first["more"], first["after"]) == (1, True, "e")
    assert left(front) == ["a", "b", "c", "e"]
    rest = []
    while first["more"]:
        first = ask("requeue", user="ada", limit=1, after=first["after"]).json
        rest.append(first["requeued"])
    assert sum(rest) == 2
    assert left(front) == ["b", "e"]


def test_rows_go_along(front, ask):
    job_id = front.submit()
    front.queue.finish(front.queue.claim("w", 1), Ending(kind=Finish.DEAD, reason="broke"))
    ended = front.queue.unrecorded()
    with front.services.store.writer() as connection:
        record(connection, "submissions", ended)
    front.queue.settle(ended)
    assert front.row(job_id).state == "dead"
    assert ask("requeue", reason="broke").json["requeued"] == 1
    assert front.row(job_id).state == "pending"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "all"),
        ({"all": False, "limit": 5}, "all"),
        ({"all": True, "user": "ada"}, "all"),
        ({"priority": "best"}, "priority"),
        ({"limit": 0, "all": True}, "limit"),
        ({"limit": 101, "all": True}, "limit"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-01-31T12:00:00"}, "since"),
        ({"reson": "x"}, "reson"),
    ],
)
def test_what_says_nothing_or_nonsense_changes_nothing(front, ask, letters, fields, field):
    answer = ask("forget", **fields)
    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == field
    assert left(front) == letters
