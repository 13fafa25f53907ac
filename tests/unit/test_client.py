import contextlib
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from judgeline.client import Client, ClientError, ServerEvent, parse_events


def test_events_are_read_as_the_standard_has_them():
    lines = [
        ": heartbeat\n",
        "\n",
        "event: progress\r\n",
        'data: {"test":\n',
        "data: 1}\n",
        "id: 7\n",
        "\n",
        'data:"x"\n',
        "\n",
        "event: lost\n",
        'data: "no blank line follows"\n',
    ]
    assert list(parse_events(iter(lines))) == [
        ServerEvent("progress", {"test": 1}),
        ServerEvent("message", "x"),
    ]


@contextlib.contextmanager
def serving(*answers):
    """A real HTTP server that gives one canned answer a request: (status, content type, body)."""
    waiting = iter(answers)
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            seen.append((self.command, self.path, dict(self.headers)))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, kind, body = next(waiting)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the base class's names

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_submit_carries_the_key_and_the_idempotency_key():
    with serving((202, "application/json", b'{"id": "x"}')) as (url, seen):
        client = Client(url, key="id.secret")
        accepted = client.submit(problem="p", language="c", source="int main;", idempotency_key="once")
        client.close()
    assert accepted == {"id": "x"}
    method, path, headers = seen[0]
    assert (method, path) == ("POST", "/v1/submissions")
    assert headers["Authorization"] == "Bearer id.secret"
    assert headers["Idempotency-Key"] == "once"


def test_a_refusal_says_the_fields():
    body = b'{"title": "Bad", "detail": "not valid", "errors": [{"field": "source", "reason": "is empty"}]}'
    with serving((400, "application/problem+json", body)) as (url, _):
        client = Client(url)
        with pytest.raises(ClientError, match="not valid; source: is empty") as caught:
            client.get("v1/submissions/x")
        client.close()
    assert caught.value.status == 400


def test_no_server_is_one_clear_error():
    client = Client("http://127.0.0.1:1")
    with pytest.raises(ClientError, match=r"no answer from http://127\.0\.0\.1:1") as caught:
        client.get("healthz")
    client.close()
    assert caught.value.status == 0


def test_a_broken_stream_is_taken_up_again():
    first = (200, "text/event-stream", b'event: queued\ndata: {"status": "queued"}\n\n')
    second = (200, "text/event-stream", b'event: verdict\ndata: {"status": "done"}\n\n')
    with serving(first, second) as (url, seen):
        client = Client(url)
        names = [event.name for event in client.events("v1/x/events")]
        client.close()
    assert names == ["queued", "verdict"]
    assert len(seen) == 2


def test_a_stream_that_never_says_anything_is_given_up(monkeypatch):
    monkeypatch.setattr("judgeline.client._PAUSES_S", (0.0, 0.0, 0.01))
    with serving(*[(200, "text/event-stream", b": nothing\n\n")] * 3) as (url, seen):
        client = Client(url)
        with pytest.raises(ClientError, match="keeps breaking off"):
            list(client.events("v1/x/events"))
        client.close()
    assert len(seen) == 3


def test_a_server_without_a_thread_for_a_stream_is_asked_again(monkeypatch):
    monkeypatch.setattr("judgeline.client._PAUSES_S", (0.0, 0.01))
    busy = (503, "application/problem+json", b'{"detail": "every thread for streams is taken"}')
    ended = (200, "text/event-stream", b'event: verdict\ndata: {"status": "done"}\n\n')
    with serving(busy, ended) as (url, _), closing(Client(url)) as client:
        assert [event.name for event in client.events("v1/x/events")] == ["verdict"]


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[]", b"\xff"])
def test_what_is_no_judgeline_is_one_clear_error(body):
    with (
        serving((200, "text/html", body)) as (url, _),
        closing(Client(url)) as client,
        pytest.raises(ClientError, match="is no Judgeline API"),
    ):
        client.get("v1/submissions/x")


def test_a_stream_of_something_else_is_one_clear_error():
    with (
        serving((200, "text/html", b"data: hello\n\n")) as (url, _),
        closing(Client(url)) as client,
        pytest.raises(ClientError, match="is no Judgeline API"),
    ):
        list(client.events("v1/x/events"))


def test_a_field_that_the_detail_names_is_said_once():
    body = b'{"detail": "source: is empty", "errors": [{"field": "source", "reason": "is empty"}]}'
    with (
        serving((400, "application/problem+json", body)) as (url, _),
        closing(Client(url)) as client,
        pytest.raises(ClientError, match=r"^source: is empty$"),
    ):
        client.get("v1/submissions/x")
