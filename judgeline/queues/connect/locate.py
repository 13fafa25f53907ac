"""Where the primary is now: asked of Sentinels, or of any node of a cluster."""

import abc
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from redis.crc import key_slot
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from judgeline.queues.address import Node

ASKING_S = 1.0
"""How long to go round those who may know, seconds; the next attempt begins with another of them."""

_T = TypeVar("_T")
Connect = Callable[[str, int], Any]
"""Makes a connection of redis-py's to a host and port, not connected yet."""


class NotFound(RedisConnectionError):
    """Nobody who answered knows a primary. Passes, as a lost connection does."""


class Locator(abc.ABC):
    """Knows whom to ask for a primary. Threads may share it."""

    confirms = False
    """Whether who was named must say itself that it is a primary."""

    def __init__(self) -> None:
        self.generation = 0
        """Grows when the primary is, or may be, another one: connections of a lower one lead to the old."""
        self._last: Node | None = None

    def find(self) -> Node:
        """Ask for the primary's host and port. Raises NotFound."""
        node = self._ask()
        if node != self._last:
            self._last = node
            self.generation += 1
        return node

    @abc.abstractmethod
    def _ask(self) -> Node:
        """Ask whoever may know. Raises NotFound."""

    def moved(self, node: Node | None = None) -> None:
        """Note that the primary is another one; a server may have said which."""
        self._last = node
        self.generation += 1


class Round:
    """Those who may know, asked in turn; who answered is asked first the next time."""

    def __init__(self, nodes: Sequence[Node], connect: Connect) -> None:
        self._nodes = tuple(nodes)
        self._connect = connect

    def ask(self, command: Sequence[str], read: Callable[[Node, Any], _T | str]) -> _T:
        """Give what ``read`` makes of the first useful answer; it gives a text where one is of no use."""
        deadline = time.monotonic() + ASKING_S
        reason = ""
        for index, node in enumerate(nodes := self._nodes):
            try:
                found = read(node, self._answer(node, command))
            except (RedisError, OSError) as error:
                found = str(error)
            if not isinstance(found, str):
                self.first(node)
                return found
            reason = f"{node[0]}:{node[1]} said: {found}"
            if time.monotonic() > deadline:
                self._nodes = nodes[index + 1 :] + nodes[: index + 1]
                break
        raise NotFound(reason)

    def learn(self, nodes: Sequence[Node]) -> None:
        """Keep these to be asked, too, behind those that are known."""
        self._nodes += tuple(node for node in nodes if node not in self._nodes)

    def first(self, node: Node) -> None:
        """Ask this one first."""
        self._nodes = (node, *(known for known in self._nodes if known != node))

    def _answer(self, node: Node, command: Sequence[str]) -> Any:
        connection = self._connect(*node)
        try:
            connection.connect()
            connection.send_command(*command)
            return connection.read_response()
        finally:
            connection.disconnect()


class SentinelLocator(Locator):
    """Asks Sentinels for the primary they watch under a name."""

    confirms = True  # for some seconds after a failover they may still name the old one

    def __init__(self, sentinels: Sequence[Node], connect: Connect, master: str) -> None:
        super().__init__()
        self._round = Round(sentinels, connect)
        self._master = master

    def _ask(self) -> Node:
        try:
            return self._round.ask(("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._master), self._read)
        except NotFound as error:
            raise NotFound(f"no Sentinel names the primary of {self._master} ({error})") from None

    def _read(self, node: Node, answer: Any) -> Node | str:
        if not answer:
            return f"I watch nothing called {self._master}"
        return _node_of(answer, node)


class ClusterLocator(Locator):
    """Asks a cluster's nodes for the primary of one tag's slot; a wrong one says so itself, with MOVED."""

    def __init__(self, seeds: Sequence[Node], connect: Connect, tag: str) -> None:
        super().__init__()
        self._round = Round(seeds, connect)
        self._slot = key_slot(f"{{{tag}}}".encode())

    def _ask(self) -> Node:
        try:
            return self._round.ask(("CLUSTER", "SLOTS"), self._read)
        except NotFound as error:
            raise NotFound(f"no node of the cluster says who serves slot {self._slot} ({error})") from None

    def primaries(self) -> list[Node]:
        """Ask for all primaries that serve slots."""

        def read(node: Node, answer: Any) -> list[Node]:
            return list(dict.fromkeys(_node_of(entry[2], node) for entry in answer))

        return self._round.ask(("CLUSTER", "SLOTS"), read)

    def moved(self, node: Node | None = None) -> None:
        """Note that the slot is another node's, and ask that one first."""
        super().moved(node)
        if node is not None:
            self._round.first(node)

    def _read(self, node: Node, answer: Any) -> Node | str:
        self._round.learn([_node_of(known, node) for entry in answer for known in entry[2:]])
        for first, last, primary, *_ in answer:
            if first <= self._slot <= last:
                return _node_of(primary, node)
        return "nobody serves it"


def _node_of(parts: Sequence[Any], asked: Node) -> Node:
    """Give host and port as told. A node that does not know its own address means the one it was asked at."""
    host = parts[0].decode() if parts[0] else ""
    if not host or host == "?":
        host = asked[0]
    try:
        return host, int(parts[1])
    except ValueError:
        raise ResponseError("an address without a port") from None
