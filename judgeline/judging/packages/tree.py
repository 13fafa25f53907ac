"""Every file of a package, found once, with nothing outside its folder reached."""

import hashlib
import itertools
import os
import re
import stat
from pathlib import Path

import msgspec

from judgeline.judging.packages.faults import Report

MOST_FILES = 20_000
MOST_BYTES = 512 << 20
MOST_FILE_BYTES = 128 << 20
DEEPEST = 16
NAME = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,254}")
"""The format's rule; what breaks it is treated as if it were not there."""
HIDDEN_BUT_READ = frozenset({".timelimit"})
LEFTOVERS = frozenset({"__pycache__"})


class File(msgspec.Struct, frozen=True):
    """One regular file: where it really is, and its size in bytes."""

    path: Path
    size: int


class Tree:
    """The files of a package by their path in it, e.g. ``tree.files["data/sample/1.in"]``, sorted."""

    def __init__(self, root: Path, report: Report) -> None:
        self.root = root.resolve()
        self.files: dict[str, File] = {}
        self.folders: set[str] = set()
        self._report = report
        self._bytes = 0
        self._seen = 0
        self._full = False
        self._walk(self.root, "", ())
        self.files = dict(sorted(self.files.items()))

    def under(self, folder: str) -> dict[str, File]:
        """The files below a folder, by their path below it."""
        start = f"{folder}/"
        return {name.removeprefix(start): file for name, file in self.files.items() if name.startswith(start)}

    def children(self, folder: str) -> list[str]:
        """The names of what stands directly in a folder, sorted."""
        return sorted({name.split("/", 1)[0] for name in self.under(folder)})

    def text(self, name: str, most: int) -> str | None:
        """A file as text; None where it is not there, too large, or not UTF-8 (then it is a fault)."""
        file = self.files.get(name)
        if file is None:
            return None
        if file.size > most:
            self._report.fault(name, f"is larger than {most} bytes")
            return None
        try:
            return file.path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            self._report.fault(name, f"is not UTF-8 (byte {error.start})")
        except OSError as error:
            self._report.fault(name, f"cannot be read: {error.strerror}")
        return None

    def version(self) -> str:
        """SHA-256, hex, over every file's path, size and content."""
        whole = hashlib.sha256()
        for name, file in self.files.items():
            whole.update(f"{name}\0{file.size}\0".encode())
            try:
                with file.path.open("rb") as opened:
                    whole.update(hashlib.file_digest(opened, "sha256").digest())
            except OSError as error:
                self._report.fault(name, f"cannot be read: {error.strerror}")
        return whole.hexdigest()

    def _walk(self, folder: Path, below: str, above: tuple[Path, ...]) -> None:
        if len(above) > DEEPEST or folder in above:
            self._report.fault(below, "is nested too deeply, or links to a folder that holds it")
            return
        try:
            with os.scandir(folder) as scanned:
                entries = sorted(itertools.islice(scanned, MOST_FILES + 1), key=lambda entry: entry.name)
        except OSError as error:
            self._report.fault(below or ".", f"cannot be read: {error.strerror}")
            return
        for entry in entries:
            name = f"{below}/{entry.name}" if below else entry.name
            if entry.name in LEFTOVERS:
                continue
            if not NAME.fullmatch(entry.name) and entry.name not in HIDDEN_BUT_READ:
                if entry.name.endswith((".in", ".ans")):
                    self._report.warn(
                        f"{below}/{ascii(entry.name)[1:-1]}", "is ignored: its name is not allowed"
                    )
                continue
            self._seen += 1
            if self._full or self._seen > MOST_FILES:
                if not self._full:
                    self._report.fault(".", f"holds more than {MOST_FILES} files")
                self._full = True
                return
            self._take(Path(entry.path), name, (*above, folder))

    def _take(self, path: Path, name: str, above: tuple[Path, ...]) -> None:
        try:
            real = path.resolve(strict=True)
            found = real.stat()
        except (OSError, RuntimeError):
            self._report.fault(name, "is a link that leads nowhere, or cannot be read")
            return
        if not real.is_relative_to(self.root):
            self._report.fault(name, "is a link that leads out of the package")
        elif stat.S_ISDIR(found.st_mode):
            self.folders.add(name)
            self._walk(real, name, above)
        elif not stat.S_ISREG(found.st_mode):
            self._report.fault(name, "is neither a file nor a folder")
        elif found.st_size > MOST_FILE_BYTES:
            self._report.fault(name, f"is larger than {MOST_FILE_BYTES >> 20} MiB")
        else:
            within = self._bytes <= MOST_BYTES
            self._bytes += found.st_size
            if within and self._bytes > MOST_BYTES:
                self._report.fault(".", f"holds more than {MOST_BYTES >> 20} MiB")
            self.files[name] = File(real, found.st_size)
