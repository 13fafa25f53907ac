"""``?wait=``: holding a request until what it asks for has ended, without ever holding every thread."""

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from api.reading import Reading
from judgeline.events import Wake, Watch
from judgeline.queues.job import Event

TICK_S = 0.5
"""How often a waiting thread looks whether its client hung up or the process is stopping."""
REREAD_S = 1.0
"""How often it reads the job even though no event came: events are hints."""


def hung_up(environ: Mapping[str, Any]) -> bool:
    """Whether a request's client has closed its connection.

    A client that only closes its sending side counts too: the kernel tells no difference, and HTTP clients
    that wait for an answer keep both open.
    """
    connection = environ.get("gunicorn.socket")
    if connection is None:
        return False
    try:
        return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def wait_until_ended(
    subscribe: AbstractContextManager[Watch],
    look: Callable[[], Reading],
    give_up: Callable[[], bool],
    seconds: float,
) -> Reading:
    """Read until it has ended, the time is up or ``give_up`` says so; gives the last reading.

    The first read comes after the subscription is confirmed, so no end can fall between the two.
    """
    deadline = time.monotonic() + seconds
    with subscribe as watch:
        reading = look()
        read_at = time.monotonic()
        while not reading.ended:
            now = time.monotonic()
            if now >= deadline or give_up():
                break
            happening = watch.wait(min(TICK_S, deadline - now))
            due = time.monotonic() - read_at >= REREAD_S
            if due or _may_be_the_end(happening):
                reading = look()
                read_at = time.monotonic()
        return reading


def _may_be_the_end(happening: Event | Wake | None) -> bool:
    """A Wake may hide any event."""
    return happening is Wake.CATCH_UP or (isinstance(happening, Event) and happening.state.terminal)
