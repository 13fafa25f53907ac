"""A server that must not carry a queue, or cannot now; a queue that is not there: said in one line."""

import pytest
from redis import Redis


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--rename-command", "SPUBLISH", ""),
            "the server lacks SPUBLISH; use Redis >= 7.0 or Valkey >= 7.2",
        ),
        (("--maxmemory-policy", "allkeys-lru"), "set maxmemory-policy noeviction on it"),
    ],
)
def test_an_unfit_server_is_refused_in_one_line(start_valkey, make_pool, arguments, said):
    url = start_valkey(*arguments)
    process = make_pool(url).start(piped=True)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert len(errors.decode().strip().splitlines()) == 1
    assert said in errors.decode()
    with Redis.from_url(url) as client:
        assert client.dbsize() == 0


def test_workers_of_a_read_only_replica_say_so_and_go_on_when_it_is_promoted(
    start_valkey, make_pool, helpers
):
    url = start_valkey()
    pool = make_pool(url)
    job = pool.put()
    with Redis.from_url(url) as client:
        client.replicaof("127.0.0.1", "1")
        pool.start("--processes", "1")
        (away,) = helpers.until(lambda: pool.said("queue unreachable, trying again"))
        assert "Redis is a read-only replica" in away["reason"]
        client.replicaof("NO", "ONE")
    ended = pool.ended(job)
    assert (ended.state, ended.attempt) == ("done", 1)
    helpers.until(lambda: pool.said("queue reachable again"))


def test_workers_drain_a_server_at_its_memorys_end(start_valkey, make_pool):
    url = start_valkey()
    pool = make_pool(url)
    jobs = [pool.put(say="x" * 1_000) for _ in range(50)]
    with Redis.from_url(url) as client:
        client.config_set("maxmemory", 1)
    pool.start("--processes", "2")
    assert {pool.ended(job).state for job in jobs} == {"done"}


@pytest.mark.parametrize(
    ("arguments", "queue", "said"),
    [
        ((), "submision", "there is no queue 'submision'; there are submissions, emails"),
        (("--only", "hihg"), "submissions", "there is no priority 'hihg'; there are high, low"),
    ],
)
def test_a_queue_or_priority_that_is_not_there_is_refused_with_those_there_are(pool, arguments, queue, said):
    process = pool.start(*arguments, queue=queue, piped=True)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said in errors.decode()
    assert len(errors.decode().strip().splitlines()) == 1
