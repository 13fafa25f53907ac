"""The listener on a real server that is killed, stopped and started again."""

import os
import threading
import time

import pytest
from redis import Redis

from judgeline.events import EventListener, Wake
from judgeline.queues.connect import open_connection
from judgeline.queues.job import JobState

RUNNING = b'{"state":"running","attempt":1}'
DONE = b'{"state":"done","attempt":1}'


@pytest.fixture
def listener(redis_url):
    listener = EventListener(redis_url)
    yield listener
    listener.stop()


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def connections(client):
    """The connections that are subscribed to something."""
    return [one for one in client.client_list() if int(one["ssub"])]


def test_what_is_published_after_the_watch_began_is_heard(listener, redis_client):
    with listener.watch("c") as watch:
        assert watch.confirmed.is_set()
        assert redis_client.spublish("c", RUNNING) == 1
        assert watch.wait(30).state is JobState.RUNNING


def test_many_watch_one_channel_over_one_subscription(listener, redis_client):
    with listener.watch("c") as first, listener.watch("c") as second, listener.watch("d") as other:
        (connection,) = connections(redis_client)
        assert int(connection["ssub"]) == 2
        redis_client.spublish("c", DONE)
        assert first.wait(30).state is second.wait(30).state is JobState.DONE
        assert other.wait(0.01) is None
    until(lambda: not connections(redis_client))


def test_a_channel_that_was_left_can_be_taken_up_again(listener, redis_client):
    for _ in range(50):
        with listener.watch("c") as watch:
            assert watch.confirmed.is_set()
            redis_client.spublish("c", DONE)
            assert watch.wait(30).state is JobState.DONE


def test_threads_may_watch_at_once(listener, redis_client):
    heard = []

    def watch(number):
        with listener.watch(f"c{number % 5}") as found:
            redis_client.spublish(f"c{number % 5}", DONE)
            heard.append(found.wait(30))

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 40
    assert None not in heard


def test_a_lost_connection_wakes_and_is_made_again(listener, redis_client):
    with listener.watch("c") as watch:
        redis_client.client_kill_filter(_type="pubsub")
        assert watch.wait(30) is Wake.CATCH_UP
        assert watch.confirmed.is_set()
        redis_client.spublish("c", DONE)
        assert watch.wait(30).state is JobState.DONE


def test_a_watch_begun_while_the_server_was_silent_is_woken_later(listener, redis_client, monkeypatch):
    monkeypatch.setattr("judgeline.events.listener.CONFIRM_S", 0.01)
    with listener.watch("warm"):
        pass
    redis_client.execute_command("CLIENT", "PAUSE", 300, "ALL")
    with listener.watch("c") as watch:
        assert not watch.confirmed.is_set()
        assert watch.wait(30) is Wake.CATCH_UP
        redis_client.spublish("c", DONE)
        assert watch.wait(30).state is JobState.DONE


def test_a_server_that_falls_silent_is_given_up(listener, redis_client, monkeypatch):
    monkeypatch.setattr("judgeline.events.subscriber.PING_S", 0.05)
    monkeypatch.setattr("judgeline.events.subscriber.DEAF_S", 0.2)
    with listener.watch("c") as watch:
        (before,) = connections(redis_client)
        redis_client.execute_command("CLIENT", "PAUSE", 1000, "ALL")
        assert watch.wait(30) is Wake.CATCH_UP
        until(lambda: [one["id"] for one in connections(redis_client)] not in ([], [before["id"]]))


def test_a_forked_child_listens_on_its_own(listener, redis_client, redis_url):
    with listener.watch("c"):
        child = os.fork()
        if not child:
            code = 1
            try:
                with listener.watch("c") as watch:
                    Redis.from_url(redis_url).spublish("c", DONE)
                    code = 0 if watch.wait(30) is not None else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_stopped_listener_starts_anew(listener, redis_client):
    with listener.watch("c"):
        pass
    listener.stop()
    until(lambda: not connections(redis_client))
    with listener.watch("c") as watch:
        redis_client.spublish("c", DONE)
        assert watch.wait(30).state is JobState.DONE


def test_a_server_that_is_away_for_long_is_tried_for_as_long(listener, redis_client, monkeypatch, tmp_path):
    """More often than a pool makes connections."""
    monkeypatch.setattr("judgeline.events.subscriber.RECONNECT_S", (0.001,))
    here, tries = listener._url, []
    with listener.watch("c") as watch:

        def away(url, **more):
            tries.append(url)
            return open_connection(f"unix://{tmp_path}/none" if len(tries) <= 150 else here, **more)

        monkeypatch.setattr("judgeline.events.listener.open_connection", away)
        redis_client.client_kill_filter(_type="pubsub")
        assert watch.wait(30) is Wake.CATCH_UP
        assert len(tries) > 150
        redis_client.spublish("c", DONE)
        assert watch.wait(30).state is JobState.DONE
