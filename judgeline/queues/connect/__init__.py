"""Connections to Redis: two kinds of client, what a server must be like, and where the right one is.

A *command* client answers within a second or fails (connect 0.5 s, socket 1 s, one retry, so a request never
hangs on a dead server). A *blocking* client waits in BZPOPMIN, so its socket may be silent for that long, and
it never resends: a repeated blocking pop would take twice. Neither may be used across a fork.

All keys of one queue, or of one shard of it, share one hash tag, so whoever works on them needs one node of a
cluster, not a client of the whole: a client is made for a *tag*. Behind Sentinel and on a cluster its
connections ask where the primary is each time they connect, and one that proves to lead elsewhere (MOVED,
READONLY, CLUSTERDOWN) counts as lost, so that the next command finds the right server by itself.

``client`` makes clients and connections, ``locate`` asks Sentinel and cluster, ``located`` is the connection
that asks, ``check`` says what a server must be like.
"""

from judgeline.queues.connect.check import check_server
from judgeline.queues.connect.client import (
    ANSWER_S,
    CONNECT_S,
    SHARED,
    Clients,
    blocking_client,
    command_client,
    every_primary,
    open_connection,
)

__all__ = [
    "ANSWER_S",
    "CONNECT_S",
    "SHARED",
    "Clients",
    "blocking_client",
    "check_server",
    "command_client",
    "every_primary",
    "open_connection",
]
