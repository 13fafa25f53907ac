"""The fault proxy, in front of a real server: each fault does what it says, and nothing else."""

import contextlib
import http.server
import socket
import threading
import time
import urllib.request
from urllib.parse import urlsplit

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeout

from judgeline.chaos.errors import ChaosError
from judgeline.chaos.proxy import FaultProxy, Links, Then
from judgeline.queues.connect import command_client
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import NewJob
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.options import QueueOptions

PATIENCE_S = 20.0


def until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return found


@pytest.fixture
def proxy(redis_url):
    with FaultProxy(redis_url) as proxy:
        yield proxy


def client_of(proxy, timeout_s=PATIENCE_S):
    """A client that never repeats a command and says little at its start."""
    return Redis.from_url(proxy.url, socket_timeout=timeout_s, retry=None, protocol=2)


def raw_of(proxy, timeout_s=PATIENCE_S):
    return socket.create_connection(("127.0.0.1", urlsplit(proxy.url).port), timeout=timeout_s)


@pytest.fixture
def client(proxy):
    with client_of(proxy) as client:
        client.ping()
        yield client


def test_everything_goes_through(proxy, client, redis_client):
    big = bytes(range(256)) * 20_000
    client.set("big", big)
    assert client.get("big") == redis_client.get("big") == big
    with client.pipeline(transaction=False) as pipeline:
        for number in range(1_000):
            pipeline.rpush("list", number)
        assert pipeline.execute() == list(range(1, 1_001))
    assert client.lrange("list", 0, -1) == [b"%d" % number for number in range(1_000)]


def test_the_newer_protocol_and_subscriptions_go_through(proxy, redis_client):
    with Redis.from_url(proxy.url, protocol=3) as client, client.pubsub() as pubsub:
        assert client.hgetall("none") == {}
        pubsub.ssubscribe("c")
        until(lambda: pubsub.get_sharded_message(timeout=1))
        for number in range(3):
            redis_client.execute_command("SPUBLISH", "c", number)
        heard = [until(lambda: pubsub.get_sharded_message(timeout=1)) for _ in range(3)]
        assert [message["data"] for message in heard] == [b"0", b"1", b"2"]


def test_it_may_stand_on_a_unix_socket(redis_url, tmp_path):
    with FaultProxy(redis_url, path=tmp_path / "p") as proxy, client_of(proxy) as client:
        assert proxy.url == f"unix://{tmp_path}/p?db=0"
        assert client.ping()
    assert not (tmp_path / "p").exists()


def test_a_url_keeps_what_it_says(redis_url):
    with FaultProxy("redis://me:secret@127.0.0.1:7777/3") as proxy:
        assert proxy.url.startswith("redis://me:secret@127.0.0.1:")
        assert proxy.url.endswith("/3")
    with FaultProxy(f"{redis_url}?db=5") as proxy:
        assert proxy.url.endswith("/5")
    with pytest.raises(ChaosError, match="ftp"):
        FaultProxy("ftp://x")


def test_a_dropped_reply_leaves_the_command_done_and_the_connection_silent(proxy, redis_client):
    with client_of(proxy, 0.2) as client:
        client.incr("n")
        proxy.drop_replies(containing=b"INCR")
        with pytest.raises(RedisTimeout):
            client.incr("n")
        assert redis_client.get("n") == b"2"
        assert proxy.counts().dropped == 1
        assert client.incr("n") == 3


def test_only_the_commands_with_the_needle_are_hit_and_only_as_many(proxy, client):
    proxy.drop_replies(2, containing=b"needle", then=Then.CUT)
    assert client.echo("hay") == b"hay"
    for _ in range(2):
        with pytest.raises(RedisConnectionError):
            client.echo("a needle")
    assert client.echo("a needle") == b"a needle"
    assert proxy.counts().dropped == 2


def test_a_reply_in_the_middle_of_a_pipeline_is_dropped_and_those_before_it_arrive(proxy, redis_client):
    proxy.drop_replies(containing=b"second", then=Then.SILENCE)
    with raw_of(proxy, 0.3) as raw:
        words = [b"*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n" % (len(word), word) for word in (b"first", b"second")]
        raw.sendall(b"".join([*words, *words]))
        assert raw.recv(100) == b"$5\r\nfirst\r\n"
        with pytest.raises(TimeoutError):
            raw.recv(100)


def test_cut_resets_what_is_open_and_serves_what_comes(proxy, client):
    with raw_of(proxy) as raw:
        raw.sendall(b"*1\r\n$4\r\nPING\r\n")
        assert raw.recv(100) == b"+PONG\r\n"
        assert proxy.counts().links == 2
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            raw.recv(100)
    assert client.ping()
    assert proxy.counts().links == 1


def test_refused_connections_are_those_that_are_new(proxy, client):
    proxy.refuse()
    assert client.ping()
    with client_of(proxy) as other:
        with pytest.raises(RedisConnectionError):
            other.ping()
        proxy.heal()
        assert other.ping()


