"""The C helper: found in the cache, or built there by the host's C compiler.

Built on the host it serves, from the sources beside this file, and kept under the hash of those sources, the
compiler and the flags: a new version of either is a new file, and an old one is never run by mistake.
"""

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from judgeline.judging.errors import SandboxError
from judgeline.judging.sandbox.cures import RESOURCES

SOURCES = Path(__file__).parent / "native"
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra")
LINKS = (("-static",), ())
"""Tried in this order: a static helper is small, and a program's peak memory starts at its size."""
NO_COMPILER = "sudo apt-get install gcc libc6-dev"


def find_compiler() -> str:
    """The C compiler's path. Raises SandboxError, with the line that installs one."""
    for name in COMPILERS:
        found = shutil.which(name)
        if found:
            return found
    raise SandboxError("no C compiler, and the sandbox's helper is built on the host", NO_COMPILER)


def ensure_helper(cache_dir: Path) -> Path:
    """The helper's path, built when it is not there yet (about a second). Safe for several processes at once.

    Raises SandboxError when there is no compiler, it fails, or others could change what it made.
    """
    compiler = find_compiler()
    try:
        target = cache_dir / f"box-{_fingerprint(compiler)}"
    except OSError as error:
        raise SandboxError(f"cannot run {compiler}: {error.strerror}", RESOURCES) from error
    if not target.exists():
        try:
            cache_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            _build(compiler, target)
        except OSError as error:
            raise SandboxError(
                f"cannot build the sandbox's helper in {cache_dir}: {error}", f"make {cache_dir} writable"
            ) from error
    for place in (cache_dir, target):
        _check_owner(place)
    return target


def _fingerprint(compiler: str) -> str:
    digest = hashlib.sha256()
    for source in sorted(SOURCES.iterdir()):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    version = subprocess.run([compiler, "--version"], capture_output=True, check=False).stdout
    digest.update(repr((os.path.realpath(compiler), version, FLAGS, LINKS)).encode())
    return digest.hexdigest()[:32]


def _build(compiler: str, target: Path) -> None:
    sources = [str(source) for source in sorted(SOURCES.glob("*.c"))]
    said = ""
    with tempfile.TemporaryDirectory(prefix=".build-", dir=target.parent) as folder:
        product = Path(folder, "box")
        # The host's /tmp may be full, or closed to writing.
        environment = {**os.environ, "TMPDIR": folder}
        for link in LINKS:
            command = [compiler, *FLAGS, *link, "-o", str(product), *sources]
            result = subprocess.run(
                command, capture_output=True, text=True, errors="replace", env=environment, check=False
            )
            if result.returncode == 0:
                product.chmod(0o755)
                product.replace(target)
                return
            said = result.stderr.strip()
    raise SandboxError(f"{compiler} cannot build the sandbox's helper: {said[-2000:]}", NO_COMPILER)


def _check_owner(place: Path) -> None:
    # The helper is run, perhaps as root: nobody else may have put it there, or may put another in its place.
    found = place.stat()
    if found.st_uid not in (0, os.geteuid()) or stat.S_IMODE(found.st_mode) & 0o022:
        raise SandboxError(f"{place} can be written by others", f"rm -r {place}")
