import contextlib
import socket
import threading

import msgspec
import pytest

from api.waiting import hung_up
from judgeline.events import Watch
from judgeline.judging.verdicts import Judgement, Verdict
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueUnavailable

ACCEPTED = msgspec.json.encode(Judgement(verdict=Verdict.ACCEPTED))


def finish(front):
    claim = front.queue.claim("w", 1)
    front.queue.finish(claim, Ending(kind=Finish.DONE, result=ACCEPTED))


@contextlib.contextmanager
def when_watched(front, act):
    """Do something as soon as somebody watches, and have done it at the end."""
    watch = front.services.listener.watch
    acting = []

    @contextlib.contextmanager
    def watched(channel):
        with watch(channel) as found:
            thread = threading.Thread(target=act)
            acting.append(thread)
            thread.start()
            yield found

    front.services.listener.watch = watched
    yield
    for thread in acting:
        thread.join()


def test_a_wait_ends_with_the_submission(front):
    job_id = front.submit()
    with when_watched(front, lambda: finish(front)):
        answer = front.client.get(f"/v1/submissions/{job_id}?wait=20").json
    assert (answer["status"], answer["verdict"]) == ("done", "accepted")


def test_a_wait_that_hears_no_event_reads_again(front):
    class Deaf:
        @contextlib.contextmanager
        def watch(self, channel):
            threading.Thread(target=finish, args=(front,)).start()
            yield Watch(channel)

    deaf = front.with_services(listener=Deaf())
    assert deaf.client.get(f"/v1/submissions/{front.submit()}?wait=20").json["status"] == "done"


def test_a_wait_ends_with_its_time(front):
    job_id = front.submit()
    assert front.client.get(f"/v1/submissions/{job_id}?wait=0.05").json["status"] == "queued"


def test_a_wait_is_cut_to_the_longest(front):
    short = front.with_api(max_wait_s=1)
    assert short.client.get(f"/v1/submissions/{front.submit()}?wait=1e9").json["status"] == "queued"


@pytest.mark.parametrize("wait", ["0", "-1", "nan"])
def test_no_time_is_no_wait(front, wait):
    answer = front.client.get(f"/v1/submissions/{front.submit()}?wait={wait}")
    assert answer.status_code in (200, 400)


def test_a_wait_ends_when_the_process_stops(front):
    front.services.stopping.follow(lambda: True)
    assert front.client.get(f"/v1/submissions/{front.submit()}?wait=20").json["status"] == "queued"


def test_a_wait_for_what_has_ended_needs_no_slot(front):
    job_id = front.submit()
    front.client.delete(f"/v1/submissions/{job_id}")
    front.queue._ledger.jobs.clear()
    with front.services.store.writer() as connection:
        connection.exec_driver_sql("UPDATE jobs SET state = 'cancelled'")
    while front.services.slots.take():
        pass
    answer = front.client.get(f"/v1/submissions/{job_id}?wait=20")
    assert answer.json["status"] == "cancelled"
    assert "Retry-After" not in answer.headers


def test_a_wait_beyond_the_slots_answers_at_once(front):
    job_id = front.submit()
    while front.services.slots.take():
        pass
    answer = front.client.get(f"/v1/submissions/{job_id}?wait=20")
    assert (answer.json["status"], answer.headers["Retry-After"]) == ("queued", "1")


def test_a_wait_gives_its_slot_back(front, monkeypatch):
    job_id = front.submit()
    for _ in range(3):
        assert "Retry-After" not in front.client.get(f"/v1/submissions/{job_id}?wait=0.01").headers

    def away(_job_id):
        raise QueueUnavailable("gone")

    monkeypatch.setattr(front.queue, "look", away)
    for _ in range(3):
        assert front.client.get(f"/v1/submissions/{job_id}?wait=0.01").status_code == 503
    assert front.services.slots.take()
    assert front.services.slots.take()
    assert not front.services.slots.take()


def test_a_closed_connection_is_noticed():
    ours, theirs = socket.socketpair()
    with ours:
        environ = {"gunicorn.socket": ours}
        assert not hung_up(environ)
        theirs.send(b"GET")
        assert not hung_up(environ)
        assert ours.recv(3) == b"GET"
        theirs.close()
        assert hung_up(environ)
    assert hung_up(environ)
    assert not hung_up({})
