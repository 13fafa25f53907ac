"""``python -m bench.echo URL``: the floor of a worker, which pops a list and answers on another one.

No lease, no acknowledgement, no state: what it costs to pass an id through Redis and back with redis-py.
"""

import sys

from judgeline.queues.connect import blocking_client

JOBS = "echo:jobs"
ANSWERS = "echo:answers"


def main() -> None:
    """Answer until stopped."""
    client = blocking_client(sys.argv[1], 1.0)
    while True:
        popped = client.brpop([JOBS], timeout=1)
        if popped:
            client.lpush(ANSWERS, popped[1])


if __name__ == "__main__":
    main()
