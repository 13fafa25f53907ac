"""The folder in which everything of one run lives, and what its processes are told."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec

from judgeline.chaos.errors import ChaosError
from judgeline.chaos.options import LEASE_S, MAX_QUEUED, QUEUE, ChaosOptions
from judgeline.chaos.plan import MAX_ATTEMPTS, MAX_CRASHES
from judgeline.parent import VARIABLE

ATTEMPT_LOG = "JUDGELINE_ATTEMPT_LOG"
"""Where the no-op handler notes each attempt: ``workers/handlers/attempts.py`` reads it."""
_LONGEST = 80
"""Bytes of the folder for sockets: a socket's path may not pass 107."""

_CONFIG = """\
[queues.{queue}]
handler = "noop"
engine = "{engine}"
lease_s = {lease_s}
timeout_s = 60
max_queued = {max_queued}
max_queued_per_user = {max_queued}
max_attempts = {max_attempts}
max_crashes = {max_crashes}
crash_backoff_s = [0.2]
backoff_s = {{ base = 0.05, factor = 2, max = 1, jitter = 0.2 }}
result_ttl_s = 60

[queues.{queue}.priorities]
high = {{ weight = 10 }}
low = {{ weight = 3 }}

[judge]
queue = "{queue}"

[mail]
queue = "{queue}"

[store]
sweep_s = 1
pending_grace_s = 1
"""


class House(msgspec.Struct, frozen=True, kw_only=True):
    """The places of one run."""

    folder: Path
    """Data and evidence."""
    sockets: Path
    """A private folder with a short name."""

    @property
    def config(self) -> Path:
        """Its queues.toml."""
        return self.folder / "queues.toml"

    @property
    def attempts(self) -> Path:
        """The workers' own log of attempts."""
        return self.folder / "attempts"

    @property
    def log(self) -> Path:
        """What the processes say."""
        return self.folder / "log"

    @property
    def database_url(self) -> str:
        """The store."""
        return f"sqlite:///{quote(str(self.folder / 'judgeline.db'))}"

    def environment(self, redis_url: str) -> dict[str, str]:
        """Give the environment of a worker or recorder that finds Redis at ``redis_url``.

        It holds the folder's name, by which whatever is left at the end can be found.
        """
        return {
            **os.environ,
            "REDIS_URL": redis_url,
            "DATABASE_URL": self.database_url,
            "JUDGELINE_HOME": str(self.folder),
            "JUDGELINE_CONFIG": str(self.config),
            "JUDGELINE_LOG_FORMAT": "json",
            "JUDGELINE_LOG_LEVEL": "info",
            ATTEMPT_LOG: str(self.attempts),
            VARIABLE: str(os.getpid()),
        }


@contextmanager
def open_house(options: ChaosOptions) -> Iterator[House]:
    """Make the folders and the configuration; at the end both are gone, but what ``keep`` names.

    Raises ChaosError where ``keep`` holds something already or cannot be made, and where there is no /proc.
    """
    if not Path("/proc/self/environ").exists():
        raise ChaosError("chaos needs Linux: whom to kill, and what is left in the end, it finds in /proc")
    sockets = Path(tempfile.mkdtemp(prefix="jl-chaos-", dir=_short()))
    try:
        house = House(folder=_keep(options.keep) if options.keep else sockets / "data", sockets=sockets)
        house.folder.mkdir(exist_ok=True)
        house.config.write_text(
            _CONFIG.format(
                queue=QUEUE,
                engine=options.engine,
                lease_s=LEASE_S,
                max_queued=MAX_QUEUED,
                max_attempts=MAX_ATTEMPTS,
                max_crashes=MAX_CRASHES,
            )
        )
        yield house
    finally:
        shutil.rmtree(sockets, ignore_errors=True)


def _short() -> str:
    folder = tempfile.gettempdir()
    return folder if len(os.fsencode(folder)) <= _LONGEST else "/tmp"  # noqa: S108 - mkdtemp makes it ours alone


def _keep(folder: Path) -> Path:
    with contextlib.suppress(FileNotFoundError):
        if any(folder.iterdir()):
            raise ChaosError(f"{folder} holds something already: name a new folder to keep the evidence in")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ChaosError(f"cannot make {folder}: {error.strerror}") from None
    return folder.absolute()
