"""Servers, Sentinels and clusters on loopback, started by the tests and ended with them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis import Redis
from redis.crc import key_slot
from redis.exceptions import RedisError

from judgeline.embedded.binary import bundled_server
from judgeline.queues.errors import QueueUnavailable

PATIENCE_S = 30.0
SLOTS = 16_384
SYNCED = ("--appendonly", "yes", "--appendfsync", "always")
"""What durability = "replica" wants of a server."""

# The server dies with the process that asked for it, even if that is killed (Linux; 1 is PR_SET_PDEATHSIG).
LAUNCH = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execv(sys.argv[2], sys.argv[3:])
"""


def until(condition: Callable[[], Any], what: str = "the condition") -> Any:
    """Wait until the condition holds, and give what it gave."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(RedisError, QueueUnavailable):
            if found := condition():
                return found
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.02)


class Server:
    """One server process on loopback."""

    def __init__(self, folder: Path, arguments: list[str], port: int, *, name: str = "") -> None:
        self.port = port
        self.folder = folder
        program = arguments[0]
        argv = [name or program, *arguments[1:]]
        with (folder / f"log.{port}").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-S", "-c", LAUNCH, str(os.getpid()), program, *argv],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.client = Redis(host="127.0.0.1", port=port, socket_timeout=5)

    @property
    def node(self) -> str:
        return f"127.0.0.1:{self.port}"

    def ready(self) -> "Server":
        until(self.client.ping, f"a server: {self.said()}")
        return self

    def said(self) -> str:
        return (self.folder / f"log.{self.port}").read_text()[-2000:]

    def kill(self) -> None:
        """End it as a machine does that is gone."""
        self.process.kill()
        self.process.wait()
        self.client.close()

    def pause(self) -> None:
        """Let it hang: a process that is there and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def role(self) -> str:
        return str(self.client.info("replication")["role"])


