"""A proxy that stands between clients and a server and makes the trouble networks make.

::

    with FaultProxy("unix:///run/redis.sock") as proxy:
        engine = open_engine("q", options, proxy.url)
        proxy.drop_replies(containing=b"EVALSHA")   # the server acts, its answer is lost
        proxy.delay(requests_s=0.001, replies_s=0.001)
        proxy.blackhole()                           # bytes are swallowed both ways
        proxy.heal()

One thread serves all connections. Each method may be called from any thread while it runs; when it returns,
what the proxy had not read by then is subject to it. Commands and replies are told apart for Redis alone;
anything else (HTTP, TLS) is carried as it is: it can be delayed, held, swallowed and cut, but no single reply
of it can be dropped.
"""

import contextlib
import os
import select
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from judgeline.chaos.address import Address
from judgeline.chaos.errors import ChaosError
from judgeline.chaos.link import Drop, Link, Then, Way, Weather, reset

__all__ = ["Counts", "FaultProxy", "Links", "Then"]

ASKED_S = 10.0
"""How long a call waits for the proxy's thread."""
CONNECT_S = 1.0


class Links(StrEnum):
    """Which connections a fault is for."""

    ALL = "all"
    OPEN = "open"
    """Those that are open now."""
    LATER = "later"
    """Those that are made from now on."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What a proxy has seen and has in hand."""

    accepted: int
    """Connections since the start."""
    links: int
    """Connections now."""
    dropped: int
    """Replies that never went on."""
    held_bytes: int
    """Bytes under way: held, delayed, or not yet taken."""
    lost_bytes: int
    """Bytes swallowed on connections that are still open."""


