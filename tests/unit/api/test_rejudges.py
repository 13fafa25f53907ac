"""Rejudges over HTTP: operators make, look at, apply and drop sets; the verdicts that people see follow."""

import datetime as dt
import itertools

import msgspec
import pytest

from judgeline.payloads import decode
from judgeline.queues.engine import Ending, Finish
from judgeline.store import rejudges
from workers.recorder.recording import record_ended
from workers.recorder.sweeping import Sweeper

START = "/v1/problems/aplusb/rejudge"


@pytest.fixture
def operator(front):
    return front.key("operate", owner="olga")


@pytest.fixture
def work(front):
    """Have all that waits judged with one verdict, and recorded."""
    sequence = itertools.count(1)

    def work(verdict):
        Sweeper(front.services.store, front.queue, 0, lambda: None).sweep(everything=True)
        while claim := front.queue.claim("w", next(sequence)):
            version = decode(claim.payload).version
            result = msgspec.json.encode({"verdict": verdict, "version": version, "time_ms": 3})
            front.queue.finish(claim, Ending(kind=Finish.DONE, result=result))
        record_ended(front.services.store, front.queue)

    return work


@pytest.fixture
def judged(front, work):
    """Submissions of Alice's that were accepted."""
    ids = [front.submit(front.key("submit")) for _ in range(2)]
    work("accepted")
    return ids


@pytest.fixture
def ask(front, operator):
    def ask(path, body=None, method="POST"):
        return front.client.open(path, method=method, json=body, headers=operator)

    return ask


def test_a_rejudge_from_its_making_to_its_end(front, ask, judged, work, capsys):
    made = ask(START, {})
    assert made.status_code == 201, made.json
    told = made.json
    assert made.headers["Location"] == told["link"] == f"/v1/rejudges/{told['id']}"
    assert (told["state"], told["made_by"], told["problem"]) == ("open", "olga", "aplusb")
    assert told["problem_version"] == front.services.problems.find("aplusb").version
    assert told["counts"] == {"total": 2, "pending": 2, "same": 0, "changed": 0, "failed": 0}
    early = ask(f"{told['link']}/apply")
    assert (early.status_code, early.json["type"]) == (409, "/v1/errors/not-judged-yet")
    work("wrong_answer")
    shown = front.client.get(f"/v1/submissions/{judged[0]}", headers=front.key("submit")).json
    assert (shown["verdict"], shown["rejudged_at"]) == ("accepted", None)
    page = ask(f"{told['link']}?state=changed", method="GET").json
    assert page["rejudge"]["counts"]["changed"] == 2
    assert {item["id"] for item in page["submissions"]} == set(judged)
    assert {(item["old_verdict"], item["new_verdict"]) for item in page["submissions"]} == {
        ("accepted", "wrong_answer")
    }
    assert ask(f"{told['link']}?state=same", method="GET").json["submissions"] == []

    applied = ask(f"{told['link']}/apply").json
    assert (applied["written"], applied["changed"], applied["overtaken"]) == (2, 2, 0)
    assert (applied["rejudge"]["state"], applied["rejudge"]["closed_by"]) == ("applied", "olga")
    said = capsys.readouterr().out
    assert "rejudge applied" in said
    assert "olga" in said
    shown = front.client.get(f"/v1/submissions/{judged[0]}", headers=front.key("submit")).json
    assert (shown["verdict"], shown["rejudged_at"] is None) == ("wrong_answer", False)
    (earlier,) = front.client.get(f"/v1/submissions/{judged[0]}/history", headers=front.key("submit")).json[
        "earlier"
    ]
    assert (earlier["verdict"], earlier["problem_version"]) == ("accepted", told["problem_version"])
    again = ask(f"{told['link']}/apply")
    assert (again.status_code, again.json["type"]) == (409, "/v1/errors/already-closed")


