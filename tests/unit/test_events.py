import threading

import pytest

from judgeline.events import EventListener, Wake, Watch
from judgeline.queues.job import JobState


@pytest.fixture
def watch():
    return Watch("c")


def test_events_come_in_order_with_their_progress(watch):
    watch.deliver(b'{"state":"running","attempt":1}')
    watch.deliver(b'{"state":"running","attempt":1,"progress":{"test":2}}')
    first, second = watch.wait(0), watch.wait(0)
    assert (first.state, first.attempt, bytes(first.progress)) == (JobState.RUNNING, 1, b"")
    assert bytes(second.progress) == b'{"test":2}'
    assert watch.wait(0) is None


def test_duplicates_and_overtaken_attempts_are_dropped(watch):
    for attempt in (2, 2, 1, 3):
        watch.deliver(b'{"state":"running","attempt":%d}' % attempt)
    assert [watch.wait(0).attempt, watch.wait(0).attempt, watch.wait(0)] == [2, 3, None]


@pytest.mark.parametrize("message", [b"", b"{", b"[]", b'{"state":"odd"}', b"\xff", b'"\xff"'])
def test_what_is_no_event_is_passed_over(watch, message):
    watch.deliver(message)
    watch.deliver(b'{"state":"done","attempt":1}')
    assert watch.wait(0).state is JobState.DONE


def test_a_wake_is_no_event(watch):
    watch.deliver(Wake.CATCH_UP)
    assert watch.wait(0) is Wake.CATCH_UP


def test_a_wait_is_ended_by_what_comes(watch):
    threading.Timer(0.01, watch.deliver, [b'{"state":"done"}']).start()
    assert watch.wait(30).state is JobState.DONE


def test_without_a_server_a_watch_begins_unconfirmed(tmp_path, monkeypatch):
    monkeypatch.setattr("judgeline.events.listener.CONFIRM_S", 0.01)
    listener = EventListener(f"unix://{tmp_path}/none")
    with listener.watch("c") as watch:
        assert not watch.confirmed.is_set()
        assert watch.wait(0.01) is None
    listener.stop()
    listener.stop()
