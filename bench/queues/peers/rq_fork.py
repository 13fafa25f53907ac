"""RQ's Worker: a fork a job."""

import dataclasses

from bench.queues.peers.rq_simple import PEER as SIMPLE
from bench.queues.peers.rq_simple import Client, command

__all__ = ["PEER", "Client"]

PEER = dataclasses.replace(
    SIMPLE,
    label="RQ Worker",
    one=command("Worker"),
    settings="`rq worker --quiet`, RQ's default: a fork a job",
    pace=(70, 130),
    kill="parent",
    shapes=("drain", "latency", "kill", "delay"),
)