def test_a_delay_keeps_order_and_throughput(proxy, client):
    client.ping()
    proxy.delay(requests_s=0.1, replies_s=0.1)
    began = time.monotonic()
    client.ping()
    assert time.monotonic() - began >= 0.2
    threads = [threading.Thread(target=_echo_many, args=(proxy,)) for _ in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # 200 in a pipeline and 4 clients: one after another they would take 160 s
    assert time.monotonic() - began < 20
    proxy.heal()
    assert client.ping()


def _echo_many(proxy):
    with client_of(proxy) as client, client.pipeline(transaction=False) as pipeline:
        for number in range(200):
            pipeline.echo(number)
        assert pipeline.execute() == [b"%d" % number for number in range(200)]


def test_a_shortened_delay_lets_nothing_overtake(proxy, redis_client):
    with raw_of(proxy) as raw:
        proxy.delay(requests_s=0.2)
        raw.sendall(b"*3\r\n$5\r\nRPUSH\r\n$1\r\nl\r\n$1\r\n1\r\n")
        until(lambda: proxy.counts().held_bytes)
        proxy.delay(requests_s=0.0)
        raw.sendall(b"*3\r\n$5\r\nRPUSH\r\n$1\r\nl\r\n$1\r\n2\r\n")
        assert raw.recv(4) == b":1\r\n"
        assert raw.recv(4) == b":2\r\n"
    assert redis_client.lrange("l", 0, -1) == [b"1", b"2"]


def test_what_is_held_arrives_when_it_heals_even_if_its_sender_has_gone(proxy, redis_client):
    with client_of(proxy, 0.2) as client:
        client.ping()
        proxy.hold()
        with pytest.raises(RedisTimeout):
            client.incr("n")
    assert redis_client.get("n") is None
    proxy.heal()
    assert until(lambda: redis_client.get("n")) == b"1"
    until(lambda: proxy.counts().links == 0)


def test_what_a_blackhole_swallowed_never_arrives(proxy, redis_client):
    with client_of(proxy, 0.2) as client:
        client.ping()
        proxy.blackhole()
        for _ in range(2):  # on the open connection, and on a new one
            with pytest.raises(RedisTimeout):
                client.incr("n")
        assert proxy.counts().lost_bytes > 0
        proxy.heal()
        assert client.incr("n") == 1
    assert redis_client.get("n") == b"1"
    until(lambda: proxy.counts().links == 0)


def test_one_direction_may_be_a_blackhole(proxy, redis_client):
    with client_of(proxy, 0.2) as client:
        client.ping()
        proxy.blackhole(requests=False)
        with pytest.raises(RedisTimeout):
            client.incr("n")
        assert redis_client.get("n") == b"1"


def test_a_fault_may_be_for_the_open_links_or_for_later_ones(proxy, client):
    proxy.hold(links=Links.LATER)
    assert client.ping()
    with client_of(proxy, 0.2) as later, pytest.raises(RedisTimeout):
        later.ping()
    proxy.heal()
    proxy.hold(links=Links.OPEN)
    with client_of(proxy) as later:
        assert later.ping()
    proxy.heal()
    assert client.ping()


def test_a_server_that_is_gone_resets_the_client(tmp_path):
    with (
        FaultProxy(f"unix://{tmp_path}/none") as proxy,
        client_of(proxy) as client,
        pytest.raises(RedisConnectionError),
    ):
        client.ping()


def test_what_is_not_redis_is_carried_as_it_is():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    server.RequestHandlerClass = _Hello
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with FaultProxy(f"http://127.0.0.1:{server.server_port}") as proxy:
            with urllib.request.urlopen(proxy.url, timeout=PATIENCE_S) as answer:
                assert answer.read() == b"hello"
            proxy.blackhole(requests=False)
            with contextlib.suppress(TimeoutError):
                urllib.request.urlopen(proxy.url, timeout=0.2)
                pytest.fail("an answer came")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_arguments):
        pass


def test_a_queue_works_through_it_at_a_millisecond_of_delay(proxy, redis_url):
    options = QueueOptions(handler="noop", store=False)
    proxy.delay(requests_s=0.0005, replies_s=0.0005)
    with command_client(proxy.url) as client:
        ListsEngine(client, "q", options).enqueue(
            [NewJob(id=str(number), priority="low", payload=b"x") for number in range(100)]
        )
        consumer = ListsConsumer(client, client, "q", options)
        claim, done = consumer.claim("w", 1), 0
        while claim:
            done += 1
            _, claim = consumer.finish(claim, Ending(kind=Finish.DONE), next_sequence=done + 1)
    assert done == 100


def test_a_closed_proxy_says_so_and_leaves_no_thread(redis_url):
    proxy = FaultProxy(redis_url)
    proxy.close()
    proxy.close()
    assert "fault-proxy" not in [thread.name for thread in threading.enumerate()]
    with pytest.raises(ChaosError, match="closed"):
        proxy.cut()
