"""Engine "lists" against a real server in a bad state: full, read-only, evicting, gone, forgetful."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from redis import Redis
from redis.exceptions import TimeoutError as RedisTimeout

from judgeline.queues.connect import check_server, command_client
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueUnavailable, ServerUnfit
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.open import open_consumer, open_engine
from judgeline.queues.options import QueueOptions

OPTIONS = QueueOptions(handler="noop")
DONE = Ending(kind=Finish.DONE, result=b"{}")


def opened(client):
    return ListsEngine(client, "q", OPTIONS), ListsConsumer(client, client, "q", OPTIONS)


def jobs(start, count, size=10):
    return [NewJob(id=str(n), priority="low", payload=b"x" * size) for n in range(start, start + count)]


def work_off(consumer):
    claim, done = consumer.claim("w", 1), 0
    while claim:
        done += 1
        accepted, claim = consumer.finish(claim, DONE, next_sequence=done + 1)
        assert accepted
    return done


def test_a_fit_server_passes(redis_client):
    check_server(redis_client)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_server_that_evicts_is_refused(start_valkey, policy):
    with Redis.from_url(start_valkey("--maxmemory-policy", policy)) as client:
        with pytest.raises(ServerUnfit, match=policy) as unfit:
            check_server(client)
        assert "noeviction" in unfit.value.cure


def test_a_server_that_hides_its_settings_is_judged_by_its_info(start_valkey):
    url = start_valkey("--maxmemory-policy", "allkeys-lru", "--rename-command", "CONFIG", "")
    with Redis.from_url(url) as client, pytest.raises(ServerUnfit, match="allkeys-lru"):
        check_server(client)


def test_a_server_at_its_memorys_end_takes_no_job_and_still_drains(start_valkey):
    with Redis.from_url(start_valkey()) as client:
        engine, consumer = opened(client)
        engine.stats()
        room = client.info("memory")["used_memory"] + 1_000_000
        for start in (0, 100):
            engine.enqueue(jobs(start, 100, size=10_000))
        client.config_set("maxmemory", room)
        for refused in (lambda: engine.enqueue(jobs(200, 1)), lambda: engine.admit("low", "", 10)):
            with pytest.raises(QueueUnavailable, match="out of memory"):
                refused()
        assert engine.stats().priorities["low"].queued == 200
        first = consumer.claim("w", 1)
        assert consumer.progress(first, b"1")
        consumer.crashed("w", b"{}")
        engine.cancel("199")
        consumer.tick()
        assert work_off(consumer) == 199
        while ended := engine.unrecorded():
            engine.settle(ended)
        engine.enqueue(jobs(10_000, 1))


def test_scripts_the_server_forgot_are_loaded_again(redis_client):
    engine, consumer = opened(redis_client)
    engine.enqueue(jobs(0, 2))
    claim = consumer.claim("w", 1)
    redis_client.script_flush()
    accepted, following = consumer.finish(claim, DONE, next_sequence=2)
    assert accepted
    assert following.id == "1"


def test_a_read_only_replica_is_named(start_valkey):
    with Redis.from_url(start_valkey()) as client:
        engine, _ = opened(client)
        engine.stats()
        client.replicaof("127.0.0.1", "1")
        with pytest.raises(QueueUnavailable, match="read-only"):
            engine.enqueue(jobs(0, 1))


def user_of(start_valkey, *rules):
    url = start_valkey()
    with Redis.from_url(url) as client:
        client.execute_command("ACL", "SETUSER", *rules)
    return url


def test_a_user_without_permission_is_named(start_valkey):
    url = user_of(start_valkey, "narrow", "on", "nopass", "~other:*", "+@all")
    with Redis.from_url(url, username="narrow", password="x") as client:
        engine, _ = opened(client)
        with pytest.raises(QueueUnavailable, match="permit"):
            engine.enqueue(jobs(0, 1))


def test_a_user_who_may_touch_the_queues_keys_alone_is_enough(start_valkey):
    url = user_of(start_valkey, "wide", "on", "nopass", "~jl:*", "&jl:*", "+@all", "-@dangerous")
    with Redis.from_url(url, username="wide", password="x") as client:
        engine, consumer = opened(client)
        engine.enqueue(jobs(0, 3))
        assert work_off(consumer) == 3


def test_nobody_listening_is_unavailable_soon(tmp_path):
    with pytest.raises(QueueUnavailable, match="reached"):
        open_engine("q", OPTIONS, f"unix://{tmp_path}/none").stats()
    with pytest.raises(QueueUnavailable, match="reached"):
        open_consumer("q", OPTIONS, f"unix://{tmp_path}/none").wait(0.1)


def blocked(url):
    """Whether the server answers nobody now."""
    with Redis.from_url(url, socket_timeout=0.2, retry=None) as client, contextlib.suppress(RedisTimeout):
        client.ping()
        return False
    return True


def test_a_stopped_server_is_unavailable_within_its_time(start_valkey):
    url = start_valkey("--enable-debug-command", "local")
    with command_client(url) as client, Redis.from_url(url) as other:
        engine, _ = opened(client)
        engine.stats()
        stopper = threading.Thread(target=lambda: other.execute_command("DEBUG", "SLEEP", "4"))
        stopper.start()
        while not blocked(url):
            pass
        with pytest.raises(QueueUnavailable, match="in time"):
            engine.stats()
        stopper.join()
        engine.stats()


def test_events_come_over_sharded_pubsub_after_the_job_was_written(redis_client):
    engine, consumer = opened(redis_client)
    engine.enqueue(jobs(0, 1))
    with redis_client.pubsub() as pubsub:
        pubsub.ssubscribe(engine.channel("0"))
        assert pubsub.get_sharded_message(timeout=5)["type"] == "ssubscribe"
        claim = consumer.claim("w", 1)
        consumer.progress(claim, b'{"test":1}')
        consumer.finish(claim, DONE)
        messages = [pubsub.get_sharded_message(timeout=5)["data"] for _ in range(3)]
    assert messages == [
        b'{"state":"running","attempt":1}',
        b'{"state":"running","attempt":1,"progress":{"test":1}}',
        b'{"state":"done","attempt":1}',
    ]


def test_many_at_once_never_pass_a_bound(redis_url):
    options = QueueOptions(handler="noop", max_queued=50)
    refused = []

    def push(pusher):
        with command_client(redis_url) as client:
            engine = ListsEngine(client, "q", options)
            for n in range(30):
                try:
                    engine.enqueue([NewJob(id=f"{pusher}-{n}", priority="low", payload=b"")])
                except Exception as error:  # noqa: BLE001 - a thread's errors are looked at below
                    refused.append(type(error).__name__)

    pushers = [threading.Thread(target=push, args=(n,)) for n in range(4)]
    for pusher in pushers:
        pusher.start()
    for pusher in pushers:
        pusher.join()
    with command_client(redis_url) as client:
        assert client.llen("jl:{q}:low") == 50
    assert refused == ["QueueFull"] * 70


def test_a_cancel_that_races_a_claim_leaves_one_winner(redis_url):
    with command_client(redis_url) as client:
        engine, consumer = opened(client)
        for n in range(100):
            engine.enqueue(jobs(n, 1))
            barrier = threading.Barrier(2)

            def cancel(n=n, barrier=barrier):
                barrier.wait()
                engine.cancel(str(n))

            canceller = threading.Thread(target=cancel)
            canceller.start()
            barrier.wait()
            claim = consumer.claim("w", n)
            canceller.join()
            job = engine.look(str(n))
            if claim:
                assert (job.state, job.cancelling) == (JobState.RUNNING, True)
                consumer.finish(claim, DONE)
            else:
                assert job.state is JobState.CANCELLED
        assert engine.stats().running == 0


def test_a_waiting_job_of_a_kilobyte_takes_less_than_twice_its_size(redis_client):
    engine, _ = opened(redis_client)
    engine.stats()
    before = redis_client.info("memory")["used_memory"]
    for start in range(0, 1_000, 100):
        engine.enqueue(
            [
                NewJob(
                    id=f"01a20bee-7900-71a0-8000-{n:012d}",
                    priority="low",
                    payload=b"x" * 1_000,
                    user=f"01a20bee-7900-71a0-9000-{n % 50:012d}",
                )
                for n in range(start, start + 100)
            ]
        )
    assert (redis_client.info("memory")["used_memory"] - before) / 1_000 < 2_000


def test_a_killed_server_comes_back_with_every_job_in_its_place(start_valkey, tmp_path):
    kept = ("--dir", str(tmp_path), "--appendonly", "yes", "--appendfsync", "always")
    with Redis.from_url(start_valkey(*kept)) as client:
        engine, consumer = opened(client)
        engine.enqueue(jobs(0, 5))
        consumer.finish(consumer.claim("w", 1), DONE)
        consumer.finish(consumer.claim("w", 2), Ending(kind=Finish.RETRY))
        held = consumer.claim("w", 3)
        before = [engine.look(str(n)) for n in range(5)], engine.stats().totals
        os.kill(client.info("server")["process_id"], signal.SIGKILL)
    with Redis.from_url(start_valkey(*kept)) as client:
        engine, consumer = opened(client)
        assert ([engine.look(str(n)) for n in range(5)], engine.stats().totals) == before
        assert consumer.claim("w", 3) == held
        accepted, following = consumer.finish(held, DONE, next_sequence=4)
        assert accepted
        assert following.id == "3"


def test_the_scripts_keep_to_one_slot_of_a_cluster(start_valkey):
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        port, bus = (str(probe.getsockname()[1]) for probe in (one, other))
    url = start_valkey(
        *("--cluster-enabled", "yes", "--bind", "127.0.0.1", "--port", port, "--cluster-port", bus)
    )
    with Redis.from_url(url) as client:
        client.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        while b"cluster_state:ok" not in client.execute_command("CLUSTER", "INFO"):
            time.sleep(0.01)
        engine, consumer = opened(client)
        engine.enqueue([NewJob(id=str(n), priority="low", payload=b"", user="u") for n in range(3)])
        assert consumer.wait(0.1)
        assert work_off(consumer) == 3
        assert len(engine.unrecorded()) == 3
        consumer.tick()


def test_a_client_is_not_shared_by_a_fork_but_made_anew(redis_url):
    program = """
