import io
import shutil
import threading

import msgspec
import pytest
from sqlalchemy import text

from api.accept import priority_of, user_of
from judgeline.judging.packages import Library
from judgeline.queues.errors import QueueFull, QueueUnavailable
from judgeline.queues.options import PriorityOptions, QueueOptions
from judgeline.store.keys import Plan

SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}


class Broken:
    """A queue of which one verb fails."""

    def __init__(self, engine, verb, error):
        self._engine = engine
        self._verb = verb
        self._error = error

    def __getattr__(self, name):
        if name == self._verb:
            return self._fail
        return getattr(self._engine, name)

    def _fail(self, *_args, **_named):
        raise self._error


def breaking(front, verb, error):
    engines = dict(front.services.engines)
    engines["submissions"] = Broken(front.queue, verb, error)
    return front.with_services(engines=engines)


def rows(front):
    with front.services.store.reader() as connection:
        return connection.execute(text("SELECT count(*) FROM jobs")).scalar_one()


@pytest.mark.parametrize(
    "error", [QueueUnavailable("gone"), QueueFull("submissions", "max_queued", 7)], ids=["gone", "full"]
)
def test_after_the_commit_the_answer_is_202_whatever_the_queue_says(front, error):
    answer = breaking(front, "enqueue", error).client.post("/v1/submissions", json=SUBMISSION)
    assert answer.status_code == 202
    assert front.row(answer.json["id"]).state == "pending"
    assert front.queue.look(answer.json["id"]) is None


def test_a_queue_that_is_away_accepts_nothing(front):
    broken = breaking(front, "admit", QueueUnavailable("gone"))
    answer = broken.client.post("/v1/submissions", json=SUBMISSION)
    assert (answer.status_code, answer.json["type"]) == (503, "/v1/errors/queue-away")
    assert "Retry-After" in answer.headers
    assert rows(front) == 0


def test_a_full_queue_says_when_to_come_back_and_accepts_nothing(narrow):
    for address in ("10.0.0.1", "10.0.0.2"):
        narrow.client.post("/v1/submissions", json=SUBMISSION, environ_base={"REMOTE_ADDR": address})
    answer = narrow.client.post("/v1/submissions", json=SUBMISSION, environ_base={"REMOTE_ADDR": "10.0.0.3"})
    assert (answer.status_code, answer.json["type"]) == (503, "/v1/errors/queue-full")
    assert answer.json["retry_after_s"] == int(answer.headers["Retry-After"]) > 0
    assert rows(narrow) == 2


def test_one_user_cannot_fill_the_queue(narrow):
    narrow.submit()
    answer = narrow.client.post("/v1/submissions", json=SUBMISSION)
    assert answer.status_code == 503
    assert "your jobs" in answer.json["detail"]


def test_a_locked_store_accepts_nothing(front):
    with front.services.store.writer():
        answer = front.client.post("/v1/submissions", json=SUBMISSION)
    assert (answer.status_code, answer.json["type"]) == (503, "/v1/errors/store-away")
    assert rows(front) == 0
    assert front.queue.stats().priorities["low"].queued == 0


def test_the_same_request_again_gets_the_first_answer(front):
    headers = front.key("submit") | {"Idempotency-Key": "k"}
    first = front.client.post("/v1/submissions", json=SUBMISSION, headers=headers)
    again = front.client.post("/v1/submissions", json=SUBMISSION, headers=headers)
    assert (again.status_code, again.json) == (202, first.json)
    assert rows(front) == 1
    assert front.queue.stats().priorities["low"].queued == 1


def test_the_same_key_with_another_body_is_a_conflict(front):
    headers = front.key("submit") | {"Idempotency-Key": "k"}
    front.client.post("/v1/submissions", json=SUBMISSION, headers=headers)
    for path, body in (
        ("/v1/submissions", SUBMISSION | {"source": "print(2)"}),
        ("/v1/runs", {"language": "python3", "source": "print(1)"}),
    ):
        answer = front.client.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.json["type"]) == (409, "/v1/errors/idempotency-mismatch")
    assert rows(front) == 1


def test_the_same_request_after_a_new_version_of_its_problem_is_the_same(front, tmp_path):
    shutil.copytree(front.services.problems.folder / "aplusb", tmp_path / "problems" / "aplusb")
    (tmp_path / "problems" / "aplusb" / "LICENSE").write_text("another version")
    headers = front.key("submit") | {"Idempotency-Key": "k"}
    first = front.client.post("/v1/submissions", json=SUBMISSION, headers=headers)
    changed = front.with_services(problems=Library(tmp_path / "problems"))
    again = changed.client.post("/v1/submissions", json=SUBMISSION, headers=headers)
    assert (again.status_code, again.json) == (202, first.json)


def test_owners_do_not_share_idempotency_keys(front):
    ids = {front.submit(front.key("submit", owner=owner) | {"Idempotency-Key": "k"}) for owner in ("a", "b")}
    assert len(ids) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
def test_an_odd_idempotency_key_is_refused(front, key):
    answer = front.client.post("/v1/submissions", json=SUBMISSION, headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == "Idempotency-Key"


def test_the_same_request_at_the_same_moment_is_accepted_once(front):
    headers = front.key("submit") | {"Idempotency-Key": "k"}
    answers = []
    gate = threading.Barrier(8)

    def submit():
        client = front.client.application.test_client()
        gate.wait()
        answers.append(client.post("/v1/submissions", json=SUBMISSION, headers=headers))

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert rows(front) == 1


def test_a_body_past_its_bound_is_refused_unread(front):
    small = front.with_api(max_request_bytes=1000)
    answer = small.client.post("/v1/submissions", json=SUBMISSION | {"source": "#" * 1000})
    assert (answer.status_code, answer.json["type"]) == (413, "/v1/errors/too-large")
    assert "1,000 bytes" in answer.json["detail"]


@pytest.mark.parametrize(("size", "status"), [(10, 202), (3000, 413)])
def test_a_body_without_a_length_is_bounded_too(front, size, status):
    small = front.with_api(max_request_bytes=1000)
    body = msgspec.json.encode(SUBMISSION | {"source": "#" * size})
    answer = small.client.post(
        "/v1/submissions",
        input_stream=io.BytesIO(body),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == status


def test_plans_find_priorities_by_weight_where_the_names_are_others():
    options = QueueOptions(
        handler="judge", priorities={"slow": PriorityOptions(weight=1), "fast": PriorityOptions(weight=9)}
    )
    assert priority_of(Plan.FREE, options) == "slow"
    assert priority_of(Plan.PREMIUM, options) == "fast"


def test_a_long_owner_takes_turns_by_a_digest():
    assert user_of("alice") == "alice"
    assert len(user_of("a" * 300)) == 64
    assert user_of("a" * 300) != user_of("a" * 301)
