"""Where the bundled server listens: a Unix socket in JUDGELINE_HOME; no port is open, no password needed."""

import contextlib
import hashlib
import os
import stat
from pathlib import Path
from urllib.parse import quote

from judgeline.embedded.errors import EmbeddedError

_LONGEST_SOCKET_PATH = 107
"""Bytes: ``sun_path`` is 108 with its final NUL, and longer paths are cut in silence."""


def socket_path(home: Path) -> Path:
    """Give the server's socket for a data folder; the same folder gives the same path.

    A path too long for the kernel falls back to a private folder with a short name. Raises EmbeddedError
    where that folder belongs to somebody else.
    """
    path = home / "redis.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    folder = Path(f"/tmp/judgeline-{os.getuid()}-{digest}")  # noqa: S108 - checked below to be ours and private
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise EmbeddedError(
            f"{folder} is not a private folder of ours; remove it or set a shorter JUDGELINE_HOME"
        )
    return folder / "redis.sock"


def leave_socket(home: Path) -> None:
    """Take the fallback's folder away, where there is one, when the server has gone."""
    folder = socket_path(home).parent
    if folder != home:
        with contextlib.suppress(OSError):  # a server that was killed leaves its socket there
            folder.rmdir()


def server_url(home: Path) -> str:
    """The URL of the bundled server of a data folder."""
    return f"unix://{quote(str(socket_path(home)))}?db=0"


def publish_url(home: Path) -> str:
    """Write the URL to JUDGELINE_HOME/redis.url, where ``Settings`` finds it, and give it."""
    url = server_url(home)
    target = home / "redis.url"
    part = target.with_name(f"redis.url.{os.getpid()}")
    part.write_text(url + "\n")
    part.rename(target)
    return url
