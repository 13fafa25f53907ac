"""Backpressure: bounds that hold to the last job however many enqueue at once, and what a refusal says."""

import json
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueFull
from judgeline.queues.job import NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.options import QueueOptions

QUEUE = "bounded"
PROCESSES = 8
KEYS = Keys(QUEUE)


def opened(client, **options):
    made = QueueOptions(handler="noop", **options)
    return ListsEngine(client, QUEUE, made), ListsConsumer(client, client, QUEUE, made)


def hammered(client, url, plan, watch, **options):
    """Let eight processes enqueue at once; ``watch`` looks meanwhile. Give what became of all their jobs."""
    command = [sys.executable, str(Path(__file__).with_name("hammer.py")), url, QUEUE]
    rest = ["150", json.dumps({"handler": "noop"} | options), json.dumps(plan)]
    processes = [
        subprocess.Popen([*command, str(number), *rest], stdout=subprocess.PIPE, text=True)
        for number in range(PROCESSES)
    ]
    try:
        while int(client.get("ready") or 0) < PROCESSES:
            assert all(process.poll() is None for process in processes)
        client.set("go", 1)
        while any(process.poll() is None for process in processes):
            watch()
        watch()
        total = Counter()
        for process in processes:
            assert process.returncode == 0
            total.update(json.loads(process.stdout.read()))
        return total
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_the_bound_by_count_holds_to_the_last_job(redis_client, redis_url):
    engine, _ = opened(redis_client, max_queued=100)
    most = Counter()

    def watch():
        for name, now in engine.stats().priorities.items():
            most[name] = max(most[name], now.queued)

    plan = [("high", "", 2), ("low", "", 2), ("low", "u", 2)]
    total = hammered(redis_client, redis_url, plan, watch, max_queued=100)
    assert most == {"high": 100, "low": 100}
    assert total["taken"] == 200
    assert total["max_queued"] > 0
    assert len(redis_client.keys(KEYS.job("*"))) == 200


def test_the_bound_by_bytes_is_never_passed_and_is_used_up(redis_client, redis_url):
    engine, _ = opened(redis_client, max_queued_bytes=50_000)
    most = 0

    def watch():
        nonlocal most
        most = max(most, engine.stats().priorities["low"].queued_bytes)

    plan = [("low", "", 997), ("low", "u", 401), ("low", "v", 100)]
    total = hammered(redis_client, redis_url, plan, watch, max_queued_bytes=50_000)
    assert 50_000 - 100 < most <= 50_000
    held = sum(redis_client.hstrlen(key, "payload") for key in redis_client.scan_iter(KEYS.job("*")))
    assert held == engine.stats().priorities["low"].queued_bytes == most
    assert total["max_queued_bytes"] > 0


def test_the_bound_by_user_holds_for_each_and_binds_nobody_else(redis_client, redis_url):
    engine, _ = opened(redis_client, max_queued_per_user=40)
    most = Counter()

    def watch():
        low = engine.stats().priorities["low"]
        most["all"] = max(most["all"], low.queued)

    plan = [("low", "ada", 2), ("low", "bob", 2), ("low", "", 2)]
    total = hammered(redis_client, redis_url, plan, watch, max_queued_per_user=40)
    users = Counter(redis_client.hget(key, "user") for key in redis_client.scan_iter(KEYS.job("*")))
    assert users[b"ada"] == users[b"bob"] == 40
    assert users[None] > 100  # all whose batch was not cut short by a refusal before them
    assert total["taken"] == sum(users.values()) == most["all"]


def test_a_bound_holds_while_jobs_end_and_make_room(redis_client, redis_url):
    engine, consumer = opened(redis_client, max_queued=20)
    most = sequence = done = 0

    def work_and_watch():
        nonlocal most, sequence, done
        sequence += 1
        if claim := consumer.claim("w", sequence):
            consumer.finish(claim, Ending(kind=Finish.DONE))
            done += 1
        most = max(most, engine.stats().priorities["low"].queued)

    total = hammered(redis_client, redis_url, [("low", "u", 2)], work_and_watch, max_queued=20)
    assert most <= 20
    assert total["taken"] == done + engine.stats().priorities["low"].queued


@pytest.mark.parametrize("ended", [0, 1, 7, 40, 240])
def test_retry_after_is_the_time_in_which_a_twentieth_ends_at_the_measured_rate(redis_client, ended):
    engine, consumer = opened(redis_client, max_queued=200, store=False)
    for number in range(ended):
        engine.enqueue([NewJob(id=f"done-{number}", priority="low", payload=b"{}")])
        consumer.finish(consumer.claim("w", number + 1), Ending(kind=Finish.DONE))
    for start in (0, 100):
        jobs = [NewJob(id=f"j{start + n}", priority="low", payload=b"{}") for n in range(100)]
        engine.enqueue(jobs)
    stats = engine.stats()
    assert stats.drain_per_s == ended / 60
    waiting = stats.priorities["low"].queued
    by_rate = math.ceil(waiting / 20 / stats.drain_per_s) if ended else 60
    asked = []
    for refuse in (
        lambda: engine.enqueue([NewJob(id="one-more", priority="low", payload=b"{}")]),
        lambda: engine.admit("low", "", 2),
    ):
        with pytest.raises(QueueFull) as refused:
            refuse()
        asked.append(refused.value.retry_after_s)
    assert asked == [min(600, max(1, by_rate))] * 2


def test_a_refusal_leaves_nothing_and_memory_stays_flat_at_ten_times_the_load(redis_client):
    engine, _ = opened(redis_client, max_queued=200, max_queued_per_user=50)

    def submit(first, count):
        refused = 0
        for number in range(first, first + count):
            job = NewJob(id=f"j{number:06}", priority="low", user=f"u{number % 5}", payload=b"x" * 4096)
            for put in (
                lambda j=job: engine.admit(j.priority, j.user, 4096),
                lambda j=job: engine.enqueue([j]),
            ):
                try:
                    put()
                except QueueFull:
                    refused += 1
        return refused

    assert submit(0, 300) == 200  # full; buffers and scripts are warm
    keys = sorted(redis_client.scan_iter())
    before = redis_client.info("memory")["used_memory"]
    assert submit(1000, 2000) == 4000
    after = redis_client.info("memory")["used_memory"]
    assert sorted(redis_client.scan_iter()) == keys
    assert engine.stats().totals["enqueued"] == 200
    # 2,000 jobs of 4 KiB would be 8 MiB; what is left to vary are the server's own buffers.
    assert abs(after - before) < 65_536
