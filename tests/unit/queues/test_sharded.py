"""What the parts of a queue are like, and how what they say is put together."""

from collections import Counter

import pytest

from judgeline.ids import new_id
from judgeline.queues.engine import Histogram, PriorityStats, QueueStats, WorkerView
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.options import QueueOptions
from judgeline.queues.sharded import shard_names, shard_of, split
from judgeline.queues.sharded.merge import merged_stats, merged_workers
from judgeline.queues.sharded.shards import Shards


def test_a_queue_in_one_piece_has_the_keys_it_always_had():
    assert shard_names("submissions", 1) == ["submissions"]
    assert shard_names("submissions", 3) == ["submissions.0", "submissions.1", "submissions.2"]


def test_a_job_is_where_it_was_and_all_shards_get_their_share():
    assert [shard_of(name, 7) for name in ("a", "b", "0190-c")] == [4, 4, 4]
    found = Counter(shard_of(new_id(), 8) for _ in range(8_000))
    assert set(found) == set(range(8))
    assert min(found.values()) > 800


def test_bounds_are_shared_out_and_rounded_up():
    options = QueueOptions(
        handler="noop",
        shards=3,
        max_queued=100,
        max_queued_per_user=1,
        max_queued_bytes=300,
        max_payload_bytes=200,
        max_running_per_user=0,
        max_dead=4,
    )
    share = split(options)
    assert (share.shards, share.max_queued, share.max_queued_per_user, share.max_dead) == (1, 34, 1, 2)
    assert share.max_queued_bytes == 200
    assert share.max_running_per_user == 0


def stats(**fields):
    known = {"running": 1, "delayed": 0, "dead": 2, "unrecorded": 0, "workers": 2, "drain_per_s": 0.5}
    return QueueStats(**known | {"priorities": {}, "totals": {}} | fields)


def priority(queued, oldest_ms, *, paused=False):
    return PriorityStats(queued=queued, queued_bytes=queued, oldest_ms=oldest_ms, paused=paused, weight=3)


def test_stats_are_added_and_workers_counted_once():
    whole = merged_stats([
        stats(priorities={"low": priority(2, 10)}, totals={"done": 1}, runs=Histogram(sum_s=1.0)),
        stats(priorities={"low": priority(1, 30, paused=True)}, totals={"done": 2, "lost": 1}, workers=3),
    ])  # fmt: skip
    assert whole.priorities["low"] == priority(3, 30, paused=True)
    assert (whole.running, whole.dead, whole.workers, whole.drain_per_s) == (2, 4, 3, 1.0)
    assert whole.totals == {"done": 3, "lost": 1}
    assert whole.runs.sum_s == 1.0


def test_a_worker_that_several_shards_know_is_one():
    views = merged_workers([
        [WorkerView(name="w", lease_ms=5, jobs=["a"]), WorkerView(name="v", lease_ms=1, jobs=[])],
        [WorkerView(name="w", lease_ms=3, jobs=[])],
    ])  # fmt: skip
    assert views == [
        WorkerView(name="w", lease_ms=3, jobs=["a"]),
        WorkerView(name="v", lease_ms=1, jobs=[]),
    ]


class Flaky:
    def __init__(self):
        self.there = True
        self.asked = 0

    def answer(self):
        self.asked += 1
        if not self.there:
            raise QueueUnavailable("away")
        return "here"


def test_one_that_is_away_is_left_out_and_the_others_are_asked(monkeypatch):
    shards = Shards("q", [Flaky(), Flaky()])
    monkeypatch.setattr("judgeline.queues.sharded.shards.AWAY_S", (1000.0,))
    shards.all[0].there = False
    assert list(shards.ask_each(Flaky.answer)) == [(1, "here")]
    assert list(shards.ask_each(Flaky.answer)) == [(1, "here")]
    assert shards.all[0].asked == 1
    with pytest.raises(QueueUnavailable):
        shards.ask_all(Flaky.answer)
    shards.all[1].there = False
    with pytest.raises(QueueUnavailable):
        list(shards.ask_each(Flaky.answer))
    shards.all[0].there = True  # all are away now, so all are asked again
    assert list(shards.ask_each(Flaky.answer)) == [(0, "here")]
    assert not shards.away(0)
