"""A sandbox that keeps what its programs did, and looks into each box before it is thrown away."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from judgeline.judging.errors import BoxError
from judgeline.judging.sandbox.box import Box, Command, Outcome, Sandbox

LOOK = """
cd /proc; set -- [0-9]*; echo "processes: $*"
cd /tmp; set -- * .[!.]* ..?*; echo "files: $*"
count=0; while read -r _ place _; do [ "$place" != /tmp ] || count=$((count + 1)); done < /proc/mounts
echo "mounts of /tmp: $count"
count=0; while read -r _; do count=$((count + 1)); done < /proc/net/unix
echo "lines of sockets: $count"
read -r words < /proc/$$/stat; set -- $words; echo "priority: ${18} ${19}"
read -r words; echo "input: $words"
echo "pid: $$"
"""
"""What a program sees of those before it, without starting another one."""


class Watched:
    """What all boxes of one sandbox have come to."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.faults: list[str] = []


class WatchedBox:
    """A box, and what it shows an innocent program after a hostile one."""

    def __init__(self, box: Box, watched: Watched, clean: bytes) -> None:
        self._box = box
        self._watched = watched
        self._clean = clean
        self._used = False

    def load(self, files: Mapping[str, tuple[bytes, int]]) -> None:
        """See Box.load."""
        self._box.load(files)

    def run(self, command: Command, stdin: bytes = b"") -> Outcome:
        """See Box.run."""
        self._used = True
        outcome = self._box.run(command, stdin)
        self._watched.outcomes.append(outcome)
        return outcome

    def close(self) -> None:
        """Look once more, then see Box.close."""
        if self._used:
            self._used = False
            self._look()
        self._box.close()

    def _look(self) -> None:
        try:
            seen = look(self._box)
        except BoxError as error:
            self._watched.faults.append(f"its box serves no more: {error}")
            return
        for line in set(seen.splitlines()) - set(self._clean.splitlines()):
            self._watched.faults.append(f"left in its box: {line.decode(errors='replace')[:200]}")

    def __getattr__(self, name: str) -> Any:
        """All else is the box's own."""
        return getattr(self._box, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class WatchedSandbox:
    """Makes watched boxes; what a new box shows is what every used one must show."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._watched = Watched()
        with sandbox.open() as box:
            self._clean = look(box)

    def open(self, *, binds: Sequence[str] = (), warm: tuple[str, str] | None = None) -> WatchedBox:
        """See Sandbox.open."""
        return WatchedBox(self._sandbox.open(binds=binds, warm=warm), self._watched, self._clean)

    def take(self) -> tuple[list[Outcome], list[str]]:
        """What programs did, and what was found in their boxes, since the last time."""
        outcomes, faults = self._watched.outcomes, self._watched.faults
        self._watched.outcomes, self._watched.faults = [], []
        return outcomes, faults


def look(box: Box) -> bytes:
    """What a program sees in a box. Raises BoxError."""
    outcome = box.run(Command(argv=("/bin/sh", "-c", LOOK)), b"42\n")
    return outcome.stdout + outcome.stderr + outcome.why.encode()
