"""What anybody LPUSHes onto a list: a JSON object with a payload is a job, the rest is set aside."""

import threading
import uuid

import msgspec
import pytest

from judgeline.queues.job import JobState

pytestmark = pytest.mark.guarantee("by_hand")


def push(rig, element, priority="low"):
    rig.client.lpush(rig.keys.waiting(priority), element)


def test_an_object_with_a_payload_runs_with_its_raw_bytes(rig):
    raw = b'{"b" : [1.0, {}, [] ,"}\\"]"], "a": 1e2}'
    push(rig, b' {"note": "x,{", "payload" :  ' + raw + b' , "more": [1, {"payload": 2}]}', "high")
    claim = rig.take()
    assert (claim.payload, claim.priority, claim.user, claim.attempt) == (raw, "high", "", 1)
    assert uuid.UUID(claim.id).version == 7
    job = rig.engine.look(claim.id)
    assert (job.origin, job.state) == ("hand", JobState.RUNNING)
    assert rig.engine.workers()[0].jobs == [claim.id]
    rig.end(claim, result=b"1")
    assert rig.engine.look(claim.id).result == b"1"


@pytest.mark.parametrize(
    ("element", "payload"),
    [
        (b'{"payload":{}}', b"{}"),
        (b'{"payload":"text, with } and \\" and \\\\"}', b'"text, with } and \\" and \\\\"'),
        (b'{"payload":-1.50}', b"-1.50"),
        (b'{"payload":null}', b"null"),
        (b'{"payload":1,"payload":[2]}', b"[2]"),
        (b'{"a\\"b":"payload","payload":true}', b"true"),
        ('{"payload":{"s":"é☃"}}'.encode(), '{"s":"é☃"}'.encode()),
    ],
    ids=["empty", "string", "number", "null", "the-last-of-two", "after-an-escaped-key", "utf-8"],
)
def test_any_json_may_be_the_payload(rig, element, payload):
    push(rig, element)
    assert rig.take().payload == payload


def test_it_may_bring_its_id_and_is_then_one_job_however_often_pushed(rig):
    for _ in range(3):
        push(rig, b'{"payload":{},"id":"mine"}')
    claim = rig.take("w", 1)
    assert claim.id == "mine"
    assert rig.consumer.claim("v", 1) is None
    assert rig.engine.stats().dead == 0


def test_its_payload_is_kept_until_the_store_has_it(rig):
    push(rig, b'{"payload":{"x":1},"id":"mine"}')
    rig.end(rig.take())
    [ended] = rig.engine.unrecorded()
    assert (ended.origin, ended.payload) == ("hand", b'{"x":1}')
    rig.settle("mine")
    assert rig.engine.look("mine").payload == b""


def test_it_may_name_the_queues_handler(rig):
    push(rig, b'{"payload":{},"handler":"noop"}')
    assert rig.take().payload == b"{}"


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (b"\xff\xfe\x00garbage", "not a job"),
        (b"", "not a job"),
        (b"just-words", "not a job"),
        (b"[1, 2]", "not a job"),
        (b'["payload"]', "not a job"),
        (b'"payload"', "not a job"),
        (b"42", "not a job"),
        (b'{"no": "payload"}', "not a job"),
        (b'{"payload": {}', "not a job"),
        (b'{"pay\\u006coad": 1}', "not a job"),
        (b"[" * 5000, "not a job"),
        (b'{"payload":{},"handler":"os.system"}', "handler"),
        (b'{"payload":{},"handler":["noop"]}', "handler"),
        (b'{"payload":{},"id":7}', "id"),
        (b'{"payload":{},"id":"a b"}', "id"),
        (b'{"payload":{},"id":"taken"}', "id is taken"),
        (b'{"payload":"' + b"x" * 2000 + b'"}', "too large"),
        (b"x" * 70_000, "too large"),
    ],
    ids=[
        *(
            "binary",
            "empty",
            "words",
            "array",
            "array-of-payload",
            "string",
            "number",
            "no-payload",
            "cut-off",
        ),
        *("escaped-key", "too-deep", "other-handler", "odd-handler", "odd-id", "bad-id", "taken-id"),
        *("large-payload", "large-element"),
    ],
)
def test_anything_else_is_a_dead_letter_and_the_worker_goes_on(make_rig, element, reason):
    rig = make_rig(max_payload_bytes=1_000)
    rig.put("taken", "high", payload=b"1")
    push(rig, element)
    rig.put("next")
    rig.engine.pause("high")
    assert rig.take().id == "next"
    [letter] = rig.engine.dead()
    assert reason in letter.reason
    whole = rig.engine.look(letter.id)
    assert (whole.payload, whole.origin, whole.priority) == (element[:65_536], "hand", "low")
    assert msgspec.json.decode(whole.evidence)["element_bytes"] == len(element)
    assert [job.id for job in rig.engine.unrecorded()] == [letter.id]


@pytest.mark.guarantee("one_line")
def test_a_flood_of_garbage_is_cleared_away_a_hundred_a_call(rig):
    for _ in range(150):
        push(rig, b"garbage")
    rig.put("good")
    assert rig.consumer.claim("w", 1) is None
    assert rig.consumer.wait(0.02) is True  # there is more: look again
    assert rig.take("w", 2).id == "good"


def test_a_tick_wakes_for_it_and_tells_of_it_once(rig):
    push(rig, b'{"payload":{}}')
    assert rig.consumer.wait(0.02) is False
    assert rig.consumer.tick().adopted == 0
    assert rig.consumer.wait(0.02) is True
    rig.take()
    assert rig.consumer.tick().adopted == 1
    assert rig.consumer.tick().adopted == 0
    assert rig.engine.stats().totals == {"adopted": 1}


def test_one_who_waits_finds_it_without_being_woken(rig):
    assert rig.consumer.wait(0.02) is False
    found = []
    enough = threading.Event()

    def work():
        sequence = 0
        while not found and not enough.is_set():
            rig.consumer.wait(0.1)
            if claim := rig.consumer.claim("w", sequence := sequence + 1):
                found.append(claim.payload)

    waiter = threading.Thread(target=work)
    waiter.start()
    try:
        push(rig, b'{"payload":{"x":1}}')
        waiter.join(10)
    finally:
        enough.set()
        waiter.join()
    assert found == [b'{"x":1}']


def test_a_worker_that_dies_over_it_gives_it_back(rig):
    push(rig, b'{"payload":{"x":1}}')
    first = rig.take("w", 1)
    rig.consumer.crashed("w", b"{}")
    assert rig.take("v", 1).id == first.id


def test_one_set_aside_can_be_put_back_by_hand(rig):
    push(rig, b"words")
    assert rig.consumer.claim("w", 1) is None
    rig.engine.requeue(rig.engine.dead()[0].id)
    assert rig.take("w", 2).payload == b"words"


def test_long_runs_of_space_cost_no_more_than_other_text(rig):
    payload = b'{"source":"x' + b" " * 1_000_000 + b'y"}'
    push(rig, b'{"payload": \n\t ' + payload + b" \r\n}")
    assert rig.take().payload == payload


def test_much_garbage_is_cleared_away_over_several_calls(rig):
    for _ in range(4):
        push(rig, b"[" + b"1," * 1_250_000)
    rig.put("a")
    assert rig.consumer.claim("w", 1) is None
    assert len(rig.engine.dead()) == 2
    assert rig.consumer.wait(0.05) is True
    assert rig.consumer.claim("w", 2) is None
    assert rig.take("w", 3).id == "a"
