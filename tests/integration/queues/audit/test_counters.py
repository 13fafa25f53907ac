"""Counters of more jobs than one script counts."""

import pytest

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import NewJob
from judgeline.queues.keys import Keys

KEYS = Keys("audited")


@pytest.fixture
def long(redis_client, make_rig):
    """More jobs than one script counts, in every place that counts, and every counter off."""
    rig = make_rig(redis_client)
    for start in range(0, 2_100, 100):
        ids = [f"j{number}" for number in range(start, start + 100)]
        rig.put(*ids, priority="high" if start % 200 else "low", user=f"u{start % 700}")
    for number in range(3):
        claim = rig.consumer.claim("w", number)
        rig.consumer.finish(claim, Ending(kind=Finish.DEAD))
    claim = rig.consumer.claim("w", 3)
    rig.consumer.finish(claim, Ending(kind=Finish.RETRY, delay_ms=60_000))
    rig.engine.enqueue([NewJob(id="later", priority="low", user="u0", payload=b"{}", delay_ms=60_000)])
    rig.consumer.claim("w", 4)
    return rig


def test_the_counters_of_a_long_queue_are_counted_page_by_page(long):
    right = long.client.hgetall(KEYS.named("depth"))
    audit = long.auditor.look()
    assert (audit.faults, audit.left_out) == ([], [])
    for spoil in (
        lambda: long.client.delete(KEYS.named("depth")),
        lambda: [long.client.hincrby(KEYS.named("depth"), field, 7) for field in right],
        lambda: long.client.hset(KEYS.named("depth"), "parked:gone", 5),
    ):
        spoil()
        assert {fault.kind for fault in long.auditor.look().faults} == {"depth"}
        audit = long.auditor.mend()
        assert (audit.unmended, audit.left_out) == ([], [])
        assert long.client.hgetall(KEYS.named("depth")) == right


def test_counters_that_change_while_they_are_counted_are_left_out(long, monkeypatch):
    long.client.hincrby(KEYS.named("depth"), "bytes:low", 7)
    count = long.auditor._surveyor.count

    def count_while_a_job_comes():
        counted = count()
        long.put("one-more")
        return counted

    monkeypatch.setattr(long.auditor._surveyor, "count", count_while_a_job_comes)
    spoiled = long.client.hgetall(KEYS.named("depth"))
    audit = long.auditor.look()
    assert audit.faults == []
    assert "jobs moved while they were counted" in audit.left_out[0].what
    long.engine.cancel("one-more")
    assert long.client.hgetall(KEYS.named("depth")) == spoiled
    monkeypatch.undo()
    assert long.auditor.mend().unmended == []
    long.client.hincrby(KEYS.named("depth"), "bytes:low", -7)
