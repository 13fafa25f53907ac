"""Floor: a queue of one script, by redis-py: acknowledge, store, publish, take the next."""

import sys

from bench.queues import marks
from bench.queues.peers.base import URL, Peer
from bench.queues.peers.floor_list import LIST, Client
from judgeline.queues.connect import command_client

__all__ = ["PEER", "Client"]

_SCRIPT = """
local ended = ARGV[1]
if ended ~= '' then
  redis.call('LREM', KEYS[2], 1, ended)
  redis.call('SET', KEYS[3] .. ended, ARGV[2], 'EX', 3600)
  redis.call('PUBLISH', KEYS[4] .. ended, 'done')
end
return redis.call('LMOVE', KEYS[1], KEYS[2], 'RIGHT', 'LEFT')
"""


def work() -> None:
    """Work until the list is empty."""
    client = command_client(URL)
    digest = client.script_load(_SCRIPT)
    ended: bytes = b""
    while True:
        taken = client.evalsha(digest, 4, LIST, "backup", "result:", "events:", ended, b'{"done":true}')
        if not isinstance(taken, bytes):
            return
        marks.noop(int(taken))
        ended = taken


PEER = Peer(
    label="floor: one small EVALSHA a job",
    version="",
    one=[sys.executable, "-m", "bench.queues.peers.floor_script"],
    settings="redis-py, one round trip a job: acknowledgement, result with TTL, publish, next job; "
    "no lease, fence, weights, turns",
    pace=(8_000, 10_000),
    shapes=("drain",),
)

if __name__ == "__main__":
    work()
