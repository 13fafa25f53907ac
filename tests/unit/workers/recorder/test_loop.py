import sqlite3
import threading
from contextlib import closing, contextmanager

import fakeredis
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from judgeline.config import StoreConfig
from judgeline.queues.errors import QueueUnavailable
from judgeline.recorders import ALIVE_KEY, recorder_alive
from judgeline.store import RowState
from workers.recorder import loop
from workers.recorder.loop import Health, Recorder
from workers.recorder.stopping import Stop, Stopping


@pytest.fixture
def client():
    with fakeredis.FakeRedis() as fake:
        yield fake


@pytest.fixture
def stop():
    with closing(Stop()) as made:
        yield made


@pytest.fixture
def make(store, client, stop):
    def make(*engines, **config):
        return Recorder(store, engines, client, StoreConfig(**config), stop)

    return make


@pytest.fixture
def locked(url):
    """Give a context in which somebody else holds the store's lock, until the function it gives is called."""

    @contextmanager
    def locked():
        with closing(
            sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            yield lambda: other.execute("ROLLBACK")

    return locked


@contextmanager
def running(recorder, stop):
    thread = threading.Thread(target=recorder.run)
    thread.start()
    try:
        yield
    finally:
        stop.request()
        thread.join(30)
        assert not thread.is_alive()


def eventually(condition):
    for _ in range(1_000):
        if condition():
            return
        threading.Event().wait(0.01)
    pytest.fail("it never came to be")


def test_a_round_records_every_queue(make, make_engine, accept, get):
    first, second = make_engine("submissions"), make_engine("emails")
    one, other = accept(), accept(queue="emails", kind="email")
    first.end(one)
    second.end(other)
    recorder = make(first, second)
    assert recorder.work() == 1
    assert recorder.recorded == 2
    assert {get(one).state, get(other).state} == {RowState.DONE}


def test_an_emptied_queue_is_swept_at_once_whatever_the_grace(make, engine, accept):
    engine.empty()
    job_id = accept()
    recorder = make(engine, pending_grace_s=3_600)
    recorder.work()
    assert engine.enqueued == [job_id]


def test_an_emptied_queue_that_cannot_be_swept_now_is_swept_later(make, engine, accept):
    engine.empty()
    job_id = accept()
    recorder = make(engine, pending_grace_s=3_600)
    enqueue, engine.enqueue = engine.enqueue, lambda _jobs: (_ for _ in ()).throw(QueueUnavailable("gone"))
    with pytest.raises(QueueUnavailable):
        recorder.work()
    engine.enqueue = enqueue
    recorder.work()
    assert engine.enqueued == [job_id]


def test_a_full_queue_is_swept_again_before_the_next_interval(make, make_engine, accept, monkeypatch):
    monkeypatch.setattr(loop, "SIGN_S", 0)
    engine = make_engine(max_queued=1, max_queued_per_user=1)
    engine.empty()
    ids = {accept(), accept()}
    recorder = make(engine, sweep_s=3_600, pending_grace_s=1)
    recorder.work()
    assert len(engine.enqueued) == 1
    engine.jobs.clear()
    eventually(lambda: (recorder.work(), len(engine.enqueued) == 2)[1])
    assert set(engine.enqueued) <= ids


def test_one_recorder_sweeps_each_interval(make, engine, monkeypatch):
    monkeypatch.setattr(loop, "SIGN_S", 0)
    sweeps = []
    monkeypatch.setattr(
        Recorder, "_sweep", lambda self, *_, **__: (sweeps.append(self), self._to_sweep.clear())
    )
    first, second = make(engine, sweep_s=3_600), make(engine, sweep_s=3_600)
    for _ in range(3):
        first.work()
        second.work()
    assert sweeps == [first]


def test_a_recorder_that_works_shows_a_sign_of_life(make, engine, client):
    assert not recorder_alive(client)
    make(engine).work()
    assert recorder_alive(client)
    assert 0 < client.pttl(ALIVE_KEY) <= 3_000


def test_a_recorder_that_cannot_record_shows_none(make, engine, stop, locked, monkeypatch):
    monkeypatch.setattr(loop, "SIGN_S", 0)
    recorder = make(engine)
    client = recorder._client
    engine.end("put-there-by-hand")
    with capture_logs(), locked() as unlock, running(recorder, stop):
        eventually(lambda: recorder._health._failures >= 1)
        client.delete(ALIVE_KEY)
        eventually(lambda: recorder._health._failures >= 3)
        assert not recorder_alive(client)
        unlock()
        eventually(lambda: recorder_alive(client))


def test_a_queue_that_goes_and_comes_back_is_said_once_each(make, engine, stop, accept, get):
    job_id = accept()
    recorder = make(engine)
    engine.trouble = QueueUnavailable("no route")
    with capture_logs() as lines, running(recorder, stop):
        eventually(lambda: recorder._health._failures >= 3)
        engine.trouble = None
        engine.end(job_id)
        eventually(lambda: engine.settled == [job_id])
    said = [line["event"] for line in lines]
    assert said.count("cannot record, trying again") == 1
    assert said.count("recording again") == 1
    assert get(job_id).state is RowState.DONE


def test_a_locked_store_is_survived(make, engine, stop, accept, locked):
    recorder = make(engine)
    job_id = accept()
    engine.end(job_id)
    with capture_logs() as lines, locked() as unlock, running(recorder, stop):
        eventually(lambda: recorder._health._failures >= 2)
        unlock()
        eventually(lambda: engine.settled == [job_id])
    assert [line["event"] for line in lines].count("cannot record, trying again") == 1


def test_a_client_that_fails_is_survived(make, engine, stop, client, monkeypatch):
    def refuse(*_, **__):
        raise RedisConnectionError("refused")

    monkeypatch.setattr(client, "set", refuse)
    recorder = make(engine)
    with capture_logs(), running(recorder, stop):
        eventually(lambda: recorder._health._failures >= 1)
        monkeypatch.undo()
        eventually(lambda: recorder_alive(client))


def test_a_stop_ends_a_long_round_between_its_queues(make, engine, stop):
    recorder = make(engine)
    stop.request()
    with pytest.raises(Stopping):
        recorder.work()


def test_the_pause_is_short_while_jobs_end_and_grows_to_a_quarter_of_a_second():
    assert loop._next_pause(0.25, 100) == 0
    assert loop._next_pause(0.25, 1) == loop.SHORTEST_S
    pauses = [0.0]
    for _ in range(8):
        pauses.append(loop._next_pause(pauses[-1], 0))
    assert pauses[1:4] == [0.02, 0.04, 0.08]
    assert pauses[-1] == loop.LONGEST_S


def test_waits_after_failures_grow_and_start_anew():
    health = Health(clock=lambda: 0.0)
    with capture_logs() as lines:
        waits = [health.failed(QueueUnavailable("x")) for _ in range(7)]
        health.failed(RedisConnectionError("y"))
        health.worked()
        again = health.failed(QueueUnavailable("x"))
    assert waits == [0.1, 0.2, 0.5, 1.0, 2.0, 2.0, 2.0]
    assert again == 0.1
    assert [line["event"] for line in lines] == [
        "cannot record, trying again",
        "cannot record, trying again",
        "recording again",
        "cannot record, trying again",
    ]
