"""Parts of a running system that go away and come back: it says so, loses nothing, and needs no restart."""

import os
import signal
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

SUM = "print(sum(map(int, input().split())))"
SUBMISSION = {"problem": "aplusb", "language": "python3", "source": SUM}
ANSWER_S = 3
"""What a client waits at most for the word that something is away."""


@pytest.fixture
def ada(house):
    return house.key("ada")


@pytest.fixture
def frozen(house):
    """The bundled server does not answer any more."""
    server = house.server()
    os.kill(server, signal.SIGSTOP)
    yield house
    os.kill(server, signal.SIGCONT)
    house.until(lambda: house.unready() == {}, "readiness")


def test_a_redis_that_does_not_answer(frozen, house, ada):
    refused = house.call("POST", "/v1/submissions", SUBMISSION, ada, seconds=ANSWER_S)
    assert (refused.status, refused.json["type"]) == (503, "/v1/errors/queue-away")
    ready = house.call("GET", "/readyz", seconds=ANSWER_S)
    assert ready.status == 503
    assert "Redis does not answer" in ready.json["parts"]["redis"]["why"]
    assert house.call("GET", "/healthz", seconds=ANSWER_S).status == 200


def test_all_goes_on_when_redis_answers_again(house, ada):
    before = house.run("import time; time.sleep(1); print(1)", key=ada)
    house.until(lambda: house.get(before, ada)["status"] == "running")
    server = house.server()
    os.kill(server, signal.SIGSTOP)
    try:
        house.until(lambda: "redis" in house.unready(), "a red light")
    finally:
        os.kill(server, signal.SIGCONT)
    seen = house.ended(before, ada)
    assert (seen["status"], seen["stdout"]) == ("done", "1\n")
    house.until(lambda: house.unready() == {}, "readiness")
    assert house.ended(house.submit(SUM, key=ada), ada)["verdict"] == "accepted"


def test_a_killed_server_is_started_again_and_knows_what_waited(paused, ada):
    house = paused
    paths = [house.submit(SUM, key=ada) for _ in range(10)]
    server = house.server()
    os.kill(server, signal.SIGKILL)
    house.until(lambda: server not in house.processes() and house.unready() == {}, "readiness")
    assert house.server() != server
    assert {house.get(path, ada)["status"] for path in paths} == {"queued"}  # the pause was kept too
    house.queue("submissions", "resume")
    assert {house.ended(path, ada)["verdict"] for path in paths} == {"accepted"}


def test_a_locked_store(house, ada):
    lock = sqlite3.connect(house.home / "judgeline.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        refused = house.call("POST", "/v1/submissions", SUBMISSION, ada, seconds=ANSWER_S + 1)
        assert (refused.status, refused.json["type"]) == (503, "/v1/errors/store-away")
        assert "store" in house.unready()
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    assert house.ended(house.submit(SUM, key=ada), ada)["verdict"] == "accepted"
    house.until(lambda: house.unready() == {}, "readiness")


@pytest.mark.parametrize("path", ["?wait=30", "/events"])
def test_many_clients_that_hang_up_give_their_threads_back(paused, path):
    waiting = paused.submit(SUM)
    clients = [open_get(paused, waiting + path) for _ in range(80)]  # 64 may be held: 2 workers, 32 each
    paused.until(lambda: refusals(paused, waiting), "a full house")
    assert paused.call("GET", "/healthz", seconds=ANSWER_S).status == 200
    for client in clients:
        client.close()
    paused.until(lambda: not refusals(paused, waiting), "free threads")
    paused.queue("submissions", "resume")
    assert paused.ended(waiting)["verdict"] == "accepted"


def open_get(house, path) -> socket.socket:
    """Ask, and do not read the answer."""
    connection = socket.create_connection(("127.0.0.1", house.port), timeout=10)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: judge\r\n\r\n".encode())
    return connection


def refusals(house, path) -> int:
    """How many of sixteen short waits, at once, find no thread."""
    with ThreadPoolExecutor(16) as many:
        answers = list(many.map(lambda _: house.call("GET", f"{path}?wait=0.1"), range(16)))
    return sum(answer.headers.get("Retry-After") == "1" for answer in answers)
