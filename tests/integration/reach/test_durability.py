"""What ``durability`` asks of the servers, and what happens when they do not give it."""

import pytest

from judgeline.queues.connect import check_server
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueUnavailable, ServerUnfit
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.open import open_consumer, open_engine
from judgeline.queues.options import QueueOptions

OPTIONS = QueueOptions(handler="noop", store=False, durability="replica")
JOB = NewJob(id="1", priority="low", payload=b"{}")


@pytest.fixture
def pair(servers, eventually):
    """Give a primary and its replica."""
    primary = servers.start()
    replica = servers.start("--replicaof", f"127.0.0.1 {primary.port}")
    eventually(lambda: replica.client.info("replication")["master_link_status"] == "up", "the replica")
    return primary, replica


@pytest.fixture
def engine(pair):
    return open_engine("q", OPTIONS, f"redis://{pair[0].node}")


def test_what_was_put_on_the_queue_is_on_the_replica(engine, pair):
    [put] = engine.enqueue([JOB])
    assert put.new
    assert pair[1].client.hget("jl:{q}:job:1", "state") == b"queued"


def test_a_job_that_no_replica_has_is_told_and_may_be_put_again(engine, pair):
    primary, replica = pair
    engine.enqueue([NewJob(id="0", priority="low", payload=b"{}")])
    replica.pause()
    try:
        with pytest.raises(QueueUnavailable, match="they may be on the queue"):
            engine.enqueue([JOB])
        assert engine.look("1").state is JobState.QUEUED
        with pytest.raises(QueueUnavailable):  # a repeat writes nothing, and is no more confirmed than before
            open_engine("q", OPTIONS, f"redis://{primary.node}").enqueue([JOB])
    finally:
        replica.go_on()
    [put] = engine.enqueue([JOB])
    assert not put.new
    assert primary.client.llen("jl:{q}:low") == 2


def test_a_finish_that_no_replica_has_stands_and_the_child_goes_on(engine, pair):
    primary, replica = pair
    consumer = open_consumer("q", OPTIONS, f"redis://{primary.node}")
    engine.enqueue([JOB, NewJob(id="2", priority="low", payload=b"{}")])
    claim = consumer.claim("w", 1)
    replica.pause()
    try:
        accepted, upcoming = consumer.finish(claim, Ending(kind=Finish.DONE, result=b"{}"), next_sequence=2)
        assert accepted
        assert upcoming.id == "2"
        assert not consumer._confirmed
    finally:
        replica.go_on()
    assert consumer.finish(upcoming, Ending(kind=Finish.DONE, result=b"{}"))[0]
    assert consumer._confirmed
    assert replica.client.hget("jl:{q}:job:2", "state") == b"done"


def test_refusals_are_told_as_ever(pair):
    engine = open_engine(
        "q", QueueOptions(handler="noop", durability="replica", max_queued=1), f"redis://{pair[0].node}"
    )
    engine.enqueue([JOB])
    with pytest.raises(Exception, match="queue q is full"):
        engine.enqueue([NewJob(id="2", priority="low", payload=b"{}")])


def test_a_server_that_does_not_sync_is_refused_with_the_line_that_cures_it(servers):
    server = servers.start()
    check_server(server.client)
    with pytest.raises(ServerUnfit, match="set appendonly yes and appendfsync always"):
        check_server(server.client, fsync=True)
    server.client.config_set("appendonly", "yes")
    with pytest.raises(ServerUnfit, match="set appendfsync always on it"):
        check_server(server.client, fsync=True)
    server.client.config_set("appendfsync", "always")
    check_server(server.client, fsync=True)
