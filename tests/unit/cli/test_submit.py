"""`judgeline submit` against a server that answers as told."""

import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from rich.progress import Progress

from judgeline.cli import cli

HERE = "/v1/submissions/x"
ACCEPTED = (202, {"id": "x", "links": {"self": HERE, "events": f"{HERE}/events"}})
ENDED = {"status": "done", "verdict": "accepted", "tests": [], "tests_total": 0}


def events(*data):
    return "".join(f"event: {name}\ndata: {json.dumps(body)}\n\n" for name, body in data).encode()


@pytest.fixture
def server():
    """Answers by method and path: (status, JSON) or bytes of a stream; a threading.Event holds the answer."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = self.server.answers[self.command, self.path.partition("?")[0]]
            if isinstance(answer, list):
                answer = answer.pop(0)
            if isinstance(answer, threading.Event):
                self.server.asked.set()
                answer.wait(60)
                return
            status, body = (
                (200, answer) if isinstance(answer, bytes) else (answer[0], json.dumps(answer[1]).encode())
            )
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 - the base class's names

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers = {("POST", "/v1/submissions"): ACCEPTED}
        server.asked = threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "solution.py"
    path.write_text("print(1)")
    return str(path)


def submit(server, source, *options):
    return CliRunner().invoke(
        cli, ["submit", "aplusb", source, "-l", "python3", "--url", server.url, *options]
    )


def test_progress_is_shown_as_it_comes(server, source, monkeypatch):
    shown = []
    monkeypatch.setattr(Progress, "update", lambda _self, _task, **told: shown.append(told))
    running = {"status": "running", "attempt": 1}
    server.answers["GET", f"{HERE}/events"] = events(
        ("queued", {"status": "queued", "attempt": 0}),
        ("progress", running | {"stage": "testing", "test": 3, "tests_total": 15}),
        ("verdict", ENDED),
    )
    server.answers["GET", HERE] = (200, ENDED)
    assert submit(server, source).exit_code == 0
    assert shown == [
        {"description": "queued", "completed": 0, "total": None},
        {"description": "testing", "completed": 3, "total": 15},
    ]


def test_without_a_stream_it_is_waited_for(server, source, monkeypatch):
    monkeypatch.setattr("judgeline.client._PAUSES_S", (0.0,))
    monkeypatch.setattr("judgeline.cli.submit._PAUSE_S", 0)
    server.answers["GET", f"{HERE}/events"] = (503, {"detail": "every thread for streams is taken"})
    server.answers["GET", HERE] = [(200, {"status": "running"}), (200, ENDED)]
    result = submit(server, source, "--json")
    assert result.exit_code == 0
    assert json.loads(result.output)["verdict"] == "accepted"


@pytest.mark.parametrize(("status", "code"), [(400, 2), (401, 2), (413, 2), (429, 3), (500, 3), (503, 3)])
def test_a_refusal_has_the_exit_code_of_its_kind(server, source, status, code):
    server.answers["POST", "/v1/submissions"] = (status, {"detail": "no"})
    result = submit(server, source)
    assert (result.exit_code, result.output) == (code, "judgeline: no\n")


def test_ctrl_c_says_where_it_goes_on(server, source):
    server.answers["GET", f"{HERE}/events"] = held = threading.Event()
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", "from judgeline.cli import main; main()"),
            *("submit", "aplusb", source, "-l", "python3", "--url", server.url),
        ],
        env=os.environ | {"JUDGELINE_CONFIG": "none"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.asked.wait(30)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1]
    finally:
        held.set()
        process.kill()
        process.wait()
    assert said == f"judgeline: it goes on; see {server.url}{HERE}\n"
    assert process.returncode == 130
