"""What a REDIS_URL may say, and what is said of a wrong one: never a part that may hold a password."""

import pytest

from judgeline.config import Settings
from judgeline.config.errors import ConfigError
from judgeline.queues.address import OPTIONS, parse_address
from judgeline.queues.connect import SHARED, Clients, blocking_client, command_client
from judgeline.queues.errors import BadRedisUrl


def test_one_server():
    address = parse_address("redis://ada:p%40ss@h:7000/2?client_name=j")
    assert (address.kind, address.tls, address.nodes) == ("server", False, (("h", 7000),))
    assert address.options == {"username": "ada", "password": "p@ss", "db": 2, "client_name": "j"}
    assert parse_address("redis://").nodes == (("localhost", 6379),)
    assert parse_address("redis://[::1]:1").nodes == (("::1", 1),)
    assert parse_address("rediss://h").tls


def test_a_socket():
    address = parse_address("unix://:secret@/run/a%20b/redis.sock?db=3")
    assert (address.kind, address.path) == ("socket", "/run/a b/redis.sock")
    assert address.options == {"password": "secret", "db": 3}


def test_sentinels():
    address = parse_address(
        "rediss+sentinel://ada:pw@s1,s2:1,[::1]:2/jobs/4?sentinel_username=u&sentinel_password=w"
    )
    assert (address.kind, address.tls, address.master) == ("sentinel", True, "jobs")
    assert address.nodes == (("s1", 26379), ("s2", 1), ("::1", 2))
    assert address.options == {"username": "ada", "password": "pw", "db": 4}
    assert address.sentinel == {"username": "u", "password": "w"}


def test_a_cluster():
    address = parse_address("redis+cluster://:pw@a:1,b/0")
    assert (address.kind, address.nodes) == ("cluster", (("a", 1), ("b", 6379)))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "must start with one of redis://"),
        ("localhost:6379", "must start with one of redis://"),
        ("http://:secret@h", "must start with one of redis://"),
        ("redis+sentinels://:secret@h/m", "must start with one of redis://"),
        ("redis://:secret@h:port", "host or port that cannot be read"),
        ("redis://:secret@h:99999", "host or port that cannot be read"),
        ("redis://:secret@h:0", "port 0"),
        ("redis://:secret@[::1", "host that cannot be read"),
        ("redis://:secret@h/secretdb", "the database behind the host must be a whole number"),
        ("redis://:secret@h/-1", "the database behind the host must be a whole number"),
        ("redis://:secret@h?db=x", "db must be a whole number"),
        ("redis://:secret@h?socket_timeout=abc", "socket_timeout must be a number of seconds"),
        ("redis://:secret@h?socket_timeout=nan", "socket_timeout must be a number of seconds"),
        ("redis://:secret@h?socket_timeout=-1", "socket_timeout must be a number of seconds"),
        ("redis://:secret@h?socket_timout=1", "unknown option, socket_timout: did you mean socket_timeout?"),
        ("redis://:secret@h?secret=1", "unknown option; there are: client_name"),
        ("redis://:secret@h?decode_responses=yes", "unknown option"),
        ("redis://:secret@h?db", "not name=value"),
        ("redis://:secret@h?db=1&db=2", "the option db twice"),
        ("redis://:secret@h?protocol=4", "protocol must be one of 2, 3"),
        ("redis://:secret@h?ssl_ca_certs=/dev/null", "ssl_ca_certs, which is for rediss://"),
        ("redis://:secret@h?sentinel_password=secret", "sentinel_password, which is for redis+sentinel://"),
        ("rediss://:secret@h?ssl_ca_certs=/nowhere/ca.crt", "names nothing that can be read here: /nowhere"),
        ("rediss://:secret@h?ssl_cert_reqs=perhaps", "ssl_cert_reqs must be one of none, optional, required"),
        ("rediss://:secret@h?ssl_check_hostname=perhaps", "ssl_check_hostname must be yes or no"),
        ("redis://:secret@a,b", "several hosts"),
        ("redis+cluster://:secret@a,,b", "an empty host"),
        ("redis+cluster://:secret@a/1", "a cluster has database 0 only"),
        ("redis+sentinel://:secret@a", "needs the name that Sentinel gives the primary"),
        ("redis+sentinel://:secret@a/m/x", "the database behind the host must be a whole number"),
        ("unix://redis.sock", "needs the socket's whole path"),
        ("unix://:secret@/", "needs the socket's whole path"),
        ("redis://:se/cret@h", "an @ behind its host"),
        ("redis://:se?cret@h", "an @ behind its host"),
        ("redis://:se#cret@h", "an @ behind its host"),
        ("redis://:secret@h/0#x", "has a #"),
    ],
)
def test_a_wrong_one_is_told_in_words(url, reason):
    with pytest.raises(BadRedisUrl) as caught:
        parse_address(url)
    assert reason in caught.value.reason
    assert str(caught.value).startswith("REDIS_URL ")
    assert "secret" not in str(caught.value)
    assert "cret" not in str(caught.value)
    with pytest.raises(BadRedisUrl):
        command_client(url)
    if url:
        with pytest.raises(ConfigError, match="environment: REDIS_URL: "):
            Settings.from_environment({"REDIS_URL": url})


def test_an_address_shows_no_password():
    address = parse_address("redis+sentinel://u:secret@h/m?sentinel_password=secret")
    assert "secret" not in repr(address)
    for client in (command_client("redis://u:secret@h"), command_client("redis+cluster://u:secret@h")):
        assert "secret" not in repr(client)


def test_every_option_is_one_that_connections_take(tmp_path):
    """Each is tried with a value it takes, on connections of its kind."""
    values = {
        "client_name": "j",
        "db": "0",
        "health_check_interval": "30",
        "max_connections": "7",
        "password": "p",
        "protocol": "2",
        "sentinel_password": "p",
        "sentinel_username": "u",
        "socket_connect_timeout": "1.5",
        "socket_timeout": "2",
        "ssl_ca_certs": str(tmp_path),
        "ssl_ca_path": str(tmp_path),
        "ssl_cert_reqs": "none",
        "ssl_certfile": str(tmp_path),
        "ssl_check_hostname": "no",
        "ssl_ciphers": "ALL",
        "ssl_keyfile": str(tmp_path),
        "ssl_password": "p",
        "username": "u",
    }
    assert values.keys() == OPTIONS.keys()
    for name, value in values.items():
        scheme = {"tls": "rediss", "sentinel": "redis+sentinel", "": "redis"}[OPTIONS[name][0]]
        with command_client(
            f"{scheme}://h/{'m' if scheme.endswith('sentinel') else ''}?{name}={value}"
        ) as client:
            connection = client.connection_pool.make_connection()
            assert not connection.is_connected


def test_a_blocking_client_is_as_patient_as_its_block_whatever_the_url_says():
    client = blocking_client("redis://h?socket_timeout=0.5", 1.0)
    assert client.connection_pool.make_connection().socket_timeout == 3.0
    client = command_client("redis://h?socket_timeout=0.5")
    assert client.connection_pool.make_connection().socket_timeout == 0.5


def test_a_process_needs_one_client_a_tag_on_a_cluster_only():
    one, apart = Clients("redis://h"), Clients("redis+cluster://h")
    assert one.at("a") is one.at("b") is one.at(SHARED)
    assert apart.at("a") is apart.at("a") is not apart.at("b")
    one.close()
    apart.close()
