import pytest

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import NewJob
from judgeline.store.keys import Plan
from judgeline.store.recording import record

SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}


@pytest.fixture
def operator(front):
    return front.key("operate", owner="root", plan=Plan.OPERATOR)


def die(front, reason="broke", evidence=b'{"signal":9}', sequence=1):
    job_id = front.submit()
    claim = front.queue.claim("w", sequence)
    assert claim.id == job_id
    front.queue.finish(claim, Ending(kind=Finish.DEAD, reason=reason, evidence=evidence))
    return job_id


def archive(front):
    """Do a recorder's work."""
    ended = front.queue.unrecorded()
    with front.services.store.writer() as connection:
        record(connection, "submissions", ended)
    front.queue.settle(ended)


def test_everybody_sees_how_the_queues_stand(front):
    front.submit()
    listed = front.client.get("/v1/queues").json["queues"]
    assert [queue["name"] for queue in listed] == ["submissions", "emails"]
    low = listed[0]["priorities"]["low"]
    assert (low["queued"], low["paused"]) == (1, False)
    assert listed[0]["totals"]["enqueued"] == 1


OPERATOR_CALLS = [
    ("post", "/v1/queues/submissions/pause"),
    ("post", "/v1/queues/submissions/resume"),
    ("post", "/v1/queues/submissions/close"),
    ("post", "/v1/queues/submissions/open"),
    ("post", "/v1/queues/submissions/dead/requeue"),
    ("post", "/v1/queues/submissions/dead/forget"),
    ("get", "/v1/queues/submissions/dead"),
    ("get", "/v1/queues/submissions/dead/x"),
    ("post", "/v1/queues/submissions/dead/x"),
    ("delete", "/v1/queues/submissions/dead/x"),
]


@pytest.mark.parametrize(("method", "path"), OPERATOR_CALLS)
def test_only_operators_lay_hands_on_a_queue(front, method, path):
    call = getattr(front.client, method)
    assert call(path).status_code == 401
    assert call(path, headers=front.key("submit", "mail", plan=Plan.PREMIUM)).status_code == 403


@pytest.mark.parametrize(("method", "path"), OPERATOR_CALLS)
def test_an_unknown_queue_is_not_found(front, operator, method, path):
    answer = getattr(front.client, method)(path.replace("submissions", "nails"), headers=operator)
    assert answer.status_code == 404
    assert "submissions, emails" in answer.json["detail"]


def test_a_priority_or_all_of_a_queue_is_paused(front, operator):
    def paused(path):
        answer = front.client.post(f"/v1/queues/submissions/{path}", headers=operator).json
        return [name for name, figures in answer["priorities"].items() if figures["paused"]]

    assert paused("pause?priority=low") == ["low"]
    assert paused("pause") == ["high", "low"]
    assert paused("resume?priority=high") == ["low"]
    assert paused("resume") == []
    answer = front.client.post("/v1/queues/submissions/pause?priority=best", headers=operator)
    assert answer.json["errors"][0]["field"] == "priority"


def test_a_closed_queue_refuses_submits_and_says_so_until_it_is_opened(front, operator):
    before = front.submit()
    answer = front.client.post("/v1/queues/submissions/close", headers=operator)
    assert answer.json["closed"] is True
    refused = front.client.post("/v1/submissions", json=SUBMISSION)
    assert (refused.status_code, refused.json["type"]) == (503, "/v1/errors/queue-full")
    assert (refused.headers["Retry-After"], refused.json["retry_after_s"]) == ("60", 60)
    assert "the queue submissions is closed" in refused.json["detail"]
    assert front.queue.claim("w", 1).id == before
    assert front.client.post("/v1/queues/submissions/open", headers=operator).json["closed"] is False
    assert front.client.post("/v1/submissions", json=SUBMISSION).status_code == 202


def test_what_was_accepted_as_the_queue_was_closed_comes_in(front, operator, monkeypatch):
    admit = front.queue.admit

    def let_in_and_close(*arguments):
        admit(*arguments)
        front.client.post("/v1/queues/submissions/close", headers=operator)

    monkeypatch.setattr(front.queue, "admit", let_in_and_close)
    job_id = front.submit()
    assert front.queue.look(job_id).state == "queued"


def test_a_dead_letter_is_listed_and_shown_with_its_evidence(front, operator):
    first, second = die(front), die(front, sequence=2)
    listed = front.client.get("/v1/queues/submissions/dead?limit=1", headers=operator).json
    assert [one["id"] for one in listed["dead"]] == [second]
    assert listed["dead"][0]["reason"] == "broke"
    rest = front.client.get(listed["next"], headers=operator).json
    assert [one["id"] for one in rest["dead"]] == [first]
    shown = front.client.get(f"/v1/queues/submissions/dead/{first}", headers=operator).json
    assert shown["evidence"]["signal"] == 9
    assert [attempt["how"] for attempt in shown["evidence"]["attempts"]] == ["gave up"]
    assert '"problem":"aplusb"' in shown["payload"]


def test_a_requeued_letter_can_be_judged_and_recorded(front, operator):
    job_id = die(front)
    archive(front)
    assert front.row(job_id).state == "dead"
    answer = front.client.post(f"/v1/queues/submissions/dead/{job_id}", headers=operator)
    assert (answer.status_code, answer.json["dead"]) == (200, 0)
    assert front.row(job_id).state == "pending"
    assert front.client.get(f"/v1/submissions/{job_id}").json["status"] == "queued"


def test_a_forgotten_letter_is_gone(front, operator):
    job_id = die(front)
    archive(front)
    path = f"/v1/queues/submissions/dead/{job_id}"
    assert front.client.delete(path, headers=operator).status_code == 204
    for method in ("get", "post", "delete"):
        assert getattr(front.client, method)(path, headers=operator).status_code == 404


def test_what_waits_is_no_dead_letter(front, operator):
    job_id = front.submit()
    for method in ("get", "post", "delete"):
        answer = getattr(front.client, method)(f"/v1/queues/submissions/dead/{job_id}", headers=operator)
        assert answer.status_code == 404
    assert front.queue.look(job_id).state == "queued"


def test_evidence_and_payload_may_be_any_bytes(front, operator):
    front.queue.enqueue([NewJob(id="by-hand", priority="low", payload=b"\xff")])
    claim = front.queue.claim("w", 1)
    front.queue.finish(claim, Ending(kind=Finish.DEAD, reason="broke", evidence=b"<raw>"))
    shown = front.client.get("/v1/queues/submissions/dead/by-hand", headers=operator).json
    assert (shown["evidence"]["said"], shown["payload"]) == ("<raw>", "\ufffd")


@pytest.mark.parametrize("verb", ["close", "open"])
def test_one_priority_cannot_be_closed_and_nobody_is_told_that_it_was(front, operator, verb):
    if verb == "open":
        front.queue.shut()
    answer = front.client.post(f"/v1/queues/submissions/{verb}?priority=high", headers=operator)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, "priority")
    assert front.queue.stats().closed == (verb == "open")
