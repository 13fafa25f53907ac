"""BullMQ, on Node: ``../bullmq`` has its worker and its client."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from bench.queues.peers.base import Peer

FOLDER = Path(__file__).parents[1] / "bullmq"


def command(concurrency: int) -> list[str]:
    """The command of one worker process with so many jobs at once."""
    return [_node(), str(FOLDER / "worker.mjs"), str(concurrency)]


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("node is not installed")
    if not (FOLDER / "node_modules" / "bullmq").is_dir():
        raise RuntimeError("its packages are not installed (npm ci in bench/queues/bullmq)")
    return node


def _version() -> str:
    package = json.loads((FOLDER / "node_modules" / "bullmq" / "package.json").read_text())
    node = subprocess.run([_node(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"bullmq {package['version']}, node {node.removeprefix('v')}"


PEER = Peer(
    label="BullMQ",
    one=command(1),
    version=_version(),
    best=[command(50)],
    best_is="1 process, concurrency 50",
    settings="`concurrency` 1 (best: 50); ioredis; its defaults keep every finished job, as ours does",
    pace=(4000, 13000),
    client=[_node(), os.fspath(FOLDER / "client.mjs")],
)
