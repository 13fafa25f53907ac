"""From POST to the verdict through real processes, and what clients, Redis and the store do to it."""

import json
import os
import select
import signal
import sqlite3
import threading
import time

import msgspec
import pytest

from judgeline.client import Client
from judgeline.judging.verdicts import Judgement, Progress, Verdict
from judgeline.queues.engine import Ending, Finish

SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}
ACCEPTED = msgspec.json.encode(Judgement(verdict=Verdict.ACCEPTED))


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
    return found


def judge(front, tests=2):
    """Judge what waits next, as a worker does."""
    consumer = front.consumer()
    claim = until(lambda: consumer.claim("w", time.monotonic_ns()))
    for test in range(1, tests + 1):
        note = Progress(stage="testing", test=test, tests_total=tests)
        consumer.progress(claim, msgspec.json.encode(note))
    consumer.finish(claim, Ending(kind=Finish.DONE, result=ACCEPTED))
    return claim.id


def busy_slots(front, job_id):
    """Whether a wait finds no slot."""
    answer = front.call("GET", f"/v1/submissions/{job_id}?wait=0.01")
    return answer.headers["Retry-After"] == "1"


def test_submit_wait_and_follow(front):
    job_id = front.submit()
    waited = []
    waiter = threading.Thread(
        target=lambda: waited.append(front.call("GET", f"/v1/submissions/{job_id}?wait=30"))
    )
    waiter.start()
    client = Client(f"http://127.0.0.1:{front.port}")
    events = client.events(f"/v1/submissions/{job_id}/events")
    names = [next(events).name]
    judge(front)
    names += [event.name for event in events]
    client.close()
    waiter.join()
    assert (names[0], names[-1]) == ("queued", "verdict")
    assert "progress" in names
    assert (waited[0].json["status"], waited[0].json["verdict"]) == ("done", "accepted")


def test_the_verdict_is_shown_whether_or_not_a_recorder_lives(front):
    job_id = front.submit()
    judge(front)
    assert front.call("GET", f"/v1/submissions/{job_id}").json["verdict"] == "accepted"


def test_the_same_request_at_once_is_one_submission(front):
    headers = front.key("submit") | {"Idempotency-Key": "k"}
    answers = []

    def submit():
        answers.append(front.call("POST", "/v1/submissions", SUBMISSION, **headers))

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [202] * 8
    assert len({answer.json["id"] for answer in answers}) == 1


def test_a_full_queue_says_when_to_come_back(start_front):
    front = start_front(max_queued=2)
    front.submit()
    front.submit()
    answer = front.call("POST", "/v1/submissions", SUBMISSION)
    assert (answer.status, answer.json["type"]) == (503, "/v1/errors/queue-full")
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_locked_store_accepts_nothing(front):
    lock = sqlite3.connect(front.folder / "judgeline.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        answer = front.call("POST", "/v1/submissions", SUBMISSION)
        assert (answer.status, answer.json["type"]) == (503, "/v1/errors/store-away")
        assert not front.call("GET", "/readyz").json["parts"]["store"]["ok"]
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    front.submit()


@pytest.mark.parametrize("fate", ["killed", "stopped"])
def test_redis_goes_and_comes_back(front, fate):
    job_id = front.submit()
    if fate == "killed":
        front.server.kill()
    else:
        front.server.signal(signal.SIGSTOP)
    answer = front.call("POST", "/v1/submissions", SUBMISSION)
    assert (answer.status, answer.json["type"]) == (503, "/v1/errors/queue-away")
    ready = front.call("GET", "/readyz")
    assert (ready.status, ready.json["parts"]["redis"]["ok"]) == (503, False)
    assert front.call("GET", f"/v1/submissions/{job_id}").status == 503
    assert front.call("GET", "/healthz").status == 200
    if fate == "killed":
        front.server.start()
    else:
        front.server.signal(signal.SIGCONT)
    until(lambda: front.call("POST", "/v1/submissions", SUBMISSION).status == 202)
    assert front.call("GET", f"/v1/submissions/{job_id}").json["status"] == "queued"


def test_a_wait_outlives_a_server_that_is_killed(front):
    job_id = front.submit()
    waited = []
    path = f"/v1/submissions/{job_id}/events"
    waiter = threading.Thread(target=lambda: waited.append(front.call("GET", path).text))
    waiter.start()
    until(lambda: front.call("GET", "/metrics").status == 200)
    front.server.kill()
    front.server.start()
    judge(front)
    waiter.join()
    assert '"verdict":"accepted"' in waited[0]


def answered(held):
    """Those of some connections whose answer has begun."""
    return select.select(held, [], [], 0)[0]


def test_waits_that_hang_up_give_their_threads_back(front):
    """Four slots (12 threads), taken by six clients, of whom two are answered at once."""
    job_id = front.submit()
    held = [front.open(f"/v1/submissions/{job_id}?wait=30") for _ in range(6)]
    until(lambda: len(answered(held)) == 2)
    assert all(b"Retry-After: 1\r\n" in connection.recv(4096) for connection in answered(held))
    assert front.call("GET", "/healthz").status == 200
    for connection in held:
        connection.close()
    until(lambda: not busy_slots(front, job_id))


def test_streams_that_hang_up_give_their_threads_back(front):
    job_id = front.submit()
    held = [front.open(f"/v1/submissions/{job_id}/events") for _ in range(6)]
    until(lambda: len(answered(held)) == 6)
    heads = sorted(connection.recv(12) for connection in held)
    assert heads == [b"HTTP/1.1 200"] * 4 + [b"HTTP/1.1 503"] * 2
    assert front.call("GET", "/healthz").status == 200
    for connection in held:
        connection.close()
    until(lambda: not busy_slots(front, job_id))


def test_a_stop_answers_waits_at_once(front):
    job_id = front.submit()
    held = [front.open(f"/v1/submissions/{job_id}?wait=30") for _ in range(6)]
    until(lambda: len(answered(held)) == 2)
    front.process.send_signal(signal.SIGTERM)
    assert front.process.wait(10) == 0
    for connection in held:
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        connection.close()


def test_a_stop_ends_streams_at_once(front):
    with front.open(f"/v1/submissions/{front.submit()}/events") as stream:
        said = b""
        while b"event: queued" not in said:
            said += stream.recv(4096)
        front.process.send_signal(signal.SIGTERM)
        assert front.process.wait(10) == 0
        while said := stream.recv(4096):
            assert b"event" not in said


def test_the_front_stops_with_its_manager(front):
    front.stop()
    front.start(JUDGELINE_PARENT_PID=str(front.server.pid))
    front.server.kill()
    assert front.process.wait(20) == 0


def test_a_dead_worker_is_replaced_and_counts_survive(front):
    front.submit()
    worker = int((front.folder / "api.log").read_text().split("Booting worker with pid: ")[1].split()[0])
    assert '{method="POST",route="/v1/submissions",status="202"} 1.0' in front.call("GET", "/metrics").text

    os.kill(worker, signal.SIGKILL)
    until(front.serves)
    front.submit()
    assert '{method="POST",route="/v1/submissions",status="202"} 2.0' in front.call("GET", "/metrics").text
    assert json.loads(front.call("GET", "/openapi.json").text)["openapi"].startswith("3.1")