class Servers:
    """Starts servers, and ends them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.all: list[Server] = []
        self._held: list[socket.socket] = []

    def port(self) -> int:
        """Give a free port; it is held against others until the test ends, for servers reuse addresses."""
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        self._held.append(held)  # bound and not listening: a server may listen there, nobody else is given it
        return int(held.getsockname()[1])

    def start(self, *arguments: str, port: int = 0) -> Server:
        """Start a bundled server that keeps nothing on disk unless told to."""
        port = port or self.port()
        folder = self.folder / str(port)
        folder.mkdir(exist_ok=True)
        command = [
            *(str(bundled_server()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)),
            *("--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0", *arguments),
        ]
        return self._keep(Server(folder, command, port)).ready()

    def start_as(self, program: str, name: str, folder: Path, *arguments: str, port: int) -> Server:
        """Start another program; ``name`` is what it takes itself for."""
        return self._keep(Server(folder, [program, *arguments], port, name=name))

    def start_sentinel(self, master: str, primary: Server, quorum: int, *lines: str) -> Server:
        port = self.port()
        folder = self.folder / str(port)
        folder.mkdir()
        config = folder / "sentinel.conf"
        config.write_text(
            f"port {port}\nbind 127.0.0.1\ndir {folder}\n"
            f"sentinel monitor {master} 127.0.0.1 {primary.port} {quorum}\n"
            f"sentinel down-after-milliseconds {master} 400\n"
            f"sentinel failover-timeout {master} 3000\n" + "".join(f"{line}\n" for line in lines)
        )
        command = [str(bundled_server()), str(config), "--sentinel"]
        return self._keep(Server(folder, command, port)).ready()

    def _keep(self, server: Server) -> Server:
        self.all.append(server)
        return server

    def close(self) -> None:
        for server in self.all:
            server.kill()
        for held in self._held:
            held.close()


class Watched:
    """A primary, its replica, and three Sentinels, ready for a failover or only to be asked."""

    master = "jobs"

    def __init__(self, servers: Servers, *arguments: str, ready: bool = True) -> None:
        self.primary = servers.start(*arguments)
        self.replica = servers.start("--replicaof", f"127.0.0.1 {self.primary.port}", *arguments)
        until(lambda: self.replica.client.info("replication")["master_link_status"] == "up", "the replica")
        self.sentinels = [servers.start_sentinel(self.master, self.primary, 2) for _ in range(3)]
        if ready:
            until(lambda: all(self.knows(sentinel) for sentinel in self.sentinels), "the Sentinels")
        hosts = ",".join(sentinel.node for sentinel in self.sentinels)
        self.url = f"redis+sentinel://{hosts}/{self.master}"

    def knows(self, sentinel: Server) -> bool:
        """Whether it has heard of the replica and of its two fellows."""
        told = sentinel.client.execute_command("SENTINEL", "MASTER", self.master)
        fields = {str(key): str(value) for key, value in _pairs(told)}
        return fields["num-slaves"] == "1" and fields["num-other-sentinels"] == "2"


def _pairs(reply: Any) -> list[tuple[str, str]]:
    if isinstance(reply, dict):
        return [(_text(key), _text(value)) for key, value in reply.items()]
    return [(_text(a), _text(b)) for a, b in zip(reply[::2], reply[1::2], strict=True)]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


class Cluster:
    """Three primaries, and a replica of each if asked for."""

    def __init__(self, servers: Servers, *arguments: str, replicas: bool = False) -> None:
        self.servers, self.arguments = servers, arguments
        self.primaries = [self._start() for _ in range(3)]
        self.replicas = [self._start() for _ in self.primaries] if replicas else []
        everybody = self.primaries + self.replicas
        bounds = [0, SLOTS // 3, 2 * SLOTS // 3, SLOTS]
        for index, server in enumerate(self.primaries):
            server.client.execute_command("CLUSTER ADDSLOTSRANGE", bounds[index], bounds[index + 1] - 1)
        for server in everybody[1:]:
            first = everybody[0].port
            server.client.execute_command("CLUSTER MEET", "127.0.0.1", first, self.bus[first])
        until(lambda: all(self.counts(one) == (len(everybody), "ok") for one in everybody), "the cluster")
        for primary, replica in zip(self.primaries, self.replicas, strict=False):
            node = primary.client.execute_command("CLUSTER MYID").decode()
            replica.client.execute_command("CLUSTER REPLICATE", node)
        for replica in self.replicas:
            until(
                lambda one=replica: one.client.info("replication")["master_link_status"] == "up", "a replica"
            )
        self.url = f"redis+cluster://{','.join(one.node for one in self.primaries)}"

    bus: dict[int, int]

    def _start(self) -> Server:
        port, bus = self.servers.port(), self.servers.port()
        self.bus = getattr(self, "bus", {}) | {port: bus}
        return self.servers.start(
            *("--cluster-enabled", "yes", "--cluster-port", str(bus), "--cluster-node-timeout", "800"),
            *("--cluster-replica-validity-factor", "0", "--cluster-require-full-coverage", "no"),
            *self.arguments,
            port=port,
        )

    def counts(self, server: Server) -> tuple[int, str]:
        told = server.client.execute_command("CLUSTER INFO")
        fields = (
            told
            if isinstance(told, dict)
            else dict(line.split(":", 1) for line in _text(told).split("\r\n") if ":" in line)
        )
        return int(fields["cluster_known_nodes"]), fields["cluster_state"]

    def owner(self, tag: str) -> Server:
        """Give the primary of a tag's slot, as the nodes that live see it."""
        slot = key_slot(f"{{{tag}}}".encode())
        for server in self.primaries + self.replicas:
            if server.process.poll() is not None:
                continue
            for first, last, primary, *_ in raw(server, "CLUSTER", "SLOTS"):
                if first <= slot <= last:
                    return next(one for one in self.primaries + self.replicas if one.port == primary[1])
        raise AssertionError(tag)

    def another(self, server: Server) -> Server:
        return next(one for one in self.primaries if one is not server)

    def node_id(self, server: Server) -> str:
        return str(server.client.execute_command("CLUSTER MYID").decode())


def raw(server: Server, *command: object) -> Any:
    """Send a command and give its answer as it came."""
    connection = server.client.connection_pool.get_connection()
    try:
        connection.send_command(*command)
        return connection.read_response()
    finally:
        server.client.connection_pool.release(connection)
