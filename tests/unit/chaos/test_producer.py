"""Submits as the API does them: accepted is what was committed, whatever the queue says before and after."""

import contextlib
import time

import pytest

from judgeline.chaos.plan import JobPlan, Kind, Submit
from judgeline.chaos.producer import Producer
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import JobState
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions
from judgeline.store import jobs
from judgeline.store.database import open_store
from judgeline.store.migrate import migrate

PATIENCE_S = 30.0


def plan(*submits, kind=Kind.PLAIN):
    for number, submit in enumerate(submits):
        yield JobPlan(id=f"j{number}", kind=kind, priority="low", user="", submit=submit, payload=b"{}")


@pytest.fixture
def store(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    migrate(url)
    with contextlib.closing(open_store(url)) as store:
        yield store


@pytest.fixture
def produce(store):
    made = []

    def produce(engine, jobs):
        made.append(Producer(jobs, 1e6, store, engine))
        made[-1].start()
        return made[-1]

    yield produce
    for producer in made:
        producer.stop()


def until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def engine(**options):
    return MemoryEngine("chaos", QueueOptions(handler="noop", **options))


def pending(store):
    with store.reader() as connection:
        return jobs.count_pending(connection).get("chaos", 0)


def test_accepted_is_what_was_committed_enqueued_or_not(produce, store):
    queue = engine()
    producer = produce(queue, plan(Submit.ONCE, Submit.TWICE, Submit.NEVER))
    until(lambda: producer.done)
    assert sorted(producer.accepted) == ["j0", "j1", "j2"]
    assert pending(store) == producer.counts.accepted == 3
    assert queue.exists(["j0", "j1", "j2"]) == [JobState.QUEUED, JobState.QUEUED, None]
    assert (producer.counts.unsent, producer.counts.twice) == (1, 1)


def test_a_full_queue_writes_nothing_and_is_tried_again(produce, store):
    queue = engine(max_queued=1, max_queued_per_user=1)
    producer = produce(queue, plan(Submit.ONCE))
    until(lambda: producer.done)
    late = produce(queue, iter([*plan(Submit.ONCE, Submit.ONCE)][1:]))
    until(lambda: late.counts.refused > 1)
    assert pending(store) == 1
    queue.cancel("j0")
    until(lambda: late.done)
    assert sorted(late.accepted) == ["j1"]


def test_an_enqueue_that_fails_is_left_to_the_sweeper(produce, store, monkeypatch):
    queue = engine()

    def away(_jobs):
        raise QueueUnavailable("away")

    monkeypatch.setattr(queue, "enqueue", away)
    producer = produce(queue, plan(Submit.ONCE))
    until(lambda: producer.done)
    assert (producer.counts.left, pending(store)) == (1, 1)


def test_a_cancel_comes_after_the_submit_and_ends_what_the_queue_has_not_heard_of(produce):
    queue = engine()
    producer = produce(queue, plan(Submit.ONCE, Submit.NEVER, kind=Kind.CANCELLED))
    until(lambda: producer.counts.cancels == 2)
    assert queue.exists(["j0", "j1"]) == [JobState.CANCELLED, JobState.CANCELLED]


def test_what_goes_wrong_in_a_thread_is_told(produce, monkeypatch):
    queue = engine()
    monkeypatch.setattr(queue, "admit", lambda *_: 1 / 0)
    producer = produce(queue, plan(Submit.ONCE))
    until(lambda: producer.failed is not None)
    assert isinstance(producer.failed, ZeroDivisionError)
