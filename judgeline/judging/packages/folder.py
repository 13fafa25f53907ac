"""A folder of packages: read when first asked for, read again when they change."""

import itertools
import os
import threading
import time
from collections import OrderedDict
from pathlib import Path

from judgeline.judging.errors import PackageError
from judgeline.judging.packages.load import SLUG, load_package
from judgeline.judging.packages.package import Package
from judgeline.judging.packages.tree import MOST_FILES
from judgeline.judging.packages.versions import VERSION, package_folder, version_in_use

LOOK_EVERY_S = 1.0
"""A folder is looked at for changes at most this often."""
_DEEPEST = 16
_MOST_EARLIER = 32
"""Packages of earlier versions that are kept in memory."""

Stamp = tuple[tuple[str, int, int, int], ...]


class _Shelf:
    """One folder's state: the last sound package, and what is wrong with the folder now."""

    def __init__(self) -> None:
        self.stamp: Stamp | None = None
        self.looked = float("-inf")
        self.package: Package | None = None
        self.faults: list[str] = []


class Library:
    """The packages in a folder, by slug. One broken package hides no other; it is listed in ``faults``.

    A package that turns bad stays in use as it was read last (its data must still be there). Threads may
    share a library.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._shelves: dict[str, _Shelf] = {}
        self._earlier: OrderedDict[tuple[str, str], Package] = OrderedDict()
        self._looked = float("-inf")
        self._lock = threading.Lock()

    def packages(self) -> list[Package]:
        """Every sound package, sorted by slug."""
        with self._lock:
            self._look()
            shelves = sorted(self._shelves.items())
        return [shelf.package for _, shelf in shelves if shelf.package is not None]

    def find(self, slug: str) -> Package | None:
        """The package of that slug, or None where there is none: any text may be asked for.

        Raises PackageError where it is broken and was never sound.
        """
        if not SLUG.fullmatch(slug):
            return None
        with self._lock:
            shelf = self._read(slug)
        if shelf is None or shelf.package is not None:
            return shelf.package if shelf else None
        raise PackageError(slug, shelf.faults)

    def find_version(self, slug: str, version: str) -> Package | None:
        """That version of the package where it can be had, else the one in use; "" is the one in use.

        An imported version is kept; of a package that was changed by hand there is only what it is now.
        Raises as ``find`` does.
        """
        package = self.find(slug)
        if not version or (package is not None and package.version == version):
            return package
        if not SLUG.fullmatch(slug) or not VERSION.fullmatch(version):
            return package
        with self._lock:
            return self._read_version(slug, version) or package

    def faults(self) -> dict[str, list[str]]:
        """What is wrong with each broken folder, by its name; {} where all are sound."""
        with self._lock:
            self._look()
            shelves = sorted(self._shelves.items())
        return {name: shelf.faults for name, shelf in shelves if shelf.faults}

    def _take_earlier(self, name: str) -> Package | None:
        """The package in use, where its version was asked for before: reading may take seconds."""
        version = version_in_use(self.folder, name)
        return None if version is None else self._earlier.pop((name, version), None)

    def _read_version(self, slug: str, version: str) -> Package | None:
        key = (slug, version)
        found = self._earlier.get(key)
        if found is None or not found.path.is_dir():
            self._earlier.pop(key, None)
            try:
                found = load_package(package_folder(self.folder, slug, version))
            except PackageError:
                return None
            if found.version != version:
                return None
            self._earlier[key] = found
        self._earlier.move_to_end(key)
        if len(self._earlier) > _MOST_EARLIER:
            self._earlier.popitem(last=False)
        return found

    def _look(self) -> None:
        if time.monotonic() - self._looked < LOOK_EVERY_S:
            return
        try:
            with os.scandir(self.folder) as entries:
                names = sorted(entry.name for entry in entries if entry.is_dir() and entry.name[0] != ".")
        except OSError:
            names = []
        for gone in self._shelves.keys() - set(names):
            del self._shelves[gone]
        for name in names:
            self._read(name)
        self._looked = time.monotonic()

    def _read(self, name: str) -> _Shelf | None:
        shelf = self._shelves.get(name)
        if shelf is not None and time.monotonic() - shelf.looked < LOOK_EVERY_S:
            return shelf
        folder = self.folder / name
        if not folder.is_dir():
            self._shelves.pop(name, None)
            return None
        shelf = shelf or self._shelves.setdefault(name, _Shelf())
        stamp = _stamp(folder)
        if shelf.stamp != stamp:
            try:
                shelf.package, shelf.faults = self._take_earlier(name) or load_package(folder), []
            except PackageError as error:
                shelf.faults = error.faults
            shelf.stamp = stamp
        shelf.looked = time.monotonic()
        return shelf


def _stamp(folder: Path) -> Stamp:
    """What changes when a file of a folder does: each one's path, inode, time and size; follows no link."""
    stamps: list[tuple[str, int, int, int]] = []
    waiting = [(str(folder), 0)]
    while waiting:
        path, depth = waiting.pop()
        try:
            with os.scandir(path) as scanned:
                entries = list(itertools.islice(scanned, MOST_FILES))
        except OSError:
            continue
        for entry in entries:
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            stamps.append((entry.path, found.st_ino, found.st_mtime_ns, found.st_size))
            if entry.is_dir(follow_symlinks=False) and depth < _DEEPEST:
                waiting.append((entry.path, depth + 1))
    return tuple(sorted(stamps))
