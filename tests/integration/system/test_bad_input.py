"""What a running system is given and must not take, or not as it was meant."""

import json

import pytest

SUM = "print(sum(map(int, input().split())))"
SUBMISSION = {"problem": "aplusb", "language": "python3", "source": SUM}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def ada(house):
    return house.key("ada")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"problem": "no-such"}, 400, "problem"),
        ({"language": "klingon"}, 400, "language"),
        ({"source": ""}, 400, "source"),
        ({"source": "#" * 65_537}, 413, "source"),
        ({"source": "a\0b"}, 400, "source"),
        ({"source": ["print(1)"]}, 400, "source"),
        ({"colour": "red"}, 400, "colour"),
        ({"priority": "high"}, 400, "priority"),
        ({"handler": "noop"}, 400, "handler"),
    ],
)
def test_a_bad_field_is_named(house, ada, change, status, field):
    answer = house.call("POST", "/v1/submissions", SUBMISSION | change, ada)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert [fault["field"] for fault in answer.json["errors"]] == [field]


@pytest.mark.parametrize(
    "body", [b"", b"source=print(1)", b'{"source":"\xff"}', b'{"source":"\0"}', b"\xff\xfe{\0}\0"]
)
def test_a_body_that_is_no_json(house, body):
    answer = house.send("POST", "/v1/submissions", body, JSON)
    assert (answer.status, answer.json["type"]) == (400, "/v1/errors/invalid-body")


def test_an_unknown_key_is_no_stranger(house):
    answer = house.call("POST", "/v1/submissions", SUBMISSION, "0123456789abcdef." + "A" * 43)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_priority_cannot_be_forged(paused, ada):
    """Neither by a header nor in the query: the plan alone decides."""
    paused.post("/v1/submissions?priority=high", SUBMISSION, ada, Priority="u=0", **{"X-Priority": "high"})
    priorities = paused.get("/v1/queues")["queues"][0]["priorities"]
    assert {name: priority["queued"] for name, priority in priorities.items()} == {"high": 0, "low": 1}


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (b"\x00\xff not JSON", "JSON"),
        (b'{"payload"', "JSON"),
        (b'{"handler": "os.system", "payload": {"kind": "submission"}}', "handler"),
    ],
)
def test_what_is_no_job_on_a_list_is_set_aside_with_its_bytes(house, ada, element, reason):
    known = letters(house)
    with house.redis() as client:
        client.lpush("jl:{submissions}:low", element)
    (new,) = house.until(lambda: letters(house).keys() - known.keys(), "a dead letter")
    letter = house.call("GET", f"/v1/queues/submissions/dead/{new}", key=house.operator).json
    assert reason in letter["reason"]
    assert element.decode(errors="replace") in (letter["payload"] + json.dumps(letter["evidence"]))
    assert new in house.judgeline("dead", "list", "submissions").stdout
    assert house.ended(house.submit(SUM, key=ada), ada)["verdict"] == "accepted"


def letters(house) -> dict[str, dict]:
    found = house.call("GET", "/v1/queues/submissions/dead", key=house.operator).json["dead"]
    return {letter["id"]: letter for letter in found}


def test_a_job_put_on_a_list_by_hand_is_judged_and_recorded(house):
    """As the operations guide shows it, with an id so that its end can be looked up."""
    payload = {"kind": "submission"} | SUBMISSION
    before = totals(house)
    with house.redis() as client:
        client.lpush("jl:{submissions}:high", json.dumps({"payload": payload}))
    house.until(lambda: totals(house).get("done", 0) > before.get("done", 0), "its end")
    house.until(lambda: unrecorded(house) == 0, "its recording")


def totals(house) -> dict[str, int]:
    return house.get("/v1/queues")["queues"][0]["totals"]


def unrecorded(house) -> int:
    return house.get("/v1/queues")["queues"][0]["unrecorded"]


def test_a_redis_at_its_memorys_end_drains_and_loses_nothing(paused, ada):
    house = paused
    paths = [house.submit(SUM, key=ada) for _ in range(20)]
    with house.redis() as client:
        client.config_set("maxmemory", client.info("memory")["used_memory"])
        try:
            answers = [house.call("POST", "/v1/submissions", SUBMISSION, ada) for _ in range(5)]
            house.queue("submissions", "resume")
            ended = [house.ended(path, ada)["verdict"] for path in paths]
        finally:
            client.config_set("maxmemory", 0)
    assert ended == ["accepted"] * 20
    assert {answer.status for answer in answers} <= {202, 503}
    taken = [answer.json["links"]["self"] for answer in answers if answer.status == 202]
    assert {house.ended(path, ada)["verdict"] for path in taken} <= {"accepted"}
