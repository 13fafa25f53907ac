"""Jobs, workers and events while Sentinel makes a replica the primary."""

import pytest
from redis.exceptions import RedisError

from judgeline.events import EventListener, Wake
from judgeline.queues.connect import command_client
from judgeline.queues.connect.locate import NotFound
from judgeline.queues.connect.located import Elsewhere
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import JobState
from judgeline.queues.open import open_engine
from judgeline.queues.options import QueueOptions


def test_no_job_is_lost_when_the_primary_is_killed(watched, start_workers, eventually):
    workers = start_workers(watched.url, 'durability = "replica"')
    listener = EventListener(watched.url)
    ids = [f"job-{number}" for number in range(60)]
    try:
        with listener.watch(workers.engine.channel(ids[-1])) as watch:
            for number, job_id in enumerate(ids[:-1]):
                workers.put(job_id, b'{"sleep_ms": 20}', unconfirmed=number > 30)
                if number == 30:
                    watched.primary.kill()
            assert watched.replica.role() == "master"
            happening = watch.wait(30)
            assert happening is Wake.CATCH_UP
            workers.put(ids[-1], unconfirmed=True)
            eventually(lambda: workers.state(ids[-1]) is JobState.DONE, "the last job")
            heard = [event.state for event in iter(lambda: watch.wait(1), None) if event is not Wake.CATCH_UP]
            assert heard[-1] is JobState.DONE
        eventually(lambda: all(workers.state(job_id) is JobState.DONE for job_id in ids), "every job")
    finally:
        listener.stop()


def test_a_primary_that_became_a_replica_is_left_at_once(servers):
    old, new = servers.start(), servers.start()
    sentinel = servers.start_sentinel("jobs", old, 2)  # alone it changes nothing by itself
    url = f"redis+sentinel://{sentinel.node}/jobs"
    engine = open_engine("q", QueueOptions(handler="noop"), url)
    with command_client(url) as client:
        assert client.set("k", "1")
        engine.pause()
        old.client.execute_command("REPLICAOF", "127.0.0.1", new.port)
        sentinel.client.execute_command("SENTINEL", "REMOVE", "jobs")
        sentinel.client.execute_command("SENTINEL", "MONITOR", "jobs", "127.0.0.1", new.port, 2)
        assert client.set("k", "2")
        engine.resume()
    assert new.client.get("k") == b"2"


def test_who_is_named_primary_and_is_none_is_not_believed(servers):
    top = servers.start()
    fallen = servers.start()
    sentinel = servers.start_sentinel("jobs", fallen, 2)  # alone it can mend nothing
    url = f"redis+sentinel://{sentinel.node}/jobs"
    with command_client(url) as client:
        assert client.ping()
    fallen.client.execute_command("REPLICAOF", "127.0.0.1", top.port)
    with command_client(url) as client, pytest.raises(Elsewhere, match="no primary"):
        client.ping()


def test_a_sentinel_that_hangs_costs_little_and_its_fellows_answer(calm):
    calm.sentinels[0].pause()
    try:
        with command_client(calm.url) as client:
            assert client.ping()
    finally:
        calm.sentinels[0].go_on()


def test_an_unknown_primary_is_told_by_name(calm):
    url = calm.url.replace("/jobs", "/jbos")
    with command_client(url) as client, pytest.raises(NotFound, match="jbos"):
        client.ping()
    with pytest.raises(
        QueueUnavailable, match="Redis cannot be found: no Sentinel names the primary of jbos"
    ):
        open_engine("q", QueueOptions(handler="noop"), url).stats()


def test_server_and_sentinels_have_passwords_of_their_own(servers):
    server = servers.start()
    sentinel = servers.start_sentinel("jobs", server, 2, "sentinel auth-pass jobs servers")
    server.client.config_set("requirepass", "servers")
    sentinel.client.execute_command("ACL", "SETUSER", "asker", "on", ">sentinels", "+@all")
    sentinel.client.execute_command("ACL", "SETUSER", "default", "off")
    place = f"{sentinel.node}/jobs"
    with command_client(
        f"redis+sentinel://:servers@{place}?sentinel_username=asker&sentinel_password=sentinels"
    ) as client:
        assert client.ping()
    for wrong in (f":servers@{place}", f"{place}?sentinel_username=asker&sentinel_password=sentinels"):
        with command_client(f"redis+sentinel://{wrong}") as client, pytest.raises(RedisError):
            client.ping()


def test_a_queue_on_rq_goes_over_to_the_replica_too(watched, start_workers, eventually):
    workers = start_workers(watched.url, 'engine = "rq"')
    workers.put("before")
    eventually(lambda: workers.state("before") is JobState.DONE, "a job")
    watched.primary.kill()
    workers.put("after")
    eventually(lambda: workers.state("after") is JobState.DONE, "a job after the failover")
    assert watched.replica.role() == "master"
