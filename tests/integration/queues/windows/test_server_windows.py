"""Windows of the server and of those who listen to it: crash, failover, clocks, subscriptions."""

import subprocess
import sys
import threading

from redis import Redis

from judgeline.events import EventListener, Wake
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import JobState

DONE = Ending(kind=Finish.DONE, result=b"{}")
HOUR_MS = 3_600_000


def test_w12_a_server_killed_and_restarted_under_load_loses_nothing_and_doubles_no_end(
    durable_valkey, make_window, start_workers, eventually
):
    window = make_window(durable_valkey.url)
    ids = [f"j{number}" for number in range(200)]
    for start in range(0, 200, 100):
        window.put(*ids[start : start + 100])
    workers = start_workers(window, 3)
    for kill in range(1, 4):
        eventually(lambda kill=kill: len(workers.accepted) >= 40 * kill, "work between the kills")
        durable_valkey.restart()  # nobody is told: connections break in the midst of what they do
    eventually(lambda: len(workers.accepted) == 200, "the rest")
    workers.stop()
    assert set(workers.accepted) == set(ids)
    assert set(workers.accepted.values()) == {1}
    assert window.truth.stats().totals["done"] == 200
    assert window.torn() == []


def test_w12_a_failover_goes_on_with_what_the_replica_has(start_valkey, make_window, eventually):
    ports = [_port(), _port()]
    for port in ports:
        start_valkey("--bind", "127.0.0.1", "--port", str(port), "--repl-diskless-sync-delay", "0")
    first, second = (f"redis://127.0.0.1:{port}/0" for port in ports)
    window = make_window(second)
    window.proxy.lead_to(first)
    engine, consumer = window.opened(window.proxy.url)
    with Redis.from_url(first) as primary, Redis.from_url(second) as replica:
        replica.replicaof("127.0.0.1", str(ports[0]))
        eventually(lambda: replica.info("replication")["master_link_status"] == "up", "the replica")
        window.engine, window.consumer = engine, consumer
        engine.enqueue([window.job(name) for name in ("a", "b", "c")])
        ended = consumer.claim("w", 1)
        held = consumer.finish(ended, DONE, next_sequence=2)[1]
        assert primary.wait(1, 10_000) == 1
        primary.shutdown(nosave=True, now=True, force=True)
        replica.replicaof("NO", "ONE")
    window.proxy.lead_to(second)
    assert consumer.finish(ended, DONE, next_sequence=2) == (True, held), "asked again, of another server"
    accepted, following = consumer.finish(held, DONE, next_sequence=3)
    assert accepted
    assert following.id == "c"
    assert [window.look(name).state for name in ("a", "b", "c")] == ["done", "done", "running"]
    assert window.torn() == []


def _port():
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


ELSEWHEN = """
import sys, time
real, shift = time.time, float(sys.argv[2])
time.time = lambda: real() + shift
time.time_ns = lambda: int((real() + shift) * 1e9)
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.open import open_consumer
from judgeline.queues.options import QueueOptions
consumer = open_consumer("q", QueueOptions(handler="noop"), sys.argv[1])
held = consumer.claim("early" if shift < 0 else "late", 1)
retried = consumer.claim("r" + sys.argv[2], 1)
assert consumer.finish(retried, Ending(kind=Finish.RETRY, delay_ms=3_600_000))[0]
consumer.renew([held.worker])
ticked = consumer.tick()
assert (ticked.reaped, ticked.promoted) == (0, 0), ticked
"""


def test_w13_workers_whose_clocks_are_days_apart_agree_by_the_servers(window):
    window.put("a", "b", "c", "d")
    for shift in ("-200000", "200000"):
        program = [sys.executable, "-c", ELSEWHEN, window.proxy.url, shift]
        subprocess.run(program, check=True)
    now = int(window.direct.time()[0]) * 1000
    assert {view.name for view in window.truth.workers()} >= {"early", "late"}
    assert all(0 < view.lease_ms <= 10_000 for view in window.truth.workers())
    delayed = [job for name in "abcd" if (job := window.look(name)).state is JobState.DELAYED]
    assert len(delayed) == 2
    assert all(now + HOUR_MS - 60_000 < job.due_ms <= now + HOUR_MS + 60_000 for job in delayed)


def test_w13_a_server_clock_set_back_keeps_no_dead_worker_alive_and_no_job_waiting(window):
    window.put("a", "b")
    held = window.take("w")
    window.other.finish(window.take("v"), Ending(kind=Finish.RETRY, delay_ms=5_000))
    window.direct.zincrby(window.keys.named("workers"), HOUR_MS, held.worker)
    window.direct.zincrby(window.keys.named("delayed"), HOUR_MS, "b")
    for field in ("since", "due"):
        window.direct.hincrby(window.keys.job("b"), field, HOUR_MS)
    window.consumer.tick()
    now = int(window.direct.time()[0]) * 1000
    assert all(view.lease_ms <= 10_000 for view in window.truth.workers())
    assert window.look("b").due_ms <= now + 6_000


def test_w15_who_subscribed_only_after_the_finish_reads_the_end(window, eventually):
    window.put("a")
    claim = window.take("w")
    listener = EventListener(window.proxy.url)
    try:
        listener.start()
        eventually(lambda: window.proxy.counts().accepted > 2, "the listener's connection")
        window.proxy.hold(replies=False)
        with listener.watch(window.truth.channel("a")) as watch:
            assert not watch.confirmed.is_set()
            assert window.look("a").state == "running", "read too early"
            assert window.other.finish(claim, DONE)[0]  # published to nobody
            window.proxy.heal()
            assert watch.wait(30) is Wake.CATCH_UP
            assert window.look("a").state == "done"
    finally:
        listener.stop()


def test_w15_an_event_that_was_lost_with_its_connection_is_made_up_for(window, eventually):
    window.put("a")
    claim = window.take("w")
    listener = EventListener(window.proxy.url)
    try:
        with listener.watch(window.truth.channel("a")) as watch:
            assert watch.confirmed.wait(30)
            window.proxy.blackhole(requests=False)
            done = threading.Thread(target=lambda: window.other.finish(claim, DONE))
            done.start()
            done.join()
            eventually(lambda: window.proxy.counts().lost_bytes, "the event to be swallowed")
            window.proxy.heal()  # which cuts what lost bytes
            assert watch.wait(30) is Wake.CATCH_UP
            assert window.look("a").state == "done"
    finally:
        listener.stop()
