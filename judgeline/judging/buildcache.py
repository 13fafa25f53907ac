"""What was compiled once is not compiled again: builds by content, shared by the children of a host.

The key is all that a build depends on: sources and their names, the language with its tools' versions, the
commands with their flags, the compiler's limits. The folder is ours alone and no box shows it. Each file is
written whole or not at all and checked when it is read: a torn or a forged one is a build that is not there.
"""

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from judgeline.judging.languages import Language
from judgeline.judging.packages.package import PackageLimits
from judgeline.judging.program import Sources

FORMAT = b"judgeline build 1"
"""Changes with what is kept, and with what the key is made of."""
_DIGEST = 32
_BLOCK = 4096
_SHARE = 16
_encode = msgspec.msgpack.Encoder().encode


class KeptBuild(msgspec.Struct, frozen=True, array_like=True):
    """A build as it is kept: what the compiler made and said."""

    files: dict[str, tuple[bytes, int]]
    """Empty where the sources themselves are what runs."""
    output: str
    why: str
    """Why there is none, where compiling failed: such a one is not kept."""


_decode = msgspec.msgpack.Decoder(KeptBuild).decode


class BuildCache:
    """Builds of this host: at most ``most_bytes`` on the disk, and a sixteenth more for each process.

    Safe for several processes at once. A disk that is full or may not be written keeps nothing, and says
    nothing: then everything is compiled.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._added = most_bytes  # so that the first one kept looks at what is there
        self.hits = self.misses = 0

    def get(self, key: str) -> KeptBuild | None:
        """Give the build of that key, or None."""
        kept = self._read(self._folder / key)
        if kept is None:
            self.misses += 1
        else:
            self.hits += 1
        return kept

    def _read(self, path: Path) -> KeptBuild | None:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            content = _content(descriptor)
            if content is None:
                return None
            if content[:_DIGEST] == _digest(path.name, content[_DIGEST:]):
                with contextlib.suppress(msgspec.MsgspecError, OSError):
                    kept = _decode(content[_DIGEST:])
                    os.utime(descriptor)  # the oldest go first
                    return kept
        finally:
            os.close(descriptor)
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def put(self, key: str, build: KeptBuild) -> None:
        """Keep a build; one that is larger than a sixteenth of the bound is not kept."""
        body = _encode(build)
        if _on_disk(len(body)) > self._most_bytes // _SHARE:
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self._is_ours():
                return
            descriptor, name = tempfile.mkstemp(prefix=".new-", dir=self._folder)
            try:
                with open(descriptor, "wb") as file:  # noqa: PTH123 - as above
                    file.write(_digest(key, body) + body)
                Path(name).replace(self._folder / key)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
            self._added += _on_disk(len(body))
            if self._added > self._most_bytes // _SHARE:
                self._added = 0
                self._sweep()

    def _is_ours(self) -> bool:
        found = self._folder.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022

    def _sweep(self) -> None:
        """Drop the oldest until an eighth of the bound is free."""
        found = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    seen = entry.stat(follow_symlinks=False)
                    found.append((seen.st_mtime_ns, _on_disk(seen.st_size), entry.path))
        held = sum(size for _, size, _ in found)
        if held <= self._most_bytes:
            return
        for _, size, path in sorted(found):
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108 - scandir gives strings, and there may be many
            held -= size
            if held <= self._most_bytes * 7 // 8:
                return


def open_cache(folder: Path, most_mb: int) -> BuildCache | None:
    """Give the cache in that folder; None where it may keep nothing."""
    return BuildCache(folder, most_mb << 20) if most_mb > 0 else None


def build_key(
    language: Language, commands: Iterable[list[str]], sources: Sources, limits: PackageLimits
) -> str:
    """Give the name of a build: a digest of all it depends on."""
    tools = [(tool, path, _stamp(path)) for tool, path in sorted(language.tools.items())]
    parts = (
        language.label,
        tools,
        list(commands),
        sorted(sources.files.items()),
        (sources.entry, sources.main_class),
        (limits.compilation_time_s, limits.compilation_memory_mib),
        (language.entry.outputs, language.entry.address_space),
    )
    return hashlib.blake2b(FORMAT + _encode(parts), digest_size=_DIGEST).hexdigest()


def _content(descriptor: int) -> bytes | None:
    """All of a file; None for what is no file, or not ours."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        return None
    with open(descriptor, "rb", closefd=False) as file:
        return file.read()


def _stamp(path: str) -> tuple[int, int]:
    """A compiler that was replaced is another one, whatever version it says."""
    try:
        found = os.stat(path)  # noqa: PTH116 - for each submission
    except OSError:
        return (0, 0)
    return (found.st_size, found.st_mtime_ns)


def _digest(key: str, body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST, person=b"jl-build", key=key.encode()[:64]).digest()


def _on_disk(size: int) -> int:
    return -(-(size + _DIGEST) // _BLOCK) * _BLOCK
