"""What is planted for an attack to read, write or reach: each carries a word that must not come out again."""

import contextlib
import os
import secrets
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

VARIABLE = "ATTACK_SECRET"
KEY = 0x4A4C_4154
"""The number under which attacks make shared memory of System V."""


class Secrets:
    """A file, an answer, another submission, a variable, and four doors of this host.

    ``folder`` must lie outside of what boxes see. Everything in it may be read by all: that a program cannot
    read it must be the box's doing, not that of the file's mode.
    """

    def __init__(self, folder: Path) -> None:
        self.mark = f"judgeline-attack-{secrets.token_hex(6)}"
        """Names that attacks give to what they leave begin with this."""
        self.word = f"secret{secrets.token_hex(12)}"
        self.file = folder / "host-file"
        self.answer = folder / "another.ans"
        self.submission = folder / "another.c"
        self._doors: list[socket.socket] = []
        self._state: dict[Path, tuple[int, ...]] = {}

    def __enter__(self) -> Self:
        for path in (self.file, self.answer, self.submission):
            path.write_text(f"{self.word}\n")
            path.chmod(0o666)
            self._state[path] = _state(path)
        os.environ[VARIABLE] = self.word
        with contextlib.ExitStack() as stack:
            self._open_doors(stack)
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.environ.pop(VARIABLE, None)
        for door in self._doors:
            door.close()
        self._doors = []

    def places(self) -> dict[str, str]:
        """Where things are, by the names that stand between two @ in the programs."""
        return {
            "FILE": str(self.file),
            "ANSWER": str(self.answer),
            "SUBMISSION": str(self.submission),
            "PORT": str(self._doors[0].getsockname()[1]),
            "UDP_PORT": str(self._doors[1].getsockname()[1]),
            "SOCKET": self.mark,
            "SOCKET_PATH": str(self.file.parent / "door"),
            "VARIABLE": VARIABLE,
            "PID": str(os.getpid()),
            "MARK": self.mark,
            "KEY": str(KEY),
        }

    def told_in(self, text: bytes) -> bool:
        """Whether a secret stands in what came back, as it is or in another dress."""
        word = self.word.encode()
        return any(form in text for form in (word, word[::-1], word.hex().encode()))

    def touched(self) -> list[str]:
        """What was written or reached, in words; asked a second time it tells only what is new."""
        faults = [f"{path.name} was changed" for path, state in self._state.items() if _state(path) != state]
        for door in self._doors:
            kind = "UDP" if door.type == socket.SOCK_DGRAM else "TCP"
            what = "a Unix socket" if door.family == socket.AF_UNIX else f"a {kind} port of 127.0.0.1"
            if _was_reached(door):
                faults.append(f"{what} was reached")
        self._state = {path: _state(path) for path in self._state}
        return faults

    def _open_doors(self, stack: contextlib.ExitStack) -> None:
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        self._doors = [tcp, udp]
        for address in (f"\0{self.mark}", str(self.file.parent / "door")):
            unix = stack.enter_context(socket.socket(socket.AF_UNIX))
            unix.bind(address)
            unix.listen()
            self._doors.append(unix)
        (self.file.parent / "door").chmod(0o777)
        for door in self._doors:
            door.setblocking(False)


def _state(path: Path) -> tuple[int, ...]:
    try:
        found = path.lstat()
    except OSError:
        return ()
    return (found.st_ino, found.st_mode, found.st_uid, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _was_reached(door: socket.socket) -> bool:
    try:
        if door.type == socket.SOCK_DGRAM:
            door.recv(1)
        else:
            door.accept()[0].close()
    except BlockingIOError:
        return False
    return True
