"""What an operator does to a running system: drain it, mend its keys, put dead letters back."""

import json
import signal
import subprocess

import pytest

from judgeline.queues.keys import Keys

KEYS = Keys("submissions")


@pytest.fixture
def opened_again(house):
    """The shared system, whose queue is open afterwards whatever was done to it."""
    yield house
    house.queue("submissions", "open")


def test_a_drained_queue_has_worked_off_and_recorded_all_and_takes_nothing_until_it_is_opened(opened_again):
    house = opened_again
    paths = [house.run("print(input())", stdin=str(number)) for number in range(6)]
    drained = house.judgeline("queues", "drain", "submissions", "--timeout", "100")
    assert (drained.returncode, drained.stderr) == (0, "")
    assert "submissions is empty and closed" in drained.stdout
    for path in paths:
        assert house.get(path)["status"] == "done"
    with house.redis() as client:
        assert client.zcard(KEYS.named("unrecorded")) == 0
    refused = house.call("POST", "/v1/runs", {"language": "python3", "source": "print(1)", "stdin": ""})
    assert (refused.status, refused.json["type"]) == (503, "/v1/errors/queue-full")
    assert "is closed" in refused.json["detail"]
    assert house.judgeline("queues", "open", "submissions").returncode == 0
    assert house.ended(house.run("print(1)"))["verdict"] == "accepted"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_drain_that_is_interrupted_says_that_the_queue_stays_closed_and_loses_nothing(
    opened_again, paused, sign
):
    house = paused
    path = house.run("print(1)")
    drain = subprocess.Popen(
        [str(house.bin / "judgeline"), "queues", "drain", "submissions"],
        env=house.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with drain:
        assert drain.stdout.readline() == "submissions: 1 waiting, 0 running, 0 delayed, paused\n"
        drain.send_signal(sign)
        _, errors = drain.communicate(timeout=30)
    assert drain.returncode == 130
    assert "submissions stays closed; `judgeline queues open submissions` lets jobs in again" in errors
    assert house.call("POST", "/v1/runs", {"language": "python3", "source": "1", "stdin": ""}).status == 503
    assert house.judgeline("queues", "open", "submissions").returncode == 0
    house.queue("submissions", "resume")
    assert house.ended(path)["verdict"] == "accepted"
    assert house.ended(house.run("print(2)"))["verdict"] == "accepted"


def test_jobs_that_were_taken_off_their_lists_by_hand_are_found_and_all_end(paused):
    house = paused
    paths = [house.run("print(input())", stdin=str(number)) for number in range(5)]
    with house.redis() as client:
        for key in client.keys(KEYS.behind("low", "*")):
            client.delete(key)
        client.delete(KEYS.waiting("low"), KEYS.named("depth"))
    found = json.loads(house.judgeline("doctor", "--json").stdout)
    [finding] = [finding for finding in found if finding["name"] == "queue submissions"]
    assert "queued, but on no list (5 of them)" in finding["detail"]
    mended = house.judgeline("doctor", "--repair")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert "0 left" in mended.stdout
    house.queue("submissions", "resume")
    for path in paths:
        assert house.ended(path)["verdict"] == "accepted"
    assert "each in one place" in house.judgeline("doctor", "--repair").stdout


def test_dead_letters_are_put_back_by_what_they_died_of(house):
    payload = '{"kind": "nonsense"}'  # which no attempt can mend
    with house.redis() as client:
        client.lpush(KEYS.waiting("low"), f'{{"id": "hopeless", "payload": {payload}}}')

    def reasons():
        listed = json.loads(house.judgeline("dead", "list", "submissions", "--json").stdout)
        return {letter["id"]: letter for letter in listed}

    first = house.until(lambda: reasons().get("hopeless"), "a dead letter")
    moved = house.judgeline("dead", "requeue", "submissions", "--reason", first["reason"][:20])
    assert "requeued 1 of 1" in moved.stdout, moved.stderr
    again = house.until(
        lambda: (seen := reasons().get("hopeless")) and seen["attempt"] > 1 and seen, "a second end"
    )
    assert again["attempt"] == first["attempt"] + 1
    forgot = house.judgeline("dead", "forget", "submissions", "--reason", first["reason"][:20])
    assert "forgot 1 of 1" in forgot.stdout
    assert "hopeless" not in reasons()
