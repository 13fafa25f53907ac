"""Floor: our own FINISH, which brings the next claim, over a bare socket and hiredis.

The same script with the same arguments does the same work on the server; the loop around it has no child, no
slot, no handler's context, no retry.
"""

import itertools
import os
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hiredis

from bench.queues import marks
from bench.queues.overheard import overheard
from bench.queues.peers.base import URL, Peer
from bench.queues.peers.ours import QUEUE, Client
from judgeline.config import load_config
from judgeline.queues.engine import Consumer, Ending, Finish
from judgeline.queues.job import Claim
from judgeline.queues.open import open_consumer, open_engine
from judgeline.queues.options import QueueOptions

__all__ = ["PEER", "Client"]

_ID, _WORKER, _ATTEMPT, _SEQUENCE = "the-id", "the-worker", 7_777_777, 8_888_888


class BareSocket:
    """A connection that packs, sends and parses, and nothing else."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = hiredis.Reader()

    def call(self, command: list[bytes]) -> Any:
        """Send a command, give its reply."""
        self._socket.sendall(hiredis.pack_command(tuple(command)))  # type: ignore[arg-type] # its stub names one part
        while (reply := self._reader.gets()) is False:
            self._reader.feed(self._socket.recv(65_536))
        if isinstance(reply, Exception):
            raise reply
        return reply


def work() -> None:
    """Work until nothing is left."""
    command = _finish()
    worker = f"floor-{os.getpid()}"
    claim = _consumer(URL).claim(worker, 1)
    if claim is None:
        return
    command = [worker.encode() if part == _WORKER.encode() else part for part in command]
    places = [command.index(str(mark).encode()) for mark in (_ID, _ATTEMPT, _SEQUENCE)]
    bare = BareSocket(URL)
    taken: Any = [claim.id.encode(), claim.attempt, *[b""] * 4, claim.payload]
    for sequence in itertools.count(2):
        marks.noop(int(taken[6]))
        command[places[0]] = taken[0]
        command[places[1]] = b"%d" % taken[1]
        command[places[2]] = b"%d" % sequence
        accepted, taken = bare.call(command)
        if not accepted:
            raise RuntimeError("a finish was refused")
        if not taken:
            return


def _finish() -> list[bytes]:
    """The command that the real consumer sends, heard on its way, while nothing may be claimed."""
    ending = Ending(kind=Finish.DONE, result=b'{"done":true}')
    claim = Claim(
        id=_ID, worker=_WORKER, attempt=_ATTEMPT, crashes=0, failures=0, priority="low", user="", payload=b""
    )
    engine = open_engine(QUEUE, _options(), URL)
    engine.pause()
    try:
        with overheard(URL) as (url, said):
            consumer = _consumer(url)
            consumer.finish(claim, ending, next_sequence=_SEQUENCE)
            consumer.leave(_WORKER)
        return next(command for command in said if _ID.encode() in command)
    finally:
        engine.resume()


def _consumer(url: str) -> Consumer:
    return open_consumer(QUEUE, _options(), url)


def _options() -> QueueOptions:
    return load_config(Path(os.environ["JUDGELINE_CONFIG"])).queues[QUEUE]


PEER = Peer(
    label="floor: our scripts, bare socket",
    version="",
    one=[sys.executable, "-m", "bench.queues.peers.floor_ours"],
    settings="the very command that our child sends, over a socket and hiredis, in a loop "
    "without child, slot, handler",
    pace=(10_000, 12_000),
    shapes=("drain",),
)

if __name__ == "__main__":
    work()