import os, sys
from judgeline.queues.open import open_consumer, open_engine
from judgeline.queues.options import QueueOptions
options = QueueOptions(handler="noop")
engine = open_engine("q", options, sys.argv[1])
engine.stats()
if os.fork() == 0:
    claim = open_consumer("q", options, sys.argv[1]).claim(f"w{os.getpid()}", 1)
    os._exit(0 if claim else 1)
_, status = os.wait()
engine.stats()
sys.exit(os.waitstatus_to_exitcode(status))
"""
    with command_client(redis_url) as client:
        opened(client)[0].enqueue(jobs(0, 1))
    assert (
        subprocess.run([sys.executable, "-c", program, redis_url], env=os.environ, check=False).returncode
        == 0
    )


def test_a_server_that_may_not_be_asked_whether_it_evicts_is_refused_with_the_cure(start_valkey):
    url = user_of(start_valkey, "wide", "on", "nopass", "~jl:*", "&jl:*", "+@all", "-@dangerous")
    with Redis.from_url(url, username="wide", password="x") as client:
        with pytest.raises(ServerUnfit, match="may not ask") as unfit:
            check_server(client)
        assert "+info" in unfit.value.cure
    with Redis.from_url(url) as client:
        client.execute_command("ACL", "SETUSER", "wide", "+info")
    with Redis.from_url(url, username="wide", password="x") as client:
        check_server(client)
