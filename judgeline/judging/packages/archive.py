"""Unpacking a package that came as a zip: everything is looked at before the first byte is written.

What the archive says of itself is bounded first (entries, bytes, how far it swells), then each entry's name
and kind are held against what a package may hold. Only files and folders are made, all below one folder.
"""

import os
import re
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

from judgeline.judging.errors import PackageError
from judgeline.judging.packages.faults import Report
from judgeline.judging.packages.tree import DEEPEST, MOST_BYTES, MOST_FILE_BYTES, MOST_FILES

MOST_RATIO = 250
"""How many times its size an archive may swell to; test data that repeats itself comes near it."""
FREE_BYTES = 16 << 20
"""What any archive may swell to, whatever its size."""
MOST_DIRECTORY_BYTES = 16 << 20
_LONGEST_NAME = 1_000
_LONGEST_PART = 255
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UNIX = 3
_END = struct.Struct("<4s4H2LH")
_CHUNK = 1 << 20
_DRIVE = re.compile(r"[A-Za-z]:")
_JUNK = ("__MACOSX/",)
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def unpack(archive: IO[bytes], name: str, into: Path) -> str:
    """Unpack a zip's package into the new folder ``into``; give the name of its one top folder, or "".

    An archive holds a package as it is, or in one folder. ``name`` is what faults call the archive. Raises
    PackageError with every fault; OSError where the disk refuses. Either may leave a part in ``into``.
    """
    report = Report()
    size = archive.seek(0, os.SEEK_END)
    try:
        _check_directory(archive, size)
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not entry.filename.startswith(_JUNK)]
            _check_sizes(entries, size, report)
            if report.faults:
                raise PackageError(name, report.faults)
            kept = _check_entries(entries, report)
            if report.faults:
                raise PackageError(name, report.faults)
            top = _top_folder(kept)
            _write(opened, kept, f"{top}/" if top else "", into, report)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error, _Refused) as error:
        raise PackageError(name, [f".: is not an archive that can be read: {error}"]) from None
    if report.faults:
        raise PackageError(name, report.faults)
    return top


class _Refused(Exception):
    """The archive's end says what cannot be."""


def _check_directory(archive: IO[bytes], size: int) -> None:
    """Bound the list of entries, where ``zipfile`` looks for it and before it reads all into memory."""
    archive.seek(max(0, size - _END.size - 0xFFFF))
    tail = archive.read()
    at = len(tail) - _END.size
    if at < 0 or tail[at : at + 4] != b"PK\5\6" or tail[-2:] != b"\0\0":
        at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _END.size:
        raise _Refused("it is no zip, or its end is missing")
    _, disk, first, here, total, length, _, _ = _END.unpack_from(tail, at)
    if tail[max(0, at - 20) : at].startswith(b"PK\6\7") or total == 0xFFFF or length == 0xFFFF_FFFF:
        raise _Refused("it is a zip64, which holds more than a package may")
    if disk or first or here != total:
        raise _Refused("it is a part of several")
    if total > 2 * MOST_FILES or length > MOST_DIRECTORY_BYTES:
        raise _Refused(f"it holds more than {MOST_FILES} files")


def _check_sizes(entries: list[zipfile.ZipInfo], size: int, report: Report) -> None:
    """All by what the directory says; no entry gives more than it says."""
    files = [entry for entry in entries if not entry.is_dir()]
    total = sum(entry.file_size for entry in files)
    if len(files) > MOST_FILES:
        report.fault(".", f"holds more than {MOST_FILES} files")
    if total > MOST_BYTES:
        report.fault(".", f"holds more than {MOST_BYTES >> 20} MiB")
    if total > FREE_BYTES and total > MOST_RATIO * size:
        report.fault(".", f"swells to more than {MOST_RATIO} times its size")


def _check_entries(entries: list[zipfile.ZipInfo], report: Report) -> dict[str, zipfile.ZipInfo]:
    """Path -> entry, of those that may be written; every other one is a fault."""
    kept: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        shown = ascii(entry.orig_filename)[1:-1][:200]
        fault = _fault_of_name(entry.orig_filename) or _fault_of_entry(entry)
        path = entry.filename.removesuffix("/")
        if not fault and path in kept:
            fault = "is there twice"
        if fault:
            report.fault(shown or ".", fault)
        else:
            kept[path] = entry
    files = {path for path, entry in kept.items() if not entry.is_dir()}
    for path in kept:
        parts = path.split("/")
        above = ("/".join(parts[:count]) for count in range(1, len(parts)))
        if hit := next((folder for folder in above if folder in files), None):
            report.fault(hit, "is a file and a folder")
    return kept


def _fault_of_name(name: str) -> str:
    path = name.removesuffix("/")
    parts = path.split("/")
    if not path or path.startswith("/") or _DRIVE.match(path) or "\\" in path:
        return "is no path inside a package"
    if any(part in {"", ".", ".."} for part in parts):
        return "is a path that leads out of the package, or in circles"
    if not path.isprintable():
        return "has control characters in its name"
    if len(path.encode()) > _LONGEST_NAME or any(len(part.encode()) > _LONGEST_PART for part in parts):
        return "has a name that is too long"
    if len(parts) > DEEPEST + 2:
        return "is nested too deeply"
    return ""


def _fault_of_entry(entry: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(entry.external_attr >> 16) if entry.create_system == _UNIX else 0
    faults = (
        ("is encrypted", entry.flag_bits & _ENCRYPTED),
        ("is packed by a method other than deflate", entry.compress_type not in _METHODS),
        ("is a link", kind == stat.S_IFLNK),
        ("is neither a file nor a folder", kind not in {0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK}),
        ("is called a file and is a folder", kind == stat.S_IFDIR and not entry.is_dir()),
        ("is called a folder and is a file", entry.is_dir() and (kind == stat.S_IFREG or entry.file_size)),
        (f"is larger than {MOST_FILE_BYTES >> 20} MiB", entry.file_size > MOST_FILE_BYTES),
    )
    return next((fault for fault, found in faults if found), "")


def _top_folder(kept: dict[str, zipfile.ZipInfo]) -> str:
    """The one folder that all stand in, or "" where the package itself is at the top."""
    tops = {path.partition("/")[0] for path in kept}
    if len(tops) != 1 or "problem.yaml" in kept:
        return ""
    (top,) = tops
    entry = kept.get(top)
    return top if entry is None or entry.is_dir() else ""


def _write(
    opened: zipfile.ZipFile, kept: dict[str, zipfile.ZipInfo], above: str, into: Path, report: Report
) -> None:
    for path, entry in kept.items():
        below = path.removeprefix(above) if path.startswith(above) else ""
        target = into / below
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with opened.open(entry) as packed, target.open("xb") as file:
                while chunk := packed.read(_CHUNK):
                    file.write(chunk)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            report.fault(path, f"cannot be unpacked: {error}")
