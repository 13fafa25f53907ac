from contextlib import contextmanager

import pytest

from judgeline.judging.packages import Library
from judgeline.queues.engine import WorkerView
from judgeline.recorders import sign_alive


@pytest.fixture
def ready(front):
    sign_alive(front.redis)
    front.queue.renew(["w1", "w2"])
    front.mails.renew(["m1"])
    return front


def parts(front):
    answer = front.client.get("/readyz")
    assert (answer.status_code == 200) == answer.json["ready"]
    return {name for name, part in answer.json["parts"].items() if not part["ok"]}, answer.json["parts"]


@contextmanager
def without_redis(front):
    server = front.redis.connection_pool.connection_kwargs["server"]
    server.connected = False
    try:
        yield
    finally:
        server.connected = True


def test_healthz_asks_nobody(front):
    with without_redis(front), front.services.store.writer():
        assert front.client.get("/healthz").json == {"status": "ok"}


def test_all_is_well(ready):
    bad, told = parts(ready)
    assert bad == set()
    assert list(told) == ["redis", "store", "problems", "recorder", "queue submissions", "queue emails"]


def test_redis_is_away(ready):
    with without_redis(ready):
        bad, told = parts(ready)
    assert bad == {"redis"}
    assert "does not answer" in told["redis"]["why"]


def test_the_store_is_locked(ready):
    with ready.services.store.writer():
        bad, told = parts(ready)
    assert bad == {"store"}
    assert told["store"]["why"]


def test_no_recorder(ready):
    ready.redis.flushall()
    assert parts(ready)[0] == {"recorder"}


def test_no_worker(ready):
    ready.mails.leave("m1")
    bad, told = parts(ready)
    assert bad == {"queue emails"}
    assert "python -m workers emails" in told["queue emails"]["why"]


def test_a_deaf_worker(ready, monkeypatch):
    views = [
        WorkerView(name="w1", lease_ms=9_000, jobs=[]),
        WorkerView(name="w2", lease_ms=7_400, jobs=[]),
    ]
    monkeypatch.setattr(ready.queue, "workers", lambda: views)
    bad, told = parts(ready)
    assert bad == {"queue submissions"}
    assert "1 of 2 workers are deaf: w2" in told["queue submissions"]["why"]


def test_trouble_with_the_sandbox(ready):
    ready.troubles["submissions"].report("s1", "no user namespaces")
    bad, told = parts(ready)
    assert bad == {"queue submissions"}
    assert told["queue submissions"]["why"] == "no user namespaces"


def test_a_folder_of_problems_that_is_not_there(ready, tmp_path):
    bad, told = parts(ready.with_services(problems=Library(tmp_path / "none")))
    assert bad == {"problems"}
    assert str(tmp_path / "none") in told["problems"]["why"]
