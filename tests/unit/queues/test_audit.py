"""The auditor on fakeredis; tests/integration/queues/audit makes every fault on a real server."""

import pytest

from judgeline.queues.job import NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists import ListsEngine
from judgeline.queues.lists.audit import Auditor
from judgeline.queues.options import PriorityOptions, QueueOptions

from .conftest import QUEUE

KEYS = Keys(QUEUE)


@pytest.fixture
def auditor(fake, options):
    return Auditor(fake, QUEUE, options, between_s=0)


def put(engine, *ids, priority="low", user=""):
    engine.enqueue([NewJob(id=job_id, priority=priority, user=user, payload=b"{}") for job_id in ids])


def test_ids_on_no_list_or_on_two_and_counters_that_are_off(fake, engine, consumer, auditor):
    put(engine, "a", "b")
    put(engine, "u", "v", user="u")
    assert auditor.look().faults == []
    fake.lrem(KEYS.waiting("low"), 0, "a")
    fake.lpush(KEYS.waiting("low"), "b")
    fake.hset(KEYS.named("depth"), "parked:low", 9)
    found = auditor.look()
    assert {(fault.name, fault.what) for fault in found.faults if fault.kind == "job"} == {
        ("a", "queued, but on no list"),
        ("b", "queued 2 times"),
    }
    assert found.jobs == 4
    assert auditor.mend().unmended == []
    assert fake.lrange(KEYS.waiting("low"), 0, -1) == [b"u", b"b", b"a"]
    assert auditor.look().faults == []


def test_jobs_of_a_priority_that_is_gone(fake, engine, consumer, auditor):
    before = QueueOptions(handler="noop", priorities={"old": PriorityOptions(1), "low": PriorityOptions(1)})
    put(ListsEngine(fake, QUEUE, before), "a", "b", priority="old", user="u")
    assert {fault.kind for fault in auditor.look().faults} >= {"list", "line", "job"}
    assert auditor.mend(to="high").unmended == []
    assert [engine.look(job_id).priority for job_id in "ab"] == ["high", "high"]
    assert engine.stats().priorities["high"].queued == 2


def test_what_a_sound_queue_has_is_no_fault_whatever_state_its_jobs_are_in(fake, engine, consumer, auditor):
    put(engine, *(f"j{number}" for number in range(6)), user="u")
    put(engine, "w", priority="high")
    engine.enqueue([NewJob(id="later", priority="low", user="u", payload=b"{}", delay_ms=60_000)])
    engine.cancel("j5")
    consumer.claim("idle", 1)
    consumer.leave("idle")
    engine.mark_epoch()
    engine.pause("low")
    engine.shut()
    assert auditor.look().faults == []
    assert auditor.mend().faults == []
