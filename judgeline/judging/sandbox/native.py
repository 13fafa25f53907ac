"""The C helper and the extension of warm boxes: found in the cache, or built there by the host's C compiler.

Built on the host they serve, from the sources beside this file, and kept under the hash of those sources, the
compiler and the flags: a new version of either is a new file, and an old one is never run by mistake.
"""

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from judgeline.judging.errors import SandboxError
from judgeline.judging.sandbox.cures import RESOURCES

SOURCES = Path(__file__).parent / "native"
EXTENSION_SOURCES = Path(__file__).parent / "python"
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra")
NO_COMPILER = "sudo apt-get install gcc libc6-dev"


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """Something the compiler makes."""

    name: str
    """The start of its file's name."""
    what: str
    """For people, behind "the sandbox's"."""
    sources: Sequence[Path]
    links: Sequence[tuple[str, ...]]
    """Flags tried in this order, until one works."""


HELPER = Product(
    name="box",
    what="helper",
    sources=sorted(SOURCES.glob("*.c")),
    # A static helper is small, and a program's peak memory starts at its size.
    links=(("-static",), ()),
)
EXTENSION = Product(
    name="warm",
    what="extension for warm Python",
    sources=[*sorted(EXTENSION_SOURCES.glob("*.c")), SOURCES / "limits.c", SOURCES / "packet.c"],
    links=(("-shared", "-fPIC", "-fvisibility=hidden"),),
)


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
    return _ensure(HELPER, cache_dir)


def ensure_extension(cache_dir: Path) -> Path:
    """The same for the extension of warm boxes."""
    return _ensure(EXTENSION, cache_dir)


def _ensure(product: Product, cache_dir: Path) -> Path:
    compiler = find_compiler()
    try:
        target = cache_dir / f"{product.name}-{_fingerprint(compiler, product)}"
    except OSError as error:
        raise SandboxError(f"cannot run {compiler}: {error.strerror}", RESOURCES) from error
    if not target.exists():
        try:
            cache_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            _build(compiler, product, target)
        except OSError as error:
            raise SandboxError(
                f"cannot build the sandbox's {product.what} in {cache_dir}: {error}",
                f"make {cache_dir} writable",
            ) from error
    for place in (cache_dir, target):
        _check_owner(place)
    return target


def _fingerprint(compiler: str, product: Product) -> str:
    digest = hashlib.sha256()
    for source in sorted([*SOURCES.iterdir(), *EXTENSION_SOURCES.iterdir()]):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    version = subprocess.run([compiler, "--version"], capture_output=True, check=False).stdout
    digest.update(repr((os.path.realpath(compiler), version, FLAGS, product.links)).encode())
    return digest.hexdigest()[:32]


def _build(compiler: str, product: Product, target: Path) -> None:
    sources = list(map(str, product.sources))
    said = ""
    with tempfile.TemporaryDirectory(prefix=".build-", dir=target.parent) as folder:
        made = Path(folder, product.name)
        # The host's /tmp may be full, or closed to writing.
        environment = {**os.environ, "TMPDIR": folder}
        for link in product.links:
            command = [compiler, *FLAGS, *link, "-o", str(made), *sources]
            result = subprocess.run(
                command, capture_output=True, text=True, errors="replace", env=environment, check=False
            )
            if result.returncode == 0:
                made.chmod(0o755)
                made.replace(target)
                return
            said = result.stderr.strip()
    raise SandboxError(f"{compiler} cannot build the sandbox's {product.what}: {said[-2000:]}", NO_COMPILER)


def _check_owner(place: Path) -> None:
    # The helper is run, perhaps as root: nobody else may have put it there, or may put another in its place.
    found = place.stat()
    if found.st_uid not in (0, os.geteuid()) or stat.S_IMODE(found.st_mode) & 0o022:
        raise SandboxError(f"{place} can be written by others", f"rm -r {place}")
