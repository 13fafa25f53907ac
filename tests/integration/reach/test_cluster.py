"""A queue on a cluster: found, followed when its slot moves, refused while it is in halves."""

import pytest
from redis.crc import key_slot

from api.app import open_services
from api.auth import Caller
from judgeline.config import Settings, load_config
from judgeline.events import EventListener, Wake
from judgeline.queues.connect import check_server, command_client, every_primary
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueUnavailable, ServerUnfit
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.open import open_consumer, open_engine
from judgeline.queues.options import QueueOptions
from judgeline.queues.troubles import Troubles
from judgeline.store.keys import Plan
from judgeline.store.migrate import migrate

OPTIONS = QueueOptions(handler="noop", store=False)
QUEUES = ("a", "b", "c", "submissions")


def put(engine, job_id):
    engine.enqueue([NewJob(id=job_id, priority="low", payload=b"{}")])


def work(consumer, sequence):
    claim = consumer.claim("w", sequence)
    consumer.finish(claim, Ending(kind=Finish.DONE, result=b"{}"))
    return claim.id


def move(cluster, tag, eventually):
    """Move the slot of a tag in one step, as Valkey 9 does it."""
    slot = key_slot(f"{{{tag}}}".encode())
    source = cluster.owner(tag)
    target = cluster.another(source)
    source.client.execute_command(
        "CLUSTER MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", cluster.node_id(target)
    )
    eventually(lambda: cluster.owner(tag) is target)
    return target


def test_queues_work_wherever_their_slots_are(cluster):
    owners = set()
    for name in QUEUES:
        engine, consumer = open_engine(name, OPTIONS, cluster.url), open_consumer(name, OPTIONS, cluster.url)
        put(engine, "1")
        assert consumer.wait(1)
        assert work(consumer, 1) == "1"
        assert engine.exists(["1", "2"]) == [JobState.DONE, None]
        assert engine.mark_epoch()
        troubles = Troubles(name, command_client(cluster.url, tag=name))
        troubles.report("s", "no sandbox")
        assert troubles.read() == {"s": "no sandbox"}
        owners.add(cluster.owner(name).port)
    assert len(owners) > 1
    for client in every_primary(cluster.url):
        with client:
            check_server(client)


def test_one_living_node_of_those_named_is_enough(cluster, servers):
    url = f"redis+cluster://127.0.0.1:{servers.port()},{cluster.primaries[1].node}"
    for name in QUEUES:
        put(open_engine(name, OPTIONS, url), "1")


def test_a_slot_that_moves_is_followed(cluster, eventually):
    engine, consumer = open_engine("a", OPTIONS, cluster.url), open_consumer("a", OPTIONS, cluster.url)
    put(engine, "1")
    put(engine, "2")
    assert work(consumer, 1) == "1"
    assert consumer.wait(1)
    target = move(cluster, "a", eventually)
    eventually(lambda: engine.look("1").state is JobState.DONE)
    assert eventually(lambda: work(consumer, 2)) == "2"
    put(engine, "3")
    assert eventually(lambda: consumer.wait(1))
    assert work(consumer, 3) == "3"
    assert target.client.exists("jl:{a}:job:3")


def test_a_new_owner_gets_the_scripts_though_connections_to_the_old_one_lie_idle(cluster, eventually):
    engine = open_engine("a", OPTIONS, cluster.url)
    put(engine, "1")
    pool = engine._client.connection_pool
    for idle in [pool.get_connection() for _ in range(3)]:
        pool.release(idle)
    move(cluster, "a", eventually)
    for server in cluster.primaries:
        server.client.script_flush()
    eventually(engine.stats)
    put(engine, "2")


def test_events_follow_a_slot_that_moves(cluster, eventually):
    engine, consumer = open_engine("a", OPTIONS, cluster.url), open_consumer("a", OPTIONS, cluster.url)
    other, others = open_engine("b", OPTIONS, cluster.url), open_consumer("b", OPTIONS, cluster.url)
    listener = EventListener(cluster.url)
    try:
        with listener.watch(engine.channel("1")) as watch, listener.watch(other.channel("1")) as beside:
            assert watch.confirmed.is_set()
            put(engine, "1")
            put(other, "1")
            assert work(others, 1) == "1"
            assert [beside.wait(10).state for _ in range(2)] == [JobState.RUNNING, JobState.DONE]
            move(cluster, "a", eventually)
            assert watch.wait(10) is Wake.CATCH_UP
            assert eventually(lambda: work(consumer, 1)) == "1"
            assert [watch.wait(10).state for _ in range(2)] == [JobState.RUNNING, JobState.DONE]
    finally:
        listener.stop()


def test_a_slot_that_moves_key_by_key_is_not_used(cluster):
    """Our scripts name one key, so a queue in two halves would be two queues."""
    engine, consumer = open_engine("a", OPTIONS, cluster.url), open_consumer("a", OPTIONS, cluster.url)
    put(engine, "1")
    slot = key_slot(b"a")
    source = cluster.owner("a")
    target = cluster.another(source)
    target.client.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", cluster.node_id(source))
    source.client.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", cluster.node_id(target))
    with pytest.raises(QueueUnavailable, match="moving the queue's slot key by key"):
        put(engine, "2")
    with pytest.raises(QueueUnavailable, match="moving the queue's slot key by key"):
        consumer.claim("w", 1)
    assert not target.client.dbsize()
    for server in (source, target):
        server.client.execute_command("CLUSTER SETSLOT", slot, "STABLE")
    put(engine, "2")
    assert work(consumer, 2) == "1"


def test_a_server_that_is_no_cluster_is_told(redis_url, servers):
    server = servers.start()
    with pytest.raises(QueueUnavailable, match="cluster support disabled"):
        open_engine("a", OPTIONS, f"redis+cluster://{server.node}").stats()


def test_rq_is_refused_on_a_cluster():
    with pytest.raises(ServerUnfit, match="RQ, which does not know Redis Cluster"):
        open_engine("a", QueueOptions(handler="noop", engine="rq"), "redis+cluster://127.0.0.1:1")


def test_the_api_finds_limits_signs_and_troubles_wherever_they_are(cluster, tmp_path):
    config = tmp_path / "queues.toml"
    config.write_text(
        '[queues.submissions]\nhandler = "judge"\nshards = 3\n[queues.emails]\nhandler = "email"\n'
    )
    settings = Settings.from_environment({
        "JUDGELINE_HOME": str(tmp_path),
        "JUDGELINE_CONFIG": str(config),
        "REDIS_URL": cluster.url,
    })  # fmt: skip
    migrate(settings.database_url)
    services = open_services(settings, load_config(config))
    for number in range(20):  # each address is a key of its own
        caller = Caller(owner=f"anonymous:{number}", plan=Plan.FREE, scopes=frozenset(), key=None)
        services.limits.spend(caller)
    services.probe.ping()
    assert not services.probe.recorder_alive()
    assert services.probe.troubles("submissions") == services.probe.troubles("emails") == {}
    assert services.judges.trouble() == ""
    for engine in services.engines.values():
        engine.admit("low", "u", 10)
        assert engine.stats().running == 0
    services.store.close()
