import pytest
from redis import Redis

from judgeline.queues.connect import command_client
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.troubles import Troubles


def test_a_trouble_is_read_until_it_is_cleared(redis_client):
    troubles = Troubles("q", redis_client)
    assert troubles.read() == {}
    troubles.report("a", "no sandbox")
    troubles.report("b", "x" * 1000)
    assert troubles.read() == {"a": "no sandbox", "b": "x" * 500}
    assert Troubles("other", redis_client).read() == {}
    troubles.clear("a")
    assert set(troubles.read()) == {"b"}


def test_what_is_not_repeated_is_forgotten_even_while_others_repeat_theirs(redis_client):
    troubles = Troubles("q", redis_client)
    redis_client.hset("jl:{q}:troubles", "gone", "1000 long ago")
    assert troubles.read() == {}
    troubles.report("a", "no sandbox")
    assert redis_client.hkeys("jl:{q}:troubles") == [b"a"]
    assert 0 < redis_client.pttl("jl:{q}:troubles") <= 10_000


def test_a_server_that_is_away_is_said_by_its_name(tmp_path):
    troubles = Troubles("q", command_client(f"unix://{tmp_path}/nobody"))
    for act in (troubles.read, lambda: troubles.report("a", "x"), lambda: troubles.clear("a")):
        with pytest.raises(QueueUnavailable):
            act()


def test_it_reads_through_a_client_that_decodes(redis_url):
    with Redis.from_url(redis_url, decode_responses=True) as client:
        Troubles("q", client).report("a", "no sandbox")
        assert Troubles("q", client).read() == {"a": "no sandbox"}
