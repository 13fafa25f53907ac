"""The log of attempts: a line when the handler's body begins and one when it ends, whatever comes of it."""

import os

import pytest

from judgeline.queues.job import Claim
from workers.handlers import noop
from workers.handlers.attempts import NotedHandler


def claim(payload=b"", attempt=1):
    return Claim(id="x", worker="w", attempt=attempt, crashes=0, priority="low", user="", payload=payload)


def lines(file):
    found = [line.split() for line in file.read_text().splitlines()]
    assert all(pid == str(os.getpid()) for _, _, pid, _, _ in found)
    assert [int(at) for _, at, *_ in found] == sorted(int(at) for _, at, *_ in found)
    return [(what, job, attempt) for what, _, _, job, attempt in found]


def test_two_lines_an_attempt(tmp_path):
    handler = NotedHandler(noop.NoopHandler(), str(tmp_path / "log"))
    handler(claim(), None)
    with pytest.raises(RuntimeError, match="broke"):
        handler(claim(b'{"fail": "broke"}', attempt=2), None)
    handler.idle()
    handler.close()
    assert lines(tmp_path / "log") == [("b", "x", "1"), ("e", "x", "1"), ("b", "x", "2"), ("e", "x", "2")]


def test_the_no_op_handler_notes_where_it_is_told_to_and_nowhere_else(tmp_path, monkeypatch):
    assert isinstance(noop.make(None), noop.NoopHandler)
    monkeypatch.setenv(noop.ATTEMPT_LOG, str(tmp_path / "log"))
    handler = noop.make(None)
    handler(claim(), None)
    handler.close()
    assert lines(tmp_path / "log") == [("b", "x", "1"), ("e", "x", "1")]
