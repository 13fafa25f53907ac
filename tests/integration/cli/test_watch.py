"""`judgeline queues --watch` as people and programs run it: a process of its own, ended by Ctrl-C."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys

import pytest

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import NewJob
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.options import QueueOptions

COMMAND = [sys.executable, "-c", "from judgeline.cli import main; main()", "queues", "--watch"]


@pytest.fixture
def options():
    return QueueOptions(handler="noop", store=False)


@pytest.fixture
def engine(redis_client, options):
    return ListsEngine(redis_client, "submissions", options)


@pytest.fixture
def environment(redis_url, tmp_path):
    (tmp_path / "queues.toml").write_text(
        "[queues.submissions]\nhandler = 'noop'\nstore = false\n[queues.emails]\nhandler = 'email'\n"
    )
    return os.environ | {
        "JUDGELINE_HOME": str(tmp_path),
        "JUDGELINE_CONFIG": str(tmp_path / "queues.toml"),
        "REDIS_URL": redis_url,
        "COLUMNS": "80",
        "TERM": "xterm",
    }


@contextlib.contextmanager
def started(environment, *options, stdout=subprocess.PIPE):
    with subprocess.Popen(
        [*COMMAND, *options], env=environment, stdout=stdout, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_json_is_one_document_a_line_and_shows_what_changes(environment, engine, redis_client, options):
    with started(environment, "--json", "--interval", "0.1") as process:
        first = json.loads(process.stdout.readline())
        assert first["submissions"]["stats"]["priorities"]["low"]["queued"] == 0
        engine.enqueue([NewJob(id="a", priority="low", payload=b"{}")])
        consumer = ListsConsumer(redis_client, redis_client, "submissions", options)
        claim = consumer.claim("w", 1)
        consumer.progress(claim, b'{"stage": "testing"}')
        while not (told := json.loads(process.stdout.readline()))["submissions"]["workers"]:
            pass
        assert told["submissions"]["workers"][0]["progress"] == {"stage": "testing"}
        consumer.finish(claim, Ending(kind=Finish.DONE))
        while json.loads(process.stdout.readline())["submissions"]["stats"]["totals"].get("done") != 1:
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
        assert process.stderr.read() == b""


def test_without_a_terminal_tables_follow_one_another(environment, engine):
    with started(environment, "--interval", "0.1") as process:
        seen = 0
        while seen < 3:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            seen += line.startswith(b"submissions") and b"high" in line
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate()
    assert process.returncode == 0
    assert said == b""
    assert b"\x1b" not in rest


def test_on_a_terminal_it_draws_in_place_and_leaves_the_screen_as_it_was(environment, engine):
    ours, theirs = pty.openpty()
    shown = b""
    try:
        with started(environment, "--interval", "0.1", stdout=theirs) as process:
            os.close(theirs)
            while shown.count(b"Ctrl-C ends it") < 2:
                shown += os.read(ours, 65536)
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(OSError):  # the other end is closed
                while more := os.read(ours, 65536):
                    shown += more
            assert process.wait() == 0
            assert process.stderr.read() == b""
    finally:
        os.close(ours)
    assert shown.index(b"\x1b[?1049h") < shown.index(b"priority") < shown.rindex(b"\x1b[?1049l")


def test_it_goes_on_while_the_server_is_away(environment, tmp_path):
    environment = environment | {"REDIS_URL": f"unix://{tmp_path}/nobody"}
    with started(environment, "--interval", "0.1") as process:
        seen = 0
        while seen < 2:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            seen += b"submissions: Redis cannot be reached" in line
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
