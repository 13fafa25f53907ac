"""Clients that stall: they must cost the others nothing."""

import contextlib
import http.client
import json
import socket
import time

import pytest

from api.worker import LINGERING

HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Name: "
BODY = b"POST /v1/runs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
CLOSE = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
PATIENCE_S = 30.0


@contextlib.contextmanager
def clients(front, count, sent):
    """Connections that have sent this much and then neither send, nor read, nor close."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", front.port), timeout=PATIENCE_S)
            opened.append(stack.enter_context(connection))
            connection.sendall(sent)
        yield opened


def log_of(front):
    return (front.folder / "api.log").read_text()


@pytest.mark.parametrize("sent", [HEAD, BODY], ids=["head", "body"])
def test_half_a_request_gives_its_thread_back(front, sent):
    with clients(front, 12, sent) as stalled:  # as many as the front has threads
        assert front.call("GET", "/healthz").status == 200
        for connection in stalled:
            with contextlib.suppress(ConnectionResetError):
                while connection.recv(65_536):
                    pass  # a 400 may come first; then the end, within PATIENCE_S
    assert "Traceback" not in log_of(front)


def test_who_does_not_close_keeps_nobody_from_being_served(front):
    """gunicorn's own worker waits two seconds for each, and accepts nobody meanwhile."""
    with clients(front, 3 * LINGERING, CLOSE):
        began = time.monotonic()
        for _ in range(3):
            assert front.call("GET", "/healthz").status == 200
        assert time.monotonic() - began < 2 * LINGERING


def test_a_body_too_long_is_answered_before_it_is_whole(front):
    """The connection lingers until the client has had its answer."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", front.port, timeout=60)) as connection:
        connection.request("POST", "/v1/submissions", b"x" * 4_000_000, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["type"]) == (413, "/v1/errors/too-large")