def test_a_rejudge_that_is_dropped(front, ask, judged, work):
    link = ask(START, {}).json["link"]
    assert ask(f"{link}/discard").json["state"] == "discarded"
    assert ask(f"{link}/discard").status_code == 409
    work("wrong_answer")
    for job_id in judged:
        shown = front.client.get(f"/v1/submissions/{job_id}", headers=front.key("submit")).json
        assert (shown["verdict"], shown["rejudged_at"]) == ("accepted", None)
        history = front.client.get(f"/v1/submissions/{job_id}/history", headers=front.key("submit"))
        assert history.json == {"earlier": []}


@pytest.mark.parametrize(
    ("meant", "fits"),
    [
        ({"user": "alice"}, True),
        ({"user": "bob"}, False),
        ({"verdicts": ["accepted", "wrong_answer"]}, True),
        ({"verdicts": ["wrong_answer"]}, False),
        ({"language": "python3"}, True),
        ({"language": "c"}, False),
        ({"since": "2020-01-01T00:00:00Z"}, True),
        ({"before": "2020-01-01T00:00:00Z"}, False),
    ],
)
def test_only_what_fits(ask, judged, meant, fits):
    answer = ask(START, meant)
    assert answer.status_code == (201 if fits else 400)
    if fits:
        wanted = {name: value for name, value in answer.json["wanted"].items() if value not in (None, [])}
        assert wanted == meant


@pytest.mark.parametrize(
    "body",
    [{"verdicts": ["fine"]}, {"since": "yesterday"}, {"since": "2020-01-01T00:00:00"}, {"colour": 1}, []],
)
def test_a_filter_that_is_none(ask, judged, body):
    assert ask(START, body).status_code == 400


def test_only_for_operators(front, judged):
    rejudge = "/v1/rejudges/01a20c05-a6ff-7a92-8497-5c2b6384d483"
    for method, path in (
        ("POST", START),
        ("GET", "/v1/rejudges"),
        ("GET", rejudge),
        ("POST", f"{rejudge}/apply"),
        ("POST", f"{rejudge}/discard"),
    ):
        body = {} if path == START else None
        assert front.client.open(path, method=method, json=body).status_code == 401
        headers = front.key("submit")
        assert front.client.open(path, method=method, json=body, headers=headers).status_code == 403


def test_what_is_not_there(ask, judged):
    assert ask("/v1/problems/none/rejudge", {}).status_code == 404
    for path, method in (("", "GET"), ("/apply", "POST"), ("/discard", "POST")):
        assert ask(f"/v1/rejudges/none{path}", method=method).status_code == 404


def test_pages(front, ask, judged, monkeypatch):
    monkeypatch.setattr("api.rejudges.PAGE", 1)
    made = [ask(START, {}).json["id"] for _ in range(2)]
    first = ask("/v1/rejudges", method="GET").json
    second = ask(first["next"], method="GET").json
    assert {first["rejudges"][0]["id"], second["rejudges"][0]["id"]} == set(made)
    assert second["next"] is None
    page = ask(f"/v1/rejudges/{made[0]}?state=pending", method="GET").json
    following = ask(page["next"], method="GET").json
    assert {page["submissions"][0]["id"], following["submissions"][0]["id"]} == set(judged)
    assert following["next"] is None


def test_a_history_is_for_whoever_may_see_the_submission(front, judged):
    path = f"/v1/submissions/{judged[0]}/history"
    assert front.client.get(path).status_code == 404
    assert front.client.get(path, headers=front.key("submit", owner="bob")).status_code == 404
    assert front.client.get(path, headers=front.key("operate")).status_code == 200


def test_moments_come_back_as_they_were_given(ask, judged):
    since = dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    told = ask(START, {"since": since.isoformat()}).json["wanted"]["since"]
    assert dt.datetime.fromisoformat(told) == since


def test_a_set_discarded_while_it_is_made_is_told(front, ask, judged, monkeypatch):
    add = rejudges.add

    def discarded_first(connection, rejudge_id, pairs):
        rejudges.discard(connection, rejudge_id, "somebody")
        add(connection, rejudge_id, pairs)

    monkeypatch.setattr(rejudges, "add", discarded_first)
    assert ask(START, {}).status_code == 409
