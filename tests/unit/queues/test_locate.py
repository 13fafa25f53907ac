"""Who is asked where the primary is, and in which order; with servers that are a table of answers."""

import pytest
from redis.crc import key_slot
from redis.exceptions import ConnectionError as RedisConnectionError

from judgeline.queues.connect.locate import ClusterLocator, NotFound, SentinelLocator

SLOT = key_slot(b"a")


class Asked:
    """Makes connections that answer from a table; remembers who was asked."""

    def __init__(self, answers):
        self.answers = answers
        self.who = []

    def __call__(self, host, port):
        return Told(self, (host, port))


class Told:
    def __init__(self, asked, node):
        self.asked, self.node = asked, node

    def connect(self):
        self.asked.who.append(self.node)
        if self.node not in self.asked.answers:
            raise RedisConnectionError("refused")

    def send_command(self, *command):
        pass

    def read_response(self):
        return self.asked.answers[self.node]

    def disconnect(self):
        pass


def slots(*ranges):
    return [[first, last, [host, port, b"id", []]] for first, last, host, port in ranges]


def test_who_answered_is_asked_first_the_next_time():
    asked = Asked({("c", 1): [b"p", b"7"]})
    locator = SentinelLocator([("a", 1), ("b", 1), ("c", 1)], asked, "m")
    assert locator.find() == ("p", 7)
    assert asked.who == [("a", 1), ("b", 1), ("c", 1)]
    locator.find()
    assert asked.who[3:] == [("c", 1)]


def test_a_sentinel_that_knows_nothing_is_passed_over():
    asked = Asked({("a", 1): None, ("b", 1): [b"p", b"7"]})
    assert SentinelLocator([("a", 1), ("b", 1)], asked, "m").find() == ("p", 7)


def test_nobody_who_knows_is_told_with_the_last_reason():
    with pytest.raises(NotFound, match=r"no Sentinel names the primary of m \(b:1 said: refused\)"):
        SentinelLocator([("a", 1), ("b", 1)], Asked({}), "m").find()


def test_a_cluster_is_asked_for_the_tags_slot():
    asked = Asked({("a", 1): slots((0, SLOT - 1, b"x", 1), (SLOT, 16383, b"y", 2))})
    assert ClusterLocator([("a", 1)], asked, "a").find() == ("y", 2)
    assert ClusterLocator([("a", 1)], asked, "a").primaries() == [("x", 1), ("y", 2)]


@pytest.mark.parametrize("host", [b"", None, b"?"])
def test_a_node_that_does_not_know_its_address_means_the_one_it_was_asked_at(host):
    asked = Asked({("a", 1): slots((0, 16383, host, 5))})
    assert ClusterLocator([("a", 1)], asked, "a").find() == ("a", 5)


def test_nodes_that_were_heard_of_are_asked_when_the_named_ones_are_gone():
    asked = Asked({("a", 1): slots((0, 16383, b"y", 2))})
    locator = ClusterLocator([("a", 1)], asked, "a")
    locator.find()
    asked.answers = {("y", 2): slots((0, 16383, b"z", 3))}
    assert locator.find() == ("z", 3)


def test_who_was_named_by_a_moved_slot_is_asked_first():
    asked = Asked({("a", 1): slots((0, 16383, b"x", 1)), ("y", 2): slots((0, 16383, b"y", 2))})
    locator = ClusterLocator([("a", 1)], asked, "a")
    assert locator.find() == ("x", 1)
    before = locator.generation
    locator.moved(("y", 2))
    assert locator.generation > before
    assert locator.find() == ("y", 2)


def test_a_slot_that_nobody_serves_is_told():
    asked = Asked({("a", 1): slots((0, SLOT - 1, b"x", 1))})
    with pytest.raises(NotFound, match=f"who serves slot {SLOT} .*nobody serves it"):
        ClusterLocator([("a", 1)], asked, "a").find()


def test_the_generation_grows_only_when_the_primary_is_another():
    asked = Asked({("a", 1): [b"p", b"7"]})
    locator = SentinelLocator([("a", 1)], asked, "m")
    locator.find()
    known = locator.generation
    locator.find()
    assert locator.generation == known
    asked.answers = {("a", 1): [b"q", b"7"]}
    locator.find()
    assert locator.generation == known + 1
