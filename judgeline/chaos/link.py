"""One connection through the proxy: two pipes, and what is to become of the replies."""

import contextlib
import socket
import struct
from collections import deque
from enum import StrEnum

import msgspec

from judgeline.chaos.frames import PUSH, NotRespError, frames

READ_BYTES = 65_536
MOST_BYTES = 4_194_304
"""Bytes a pipe carries before it stops reading: whoever sends more waits, as on a real line."""
SUBSCRIBERS = (b"SUBSCRIBE", b"MONITOR")
"""Commands after which replies come unasked (also PSUBSCRIBE, SSUBSCRIBE): then they cannot be told apart."""


class Way(StrEnum):
    """A direction."""

    REQUESTS = "requests"
    """From the client to the server."""
    REPLIES = "replies"


class Then(StrEnum):
    """What comes after a reply was dropped."""

    SILENCE = "silence"
    """The client hears nothing more on that connection, which stays open."""
    CUT = "cut"
    """The connection is reset."""


class Weather(msgspec.Struct, frozen=True):
    """What a direction does to bytes."""

    delay_s: float = 0.0
    held: bool = False
    """They wait, and arrive later."""
    swallowed: bool = False
    """They never arrive."""


class Drop(msgspec.Struct):
    """Replies that are to be dropped. ``left`` counts down."""

    left: int
    needle: bytes
    """Only of commands whose bytes contain this."""
    then: Then


class Pipe:
    """One direction of a link: a delay line, then what the target has not taken yet."""

    def __init__(self, source: socket.socket, target: socket.socket, weather: Weather) -> None:
        self.source = source
        self.target = target
        self.weather = weather
        self.line: deque[tuple[float, bytes]] = deque()
        """(when it is due, bytes); b"" is the end of the stream."""
        self.unsent = bytearray()
        self.lost_bytes = 0
        self.ended = False
        """The source says no more."""
        self.done = False
        """The target knows that, or is gone."""
        self.lost_end = False
        """The target will never know that."""
        self.carried = 0
        """Bytes in the delay line."""
        self._last_due = 0.0

    @property
    def open_to_read(self) -> bool:
        """Whether the source should be read from now."""
        return not (self.ended or self.done) and self.carried + len(self.unsent) < MOST_BYTES

    @property
    def over(self) -> bool:
        """Whether nothing will come through here any more."""
        return self.done or self.lost_end

    def next_due(self) -> float | None:
        """When something is to be delivered (monotonic seconds), or None."""
        return self.line[0][0] if self.line and not self.weather.held else None

    def read(self) -> bytes | None:
        """Give what the source says: b"" at its end, None for nothing now."""
        try:
            data = self.source.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:  # reset: what it said before is still under way
            data = b""
        self.ended = not data
        if not self.weather.swallowed:
            return data
        self.lost_bytes += len(data)
        self.lost_end = self.ended
        return None

    def carry(self, data: bytes, now: float) -> None:
        """Take bytes in. Order is kept even where the delay was shortened."""
        self._last_due = max(self._last_due, now + self.weather.delay_s)
        self.line.append((self._last_due, data))
        self.carried += len(data)

    def deliver(self, now: float) -> None:
        """Hand on what is due."""
        while self.line and not self.weather.held and self.line[0][0] <= now:
            data = self.line.popleft()[1]
            if not data:
                self._end()
                return
            self.carried -= len(data)
            self.unsent += data
        self._send()

    def _send(self) -> None:
        if not self.unsent or self.done:
            return
        try:
            del self.unsent[: self.target.send(self.unsent)]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._stop()

    def _end(self) -> None:
        if self.unsent:
            self._send()
        if self.unsent and not self.done:
            self.line.appendleft((0.0, b""))  # when the rest has gone
            return
        with contextlib.suppress(OSError):
            self.target.shutdown(socket.SHUT_WR)
        self._stop()

    def _stop(self) -> None:
        self.done = True
        self.unsent.clear()
        self.line.clear()
        self.carried = 0


class Link:
    """A client's connection and the server's end of it. ``drops`` are the proxy's, shared by all links."""

    def __init__(
        self, client: socket.socket, server: socket.socket, weather: dict[Way, Weather], drops: list[Drop]
    ) -> None:
        self.client = client
        self.server = server
        self.pipes = {
            Way.REQUESTS: Pipe(client, server, weather[Way.REQUESTS]),
            Way.REPLIES: Pipe(server, client, weather[Way.REPLIES]),
        }
        self.dropped = 0
        self.silent = False
        self.doomed = False
        """To be cut now."""
        self._drops = drops
        self._fates: deque[Then | None] = deque()
        """For each command without a reply yet: what becomes of that."""
        self._partial: dict[Way, bytearray] = {Way.REQUESTS: bytearray(), Way.REPLIES: bytearray()}
        self._understood = True
        self._streams = False

    def pass_on(self, way: Way, now: float) -> None:
        """Read what came one way and carry what is to arrive of it."""
        pipe = self.pipes[way]
        unheard = self.silent and way is Way.REPLIES
        data = pipe.read()
        if data is None:
            return
        if data and self._understood:
            data = self._sift(way, data)
            if not data:
                return
        elif way is Way.REPLIES:
            data = self._taken_back() + data
        if unheard:
            pipe.lost_end = pipe.ended
        else:
            pipe.carry(data, now)

    def _sift(self, way: Way, data: bytes) -> bytes:
        """Note which commands went and whose replies came; give the bytes that may go on."""
        partial = self._partial[way]
        partial += data
        try:
            whole = frames(partial)
        except NotRespError:
            return self._give_up(way, data)
        if way is Way.REQUESTS:
            for command in whole:
                self._note(command)
            return data
        return b"".join(whole[: self._kept(whole)])

    def _give_up(self, way: Way, data: bytes) -> bytes:
        """Not Redis, or encrypted: carried as it is from here on."""
        self._understood = False
        if way is Way.REQUESTS:
            return data
        return self._taken_back()

    def _taken_back(self) -> bytes:
        """Give the part of a reply that was kept to see its end."""
        kept = bytes(self._partial[Way.REPLIES])
        self._partial[Way.REPLIES].clear()
        return kept

    def _note(self, command: bytes) -> None:
        self._streams = self._streams or any(word in command[:40].upper() for word in SUBSCRIBERS)
        for drop in self._drops:
            if drop.left and drop.needle in command:
                drop.left -= 1
                self._fates.append(drop.then)
                return
        self._fates.append(None)

    def _kept(self, replies: list[bytes]) -> int:
        """How many of these replies go on to the client: those before the first that is dropped."""
        for kept, reply in enumerate(replies):
            if reply[0] == PUSH or (self._streams and not self._fates):
                continue
            then = self._fates.popleft() if self._fates else None
            if then is not None:
                self.dropped += 1
                self.silent = True
                self.doomed = then is Then.CUT
                return kept
        return len(replies)

    @property
    def damaged(self) -> bool:
        """Whether bytes of it are lost, so that it can never make sense again."""
        return self.silent or any(pipe.lost_bytes or pipe.lost_end for pipe in self.pipes.values())

    def cut(self) -> None:
        """Reset both ends."""
        reset(self.client)
        reset(self.server)

    def close(self) -> None:
        """Close both ends."""
        self.client.close()
        self.server.close()


def reset(end: socket.socket) -> None:
    """Close so that the other side sees a reset: what a lingering time of 0 means."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
