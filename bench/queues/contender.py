"""Who is measured: what each peer says of itself, or why it is not here."""

import subprocess
import sys
from pathlib import Path

import msgspec

from bench.harness import ROOT
from bench.servers import clean_environment

OURS = "ours"
FLOORS = ("floor_ours", "floor_script", "floor_list")
PEERS = (
    *("rq_simple", "rq_fork", "celery", "dramatiq", "huey"),
    *("arq", "saq", "streaq", "taskiq", "docket", "bullmq"),
)
NAMES = (OURS, *FLOORS, *PEERS)
_APART = ("arq", "saq")
_NO_URL = "redis://127.0.0.1:6379/0"
_DESCRIBE_S = 30.0

Command = list[str]


class Contender(msgspec.Struct, frozen=True, kw_only=True):
    """One system: as ``bench.queues.peers.base.Peer``, and where it runs."""

    name: str = ""
    bin: str = ""
    label: str
    version: str
    one: Command
    settings: str
    pace: tuple[int, int]
    two: list[Command] | None = None
    best: list[Command] | None = None
    best_is: str
    client: Command | None = None
    kill: str
    shapes: tuple[str, ...]

    def team(self, kind: str, url: str) -> list[Command]:
        """The commands of "one" worker, of "two", or of the "best" set-up, for a server."""
        two = self.two or [self.one, self.one]
        commands = {"one": [self.one], "two": two, "best": self.best or two}[kind]
        return [self._placed(command, url) for command in commands]

    def client_command(self) -> Command:
        """The command of a client, which takes orders."""
        return self.client or [self.python, "-m", "bench.queues.peers", self.name, "client"]

    @property
    def python(self) -> str:
        """Its interpreter."""
        return f"{self.bin}/python"

    def _placed(self, command: Command, url: str) -> Command:
        first, *rest = (url if part == _NO_URL else part for part in command)
        return [first if "/" in first else f"{self.bin}/{first}", *rest]


class Absent(msgspec.Struct, frozen=True):
    """A system that cannot be measured here."""

    name: str
    why: str


def find(name: str) -> Contender | Absent:
    """Ask a peer what it is."""
    folder = _environment(name)
    if not (folder / "python").exists():
        return Absent(name, "its environment is not installed (make bench-queues does it)")
    try:
        told = subprocess.run(
            [folder / "python", "-m", "bench.queues.peers", name, "describe"],
            cwd=ROOT,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=_DESCRIBE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Absent(name, f"it did not say what it is within {_DESCRIBE_S:.0f} s")
    if told.returncode:
        return Absent(name, (told.stderr.strip().splitlines() or ["it failed"])[-1])
    found = msgspec.json.decode(told.stdout.splitlines()[-1], type=Contender)
    return msgspec.structs.replace(found, name=name, bin=str(folder))


def _environment(name: str) -> Path:
    if name == OURS or name in FLOORS:
        return Path(sys.executable).parent
    return ROOT / (f".venv-bench-{name}" if name in _APART else ".venv-bench") / "bin"
