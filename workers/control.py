"""What a supervisor and a child say to one another, over a socketpair of their own.

One JSON message a datagram. The supervisor follows each with SIGUSR1, so that a child needs to look at its
socket only when something is there.
"""

import contextlib
import socket

import msgspec

_LARGEST = 65_536


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """To a child: take no more jobs, and leave once the one in hand is done."""


class Release(msgspec.Struct, frozen=True, tag="release"):
    """To a child: put the job in hand back unspent, and leave."""


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """To a child: somebody cancelled this job."""

    job: str


class Lost(msgspec.Struct, frozen=True, tag="lost"):
    """To a child: its lease had lapsed, so this attempt is not its own any more."""

    job: str
    attempt: int


class Warn(msgspec.Struct, frozen=True, tag="warn"):
    """To a child: this attempt's time is nearly up."""

    job: str
    attempt: int


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """From a child: the handler is made, claims begin."""


class Unfit(msgspec.Struct, frozen=True, tag="unfit"):
    """From a child: the handler cannot work here now, so nothing is claimed."""

    reason: str


Message = Stop | Release | Cancel | Lost | Warn | Ready | Unfit

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Message).decode


class Channel:
    """One end of the pair. Neither verb blocks."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end

    @classmethod
    def pair(cls) -> tuple["Channel", "Channel"]:
        """Make both ends: the supervisor's and the child's. Datagrams, for macOS has no local SEQPACKET."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        return cls(ours), cls(theirs)

    def fileno(self) -> int:
        """The descriptor, for a selector."""
        return self._end.fileno()

    def send(self, message: Message) -> None:
        """Say something; unheard where the other side is gone or has not listened for long."""
        with contextlib.suppress(OSError):
            self._end.send(_encode(message))

    def receive(self) -> list[Message]:
        """Give all that was said since."""
        heard: list[Message] = []
        while True:
            try:
                data = self._end.recv(_LARGEST)
            except OSError:
                return heard
            if not data:
                return heard
            heard.append(_decode(data))

    def close(self) -> None:
        """Close this end."""
        self._end.close()
