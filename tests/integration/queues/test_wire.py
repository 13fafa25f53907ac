import contextlib
import os
import threading

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError

from judgeline.queues.connect import command_client
from judgeline.queues.wire import Wire


@pytest.fixture
def client(redis_url):
    client = command_client(redis_url)
    yield client
    client.close()


@pytest.fixture
def wire(client):
    return Wire(client)


def test_a_command_is_answered(wire):
    assert wire.call("SET", "k", b"\x00v") == b"OK"
    assert wire.call("GET", "k") == b"\x00v"
    assert wire.call("INCRBY", "n", 3) == 3


def test_one_connection_serves_call_after_call(wire):
    assert len({wire.call("CLIENT", "ID") for _ in range(5)}) == 1


def test_an_error_is_an_answer_and_costs_no_connection(wire):
    before = wire.call("CLIENT", "ID")
    with pytest.raises(NoScriptError):
        wire.call("EVALSHA", "0" * 40, 0)
    assert wire.call("CLIENT", "ID") == before


def test_a_lost_connection_is_made_again(wire, redis_client):
    before = wire.call("CLIENT", "ID")
    redis_client.client_kill_filter(_id=before)
    assert wire.call("CLIENT", "ID") != before


def test_a_server_that_is_gone_is_told(tmp_path):
    with pytest.raises(RedisConnectionError):
        Wire(command_client(f"unix://{tmp_path}/none")).call("PING")


def test_a_silent_server_is_asked_once(wire, redis_client):
    assert wire.call("PING") == b"PONG"
    redis_client.execute_command("CLIENT", "PAUSE", 1500, "ALL")
    with pytest.raises(RedisTimeoutError):
        wire.call("INCR", "asked")
    redis_client.execute_command("CLIENT", "UNPAUSE")
    assert int(redis_client.get("asked") or 0) <= 1


def test_threads_never_share_a_connection(wire):
    wrong = []

    def work(number):
        wanted = str(number).encode()
        wrong.extend(answer for _ in range(200) if (answer := wire.call("ECHO", wanted)) != wanted)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_forked_child_has_connections_of_its_own(wire):
    before = wire.call("CLIENT", "ID")
    (kept,) = wire._idle
    descriptor = kept._sock.fileno()
    child = os.fork()
    if not child:
        code = 1
        try:
            with contextlib.suppress(OSError):
                os.fstat(descriptor)
                code = 3  # the parent's is open here, too
            if code == 1:
                code = 0 if wire.call("CLIENT", "ID") != before else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert wire.call("CLIENT", "ID") == before


def test_closing_the_client_closes_what_is_kept(wire, client, redis_url):
    kept = wire.call("CLIENT", "ID")
    client.close()
    with Redis.from_url(redis_url) as other:
        assert kept not in [int(one["id"]) for one in other.client_list()]


def test_a_replica_is_left_for_whoever_the_address_leads_to_now(start_valkey):
    url = start_valkey()
    with command_client(url) as client, Redis.from_url(url) as other:
        wire = Wire(client)
        before = wire.call("CLIENT", "ID")
        other.replicaof("127.0.0.1", "1")
        with pytest.raises(ReadOnlyError):
            wire.call("SET", "k", "v")
        other.replicaof("NO", "ONE")
        assert wire.call("SET", "k", "v") == b"OK"
        assert wire.call("CLIENT", "ID") != before


def test_a_command_for_once_is_not_sent_again_where_a_connection_proves_lost(wire, redis_client):
    before = wire.call("CLIENT", "ID")
    redis_client.client_kill_filter(_id=before)
    with pytest.raises(RedisConnectionError):
        wire.call_once("INCR", "asked")
    assert redis_client.get("asked") is None
    assert wire.call_once("INCR", "asked") == 1
