import contextlib
import threading

import msgspec
import pytest

from judgeline.client import parse_events
from judgeline.events import Wake
from judgeline.judging.verdicts import Judgement, Progress, Verdict
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueUnavailable

ACCEPTED = msgspec.json.encode(Judgement(verdict=Verdict.ACCEPTED))


def work(front, tests=3):
    """Judge the next submission."""
    claim = front.queue.claim("w", 1)
    for test in range(1, tests + 1):
        note = Progress(stage="testing", test=test, tests_total=tests)
        front.queue.progress(claim, msgspec.json.encode(note))
    front.queue.finish(claim, Ending(kind=Finish.DONE, result=ACCEPTED))


def follow(front, job_id, **headers):
    return front.client.get(f"/v1/submissions/{job_id}/events", headers=headers, buffered=False)


def lines(answer):
    for chunk in answer.response:
        yield from chunk.decode().splitlines(keepends=True)


def test_a_stream_tells_the_whole_course(front):
    job_id = front.submit()
    answer = follow(front, job_id)
    assert answer.content_type == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    events = parse_events(lines(answer))
    first = next(events)
    assert (first.name, first.data) == ("queued", {"status": "queued", "attempt": 0, "position": 0})
    thread = threading.Thread(target=work, args=(front,))
    thread.start()
    rest = list(events)
    thread.join()
    assert [event.name for event in rest] == ["running", "progress", "progress", "progress", "verdict"]
    assert rest[2].data == {
        "status": "running",
        "attempt": 1,
        "stage": "testing",
        "test": 2,
        "tests_total": 3,
    }
    assert rest[-1].data == front.client.get(f"/v1/submissions/{job_id}").json


def test_a_stream_of_what_has_ended_is_the_verdict_alone(front):
    job_id = front.submit()
    work(front)
    text = follow(front, job_id).text
    assert text.startswith("retry: 1000\n\nid: end.1\nevent: verdict\ndata: {")


def test_a_cancelled_job_ends_its_stream(front):
    job_id = front.submit()
    front.client.delete(f"/v1/submissions/{job_id}")
    (event,) = parse_events(lines(follow(front, job_id)))
    assert (event.name, event.data["status"]) == ("verdict", "cancelled")


def test_who_saw_the_end_is_sent_away_for_good(front):
    job_id = front.submit()
    work(front)
    answer = follow(front, job_id, **{"Last-Event-ID": "end.1"})
    assert (answer.status_code, answer.data) == (204, b"")
    assert front.services.slots.take()
    assert front.services.slots.take()


def test_who_comes_back_is_not_told_the_same_again(front):
    job_id = front.submit()
    answer = follow(front, job_id, **{"Last-Event-ID": "0.queued"})
    front.services.stopping.follow(lambda: True)
    assert answer.text == "retry: 1000\n\n"


def test_after_a_lost_connection_the_job_is_read(front):
    job_id = front.submit()
    answer = follow(front, job_id)
    events = parse_events(lines(answer))
    assert next(events).name == "queued"
    listener = front.services.listener
    watches, listener.watches = listener.watches, {}  # the events are lost
    work(front)
    for (watch,) in watches.values():
        watch.deliver(Wake.CATCH_UP)
    assert [event.name for event in events] == ["verdict"]


def test_progress_that_was_read_is_not_told_again_by_late_events(front):
    job_id = front.submit()
    claim = front.queue.claim("w", 1)
    note = Progress(stage="testing", test=5, tests_total=9)
    front.queue.progress(claim, msgspec.json.encode(note))
    events = parse_events(lines(follow(front, job_id)))
    assert [next(events).name, next(events).data["test"]] == ["running", 5]
    (watch,) = front.services.listener.watches[front.queue.channel(job_id)]
    watch.deliver(b'{"state":"running","attempt":1,"progress":{"stage":"testing","test":4}}')
    watch.deliver(b'{"state":"running","attempt":1,"progress":["of another version"]}')
    watch.deliver(b'{"state":"running","attempt":1,"progress":{"stage":"testing","test":6}}')
    assert next(events).data["test"] == 6


def test_a_stream_outlives_a_queue_that_is_away(front, monkeypatch):
    job_id = front.submit()
    look = front.queue.look
    failures = [QueueUnavailable("gone")]

    def flaky(asked):
        if failures:
            raise failures.pop()
        return look(asked)

    monkeypatch.setattr(front.queue, "look", flaky)
    events = parse_events(lines(follow(front, job_id)))
    assert next(events).name == "queued"
    assert not failures


def test_silence_is_broken_by_comments(front, monkeypatch):
    monkeypatch.setattr("api.stream.HEARTBEAT_S", 0.0)
    answer = follow(front, front.submit())
    chunks = iter(answer.response)
    assert [next(chunks)[:6] for _ in range(3)] == [b"retry:", b"id: 0.", b": stil"]
    answer.close()


def test_streams_beyond_the_slots_are_refused(front):
    job_id = front.submit()
    first, second = follow(front, job_id), follow(front, job_id)
    refused = follow(front, job_id)
    assert (refused.status_code, refused.json["type"]) == (503, "/v1/errors/too-many-streams")
    assert refused.headers["Retry-After"] == "1"
    assert front.client.get("/healthz").status_code == 200
    first.close()
    again = follow(front, job_id)
    assert again.status_code == 200
    again.close()
    second.close()


def test_a_stream_that_never_began_gives_its_slot_back(front):
    for _ in range(5):
        with contextlib.closing(follow(front, front.submit())) as answer:
            assert answer.status_code == 200


def test_a_look_at_the_headers_alone_takes_no_slot_for_good(front):
    path = f"/v1/submissions/{front.submit()}/events"
    assert [front.client.head(path).status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize("path", ["/v1/submissions/x/events", "/v1/runs/x/events"])
def test_an_unknown_job_has_no_stream(front, path):
    assert front.client.get(path).status_code == 404
