"""Taking a package in: beside the others first, looked at as a whole, and only then in use.

``stage`` copies or unpacks it into a folder of its own and reads it there; ``Staged.install`` gives it its
version's place and turns the link. Whatever breaks before that last step, what was in use stays in use.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from judgeline.ids import new_id
from judgeline.judging.errors import FolderInTheWay, PackageError, ProblemsError
from judgeline.judging.packages.archive import unpack
from judgeline.judging.packages.faults import Report
from judgeline.judging.packages.load import SLUG, load_package
from judgeline.judging.packages.package import Package, read_regular
from judgeline.judging.packages.tree import Tree
from judgeline.judging.packages.versions import (
    ABOUT,
    VERSIONS,
    About,
    package_folder,
    version_in_use,
    version_root,
)

LEFT_S = 3600.0
"""How old what somebody began to import must be, seconds, before it counts as left behind."""
_NEW = ".new-"
_LOCK = ".lock"


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did."""

    package: Package
    new: bool
    """Whether that version was not in use before."""
    replaced: str | None
    """The version that was in use until now; None where there was none."""


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """A sound package that is not in use yet. Its files go when ``stage`` is left."""

    package: Package
    problems: Path
    room: Path

    def install(self) -> Imported:
        """Keep it as a version and put it to use; the same version again changes nothing.

        Raises FolderInTheWay, ProblemsError.
        """
        package, problems = self.package, self.problems
        with _told(problems), _alone(problems / VERSIONS / _LOCK):
            place = problems / package.slug
            before = version_in_use(problems, package.slug)
            if before is None and os.path.lexists(place):
                raise FolderInTheWay(
                    f"{package.slug} was put there by hand: change it there, or move its folder away"
                )
            if not _is_kept(problems, package):
                self._keep()
            if before != package.version:
                _turn(problems, package)
            kept = load_package(package_folder(problems, package.slug, package.version))
        return Imported(package=kept, new=before != package.version, replaced=before)

    def _keep(self) -> None:
        root = version_root(self.problems, self.package.slug, self.package.version)
        if root.exists():  # somebody changed what must not change
            root.rename(self.problems / VERSIONS / f"{_NEW}{new_id()}")
        root.parent.mkdir(exist_ok=True)
        (self.room / ABOUT).write_bytes(msgspec.json.encode(About(time.time_ns() // 1_000_000)))
        os.sync()  # else a power cut might leave the link, and not what it leads to
        self.room.rename(root)


@contextmanager
def stage(problems: Path, source: Path | IO[bytes], slug: str = "", name: str = "") -> Iterator[Staged]:
    """Copy a package's folder, or unpack its zip, into the folder of problems, out of everybody's sight.

    ``slug`` is what it shall be called; else its folder is, or the one top folder in the zip, or the zip.
    ``name`` is what faults call an open zip.
    Raises PackageError with every fault, ProblemsError where the folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        with _told(problems):
            room = _open_room(problems / VERSIONS, stack)
            folder = room / "package"
            folder.mkdir()
            if isinstance(source, Path) and source.is_dir():
                _copy(source, folder)
                found = source.resolve().name
            else:
                found = _unzip(source, name, folder)
            slug = slug or found
            if not SLUG.fullmatch(slug):
                what = f"{slug[:80]!r} is no name for a problem: say what it shall be called"
                raise PackageError(slug[:80] or "package", [f".: {what}"])
            package = load_package(folder.rename(room / slug))
        yield Staged(package=package, problems=problems, room=room)


def _open_room(versions: Path, stack: contextlib.ExitStack) -> Path:
    """A folder for one import, locked for as long as somebody is at it, and removed at the end."""
    versions.mkdir(parents=True, exist_ok=True)
    _sweep(versions)
    room = versions / f"{_NEW}{new_id()}"
    room.mkdir()
    stack.callback(shutil.rmtree, room, ignore_errors=True)
    descriptor = os.open(room, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, descriptor)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return room


def _unzip(source: Path | IO[bytes], name: str, folder: Path) -> str:
    if not isinstance(source, Path):
        return unpack(source, name or "archive", folder)
    try:
        archive = source.open("rb")
    except OSError as error:
        raise PackageError(source.name, [f".: cannot be read: {error.strerror}"]) from None
    with archive:
        if not stat.S_ISREG(os.fstat(archive.fileno()).st_mode):
            raise PackageError(source.name, [".: is neither a folder nor a zip"])
        return unpack(archive, source.name, folder) or source.stem


def _copy(source: Path, folder: Path) -> None:
    """Copy what counts: links inside the package become what they lead to, and hidden files stay behind."""
    report = Report()
    tree = Tree(source, report)
    if report.faults:
        load_package(source)  # says all that is wrong, not only with the files
        raise PackageError(source.resolve().name, report.faults)
    for name in tree.folders:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, file in tree.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            content = read_regular(file.path, file.size)
        except OSError as error:
            report.fault(name, f"cannot be read: {error.strerror or 'it changes'}")
            continue
        target.write_bytes(content)
    if report.faults:
        raise PackageError(source.resolve().name, report.faults)


def _is_kept(problems: Path, package: Package) -> bool:
    """Whether that version is there, as it was."""
    try:
        found = load_package(package_folder(problems, package.slug, package.version))
    except PackageError:
        return False
    return found.version == package.version


def _turn(problems: Path, package: Package) -> None:
    """Make the link lead to that version: in one step, so that nobody finds none."""
    target = package_folder(Path(), package.slug, package.version)
    fresh = problems / VERSIONS / f"{_NEW}{new_id()}"
    fresh.symlink_to(target)
    try:
        fresh.replace(problems / package.slug)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(problems, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sweep(versions: Path) -> None:
    """Remove what imports that were killed have left."""
    for left in versions.glob(f"{_NEW}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.lstat().st_mtime < LEFT_S:
                continue
            if left.is_symlink():
                left.unlink()
                continue
            descriptor = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused: it takes long
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(descriptor)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _told(problems: Path) -> Iterator[None]:
    """What the disk refuses, as an error of ours; nothing of what was in use has changed then."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ProblemsError(f"the folder of problems {problems} cannot take it: {reason}") from error