class FaultProxy:
    """Listens on 127.0.0.1 (or on ``path``, a Unix socket) and forwards to ``upstream``.

    ``upstream`` is redis://, unix:// (or http://, tcp://). Raises ChaosError for any other.
    """

    def __init__(self, upstream: str, *, path: Path | None = None) -> None:
        self._address = Address.of(upstream)
        self._path = path
        self._listener = _listener(path)
        self.url = self._address.seen_through(self._listener.getsockname())
        """The upstream's URL, by way of the proxy."""
        self._selector = selectors.DefaultSelector()
        self._asked: deque[tuple[Callable[[], object], threading.Event]] = deque()
        self._awake, self._waker = socket.socketpair()
        self._links: set[Link] = set()
        self._busy: set[Link] = set()
        """Those with bytes under way, or to be looked after in this round."""
        self._weather = {way: Weather() for way in Way}
        self._drops: list[Drop] = []
        self._refusing = False
        self._accepted = 0
        self._dropped = 0
        self._closing = False
        for end in (self._awake, self._waker):
            end.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._awake, selectors.EVENT_READ, self._wake_up)
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cut all connections, stop listening and end the thread. A second call does nothing."""
        if self._closing:
            return
        self._ask(self._stop)
        self._thread.join()
        for end in (self._listener, self._awake, self._waker):
            end.close()
        self._selector.close()
        if self._path:
            self._path.unlink(missing_ok=True)

    def drop_replies(self, count: int = 1, *, containing: bytes = b"", then: Then = Then.SILENCE) -> None:
        """Drop the replies of the next ``count`` commands, on whatever connection they come.

        The commands reach the server and are carried out. ``containing`` picks those whose bytes have it: a
        script's digest, an id, b"EVALSHA". Afterwards the connection is silent for good, or cut.
        """
        self._ask(lambda: self._drops.append(Drop(count, containing, then)))

    def delay(self, requests_s: float = 0.0, replies_s: float = 0.0, *, links: Links = Links.ALL) -> None:
        """Let bytes arrive so many seconds later, each way.

        A delay line, not a sleep: order and throughput stay, for many may be under way at once.
        """

        def delayed(way: Way, weather: Weather) -> Weather:
            return msgspec.structs.replace(weather, delay_s=requests_s if way is Way.REQUESTS else replies_s)

        self._ask(lambda: self._change(delayed, links))

    def hold(self, *, requests: bool = True, replies: bool = True, links: Links = Links.ALL) -> None:
        """Let bytes wait until ``heal``, and then arrive: what TCP makes of a network that stalls."""
        held = {Way.REQUESTS: requests, Way.REPLIES: replies}
        self._ask(lambda: self._change(lambda way, one: msgspec.structs.replace(one, held=held[way]), links))

    def blackhole(self, *, requests: bool = True, replies: bool = True, links: Links = Links.ALL) -> None:
        """Swallow bytes: connections are made, and nothing ever arrives, not even their end.

        A connection that lost bytes can make no sense again: ``heal`` cuts it.
        """
        lost = {Way.REQUESTS: requests, Way.REPLIES: replies}
        self._ask(
            lambda: self._change(lambda way, one: msgspec.structs.replace(one, swallowed=lost[way]), links)
        )

    def cut(self) -> None:
        """Reset all connections now. What was under way is lost. New ones are served."""
        self._ask(self._cut_all)

    def refuse(self) -> None:
        """Reset new connections as they come."""
        self._ask(lambda: setattr(self, "_refusing", True))

    def lead_to(self, upstream: str) -> None:
        """Forward new connections to another server from now on, and cut those there are: a failover.

        Raises ChaosError for a URL of no use; ``url`` stays.
        """
        address = Address.of(upstream)

        def lead() -> None:
            self._address = address
            self._cut_all()

        self._ask(lead)

    def heal(self) -> None:
        """End every fault. What was held arrives; connections that lost bytes are cut."""
        self._ask(self._heal)

    def counts(self) -> Counts:
        """Give what the proxy has seen and has in hand."""
        found: list[Counts] = []
        self._ask(lambda: found.append(self._counted()))
        return found[0]

    def _ask(self, what: Callable[[], object]) -> None:
        """Have the proxy's thread do something, and wait until it has."""
        if self._closing:
            raise ChaosError("the fault proxy is closed")
        done = threading.Event()
        self._asked.append((what, done))
        with contextlib.suppress(BlockingIOError):
            self._waker.send(b"1")
        if not done.wait(ASKED_S):
            raise ChaosError("the fault proxy's thread does not answer")

    def _run(self) -> None:
        while not self._closing:
            for key, events in self._wait():
                key.data(events)
            while self._asked:
                what, done = self._asked.popleft()
                what()
                done.set()
            self._deliver()

    def _wait(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for a socket, or for what is due next: a selector counts whole ms, select microseconds."""
        dues = [due for link in self._busy for pipe in link.pipes.values() if (due := pipe.next_due())]
        if not dues:
            return self._selector.select(None)
        rest = max(0.0, min(dues) - time.monotonic())
        number = getattr(self._selector, "fileno", None)
        if number is not None and rest:
            select.select([number()], [], [], rest)
            rest = 0.0
        return self._selector.select(rest)

    def _deliver(self) -> None:
        now = time.monotonic()
        for link in list(self._busy):
            for pipe in link.pipes.values():
                pipe.deliver(now)
            self._look_after(link)
            if not any(pipe.line or pipe.unsent for pipe in link.pipes.values()):
                self._busy.discard(link)

    def _look_after(self, link: Link) -> None:
        """Close a link that is over; else say to the selector what to watch of it."""
        if link.doomed:
            self._cut(link)
        elif all(pipe.over for pipe in link.pipes.values()):
            self._forget(link)
            link.close()
        else:
            for end, into, out_of in (
                (link.client, Way.REPLIES, Way.REQUESTS),
                (link.server, Way.REQUESTS, Way.REPLIES),
            ):
                events = selectors.EVENT_WRITE if link.pipes[into].unsent else 0
                events |= selectors.EVENT_READ if link.pipes[out_of].open_to_read else 0
                self._watch(link, end, out_of, events)

    def _watch(self, link: Link, end: socket.socket, way: Way, events: int) -> None:
        known = self._selector.get_map().get(end)
        if known is None:
            if events:
                self._selector.register(end, events, self._reader(link, way))
        elif not events:
            self._selector.unregister(end)
        elif known.events != events:
            self._selector.modify(end, events, known.data)

    def _reader(self, link: Link, way: Way) -> Callable[[int], None]:
        def read(events: int) -> None:
            if events & selectors.EVENT_READ:
                before = link.dropped
                self._busy.add(link)
                link.pass_on(way, time.monotonic())
                self._dropped += link.dropped - before

        return read

    def _accept(self, _events: int) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:  # it has gone again
            return
        self._accepted += 1
        try:
            if self._refusing:
                raise ConnectionRefusedError
            server = self._address.connect(CONNECT_S)
        except OSError:
            reset(client)
            return
        for end in (client, server):
            end.setblocking(False)
            if end.family != socket.AF_UNIX:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = Link(client, server, self._weather, self._drops)
        self._links.add(link)
        self._busy.add(link)

    def _wake_up(self, _events: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self._awake.recv(4096)

    def _change(self, change: Callable[[Way, Weather], Weather], links: Links) -> None:
        if links is not Links.OPEN:
            self._weather = {way: change(way, weather) for way, weather in self._weather.items()}
        if links is not Links.LATER:
            self._busy |= self._links
            for link in self._links:
                for way, pipe in link.pipes.items():
                    pipe.weather = change(way, pipe.weather)

    def _heal(self) -> None:
        self._refusing = False
        self._drops.clear()
        for link in list(self._links):
            if link.damaged:
                self._cut(link)
        self._change(lambda _way, _weather: Weather(), Links.ALL)

    def _cut_all(self) -> None:
        for link in list(self._links):
            self._cut(link)

    def _cut(self, link: Link) -> None:
        self._forget(link)
        link.cut()

    def _forget(self, link: Link) -> None:
        self._links.discard(link)
        self._busy.discard(link)
        for end in (link.client, link.server):
            if end in self._selector.get_map():
                self._selector.unregister(end)

    def _stop(self) -> None:
        self._closing = True
        self._cut_all()

    def _counted(self) -> Counts:
        pipes = [pipe for link in self._links for pipe in link.pipes.values()]
        return Counts(
            accepted=self._accepted,
            links=len(self._links),
            dropped=self._dropped,
            held_bytes=sum(pipe.carried + len(pipe.unsent) for pipe in pipes),
            lost_bytes=sum(pipe.lost_bytes for pipe in pipes),
        )


def _listener(path: Path | None) -> socket.socket:
    if path is None:
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.fspath(path))
        listener.listen(256)
    listener.setblocking(False)
    return listener
