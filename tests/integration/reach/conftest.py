"""What the tests of Sentinel, clusters, durability, ACL and TLS run on: real servers of their own."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .servers import SYNCED, Cluster, Servers, Watched, until
from .workers import Workers


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Give what waits for a condition; servers that are away meanwhile are no failure."""
    return until


@contextlib.contextmanager
def some_servers() -> Iterator[Servers]:
    folder = Path(tempfile.mkdtemp(prefix="jl-reach-"))
    started = Servers(folder)
    try:
        yield started
    finally:
        started.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def doubled(servers: "Servers") -> Cluster:
    """Give a cluster with a replica for each primary, for this test to spoil."""
    return Cluster(servers, *SYNCED, replicas=True)


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Give what starts servers for this test alone."""
    with some_servers() as started:
        yield started


@pytest.fixture
def watched(servers: Servers) -> Watched:
    """Give a primary with a replica under three Sentinels, for this test to spoil."""
    return Watched(servers, *SYNCED)


@pytest.fixture(scope="module")
def calm() -> Iterator[Watched]:
    """Give a primary with a replica under three Sentinels that must be left as they are."""
    with some_servers() as started:
        yield Watched(started, ready=False)


@pytest.fixture(scope="module")
def shared_cluster() -> Iterator[Cluster]:
    with some_servers() as started:
        yield Cluster(started)


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Cluster:
    """Give a cluster of three primaries, empty; slots may be moved, servers must live."""
    for server in shared_cluster.primaries:
        server.client.flushall()
    return shared_cluster


@pytest.fixture
def start_workers(tmp_path: Path) -> Iterator[Callable[..., Workers]]:
    """Give a function that starts workers of a queue at a URL, with further options of it."""
    made: list[Workers] = []

    def start(url: str, options: str = "") -> Workers:
        made.append(Workers(tmp_path, url, options))
        made[-1].start()
        until(lambda: made[-1].engine.stats().workers >= 2, "workers")
        return made[-1]

    yield start
    for workers in made:
        workers.close()
