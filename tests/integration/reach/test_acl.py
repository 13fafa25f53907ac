"""The Redis user that docs/operations.md makes may do all that we do, and nothing else."""

import re
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from api.auth import Caller
from api.limits import RATE_TAG, Limits
from api.probe import Probe
from judgeline.config.schema import ApiConfig
from judgeline.events import EventListener
from judgeline.queues.connect import check_server, command_client
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.lists.scripts import script_names, script_text
from judgeline.queues.open import open_auditors, open_consumer, open_engine
from judgeline.queues.options import QueueOptions
from judgeline.queues.troubles import Troubles
from judgeline.recorders import sign_alive, take_sweep
from judgeline.store.keys import Plan

ROOT = Path(__file__).parents[3]
OPTIONS = QueueOptions(handler="noop", durability="replica")


def acl() -> list[str]:
    """Give the words of the command that the page shows."""
    text = (ROOT / "docs/operations.md").read_text("utf-8")
    block = text.split("<!-- acl -->\n", 1)[1].split("\n\n", 1)[0]
    return block.split()


@pytest.fixture
def server(servers):
    server = servers.start()
    assert server.client.execute_command(*acl()) == b"OK"
    return server


@pytest.fixture
def url(server):
    return f"redis://judge:PASSWORD@{server.node}/0"


def denied(server):
    """What the user was not let do."""
    return [
        (entry["object"], entry["context"])
        for entry in server.client.acl_log()
        if entry["username"] == "judge"
    ]


def test_workers_work_as_this_user(server, url, start_workers, eventually):
    workers = start_workers(url)
    workers.put("1", b'{"steps": 2}')
    workers.put("2", b'{"crash": "SIGKILL", "crash_attempts": 1}')
    workers.put("3", b'{"give_up": "no"}')
    wanted = {"1": JobState.DONE, "2": JobState.DONE, "3": JobState.DEAD}
    eventually(lambda: {job_id: workers.state(job_id) for job_id in wanted} == wanted, "the jobs")
    assert denied(server) == []


def test_a_queue_may_be_audited_and_mended(server, url):
    options = QueueOptions(handler="noop", max_running_per_user=1)
    engine, consumer = open_engine("q", options, url), open_consumer("q", options, url)
    engine.enqueue([NewJob(id=str(number), priority="low", payload=b"{}", user="u") for number in range(5)])
    assert consumer.claim("w", 1)
    for key in ("low", "behind:low:u", "depth"):
        server.client.delete(f"jl:{{q}}:{key}")
    server.client.rpush("jl:{q}:gone", "x")
    server.client.set("jl:{q}:strange", "x")
    [auditor] = open_auditors("q", options, url)
    assert auditor.look().faults
    assert [fault.kind for fault in auditor.mend().unmended] == ["key"]
    auditor._surveyor.count()
    assert denied(server) == []


def test_every_script_may_run(server, url):
    """Each with arguments that make it refuse or find nothing: whether it may is asked before that."""
    engine, consumer = open_engine("q", OPTIONS, url), open_consumer("q", OPTIONS, url)
    with pytest.raises(QueueUnavailable, match="no replica"):
        engine.enqueue([NewJob(id="1", priority="low", payload=b"{}", user="u")])
    engine.admit("low", "u", 10)
    assert engine.position("1") == 0
    claim = consumer.claim("w", 1)
    assert consumer.progress(claim, b"{}")
    assert consumer.checkpoint(claim, b"{}")
    consumer.renew(["w"])
    consumer.tick()
    assert consumer.finish(claim, Ending(kind=Finish.DEAD, reason="r"))[0]
    assert [job.id for job in engine.dead()] == ["1"]
    engine.requeue("1")
    engine.cancel("1")
    engine.settle(engine.unrecorded())
    for verb in (engine.stats, engine.workers, engine.pause, engine.resume, engine.mark_epoch):
        verb()
    consumer.leave("w")
    assert denied(server) == []


def test_the_other_parts_may_do_theirs(server, url):
    with command_client(url, tag=RATE_TAG) as client:
        check_server(client, fsync=False)
        Limits(client, ApiConfig()).spend(
            Caller(owner="anonymous:127.0.0.1", plan=Plan.FREE, scopes=frozenset(), key=None)
        )
        Probe(client, None, {}).ping()
        sign_alive(client)
        assert take_sweep(client, 1)
        troubles = Troubles("q", client)
        troubles.report("s", "why")
        troubles.report("t", "why")
        troubles.clear("s")
    listener = EventListener(url)
    try:
        with listener.watch("jl:{q}:events:1") as watch:
            assert watch.confirmed.is_set()
    finally:
        listener.stop()
    assert denied(server) == []


def test_every_command_of_the_scripts_is_allowed(server):
    allowed = {word[1:].split("|")[0] for word in acl() if word.startswith("+")}
    known = {name.decode() for name in server.client.execute_command("COMMAND LIST")}
    written = {
        word.lower() for script in script_names() for word in re.findall(r"'([A-Z]+)'", script_text(script))
    } | set(re.findall(r"'([A-Z]+)'", (ROOT / "api/rate.lua").read_text("utf-8").lower()))
    used = written & known
    assert {"lmove", "zrevrange"} <= used
    assert used <= allowed


def test_it_may_do_nothing_else(server, url):
    with Redis.from_url(url) as client:
        for command in (
            ("GET", "theirs"),
            ("FLUSHALL",),
            ("CONFIG", "SET", "save", ""),
            ("SPUBLISH", "x", "y"),
        ):
            with pytest.raises(NoPermissionError):
                client.execute_command(*command)
        for command in (("KEYS", "*"), ("SHUTDOWN",), ("ACL", "LIST"), ("REPLICAOF", "NO", "ONE")):
            with pytest.raises(NoPermissionError):
                client.execute_command(*command)


def test_a_wrong_password_is_told(server):
    url = f"redis://judge:WRONG@{server.node}"
    with pytest.raises(QueueUnavailable, match="refused the name or password of REDIS_URL") as caught:
        open_engine("q", OPTIONS, url).stats()
    assert "WRONG" not in str(caught.value)
