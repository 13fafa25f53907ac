"""``python -m bench.queues.peers NAME describe``: what it is, as JSON; ``NAME client``: obey orders."""

import dataclasses
import importlib
import json
import sys

from bench.queues.peers.base import serve


def main() -> None:
    """Do as the command line says."""
    name, action = sys.argv[1:3]
    module = importlib.import_module(f"bench.queues.peers.{name}")
    if action == "describe":
        sys.stdout.write(json.dumps(dataclasses.asdict(module.PEER)) + "\n")
    else:
        serve(module.Client)


if __name__ == "__main__":
    main()
