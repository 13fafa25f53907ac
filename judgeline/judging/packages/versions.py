"""Where imported packages stand: a folder a version, kept, and a link that says which one is in use.

::

    problems/aplusb                                      a link to the version in use
    problems/.versions/aplusb/<sha-256>/aplusb/          one version, never changed
    problems/.versions/aplusb/<sha-256>/imported.json    when it came
    problems/.versions/.new-…                            what is being imported; no version yet

A package that was put into the folder of problems by hand is a folder there, and has no versions.
"""

import re
from pathlib import Path

import msgspec

VERSIONS = ".versions"
ABOUT = "imported.json"
VERSION = re.compile(r"[0-9a-f]{64}")


class KeptVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One imported version of a package."""

    version: str
    imported_ms: int
    """Unix milliseconds; 0 where nobody wrote it down."""


class About(msgspec.Struct, frozen=True):
    """What stands beside a version."""

    imported_ms: int


def version_root(problems: Path, slug: str, version: str) -> Path:
    """The folder that holds one version and what is known of it."""
    return problems / VERSIONS / slug / version


def package_folder(problems: Path, slug: str, version: str) -> Path:
    """The package itself: its folder is called as its slug, as every package's."""
    return version_root(problems, slug, version) / slug


def version_in_use(problems: Path, slug: str) -> str | None:
    """The version that the link names; None where there is none, or a folder in its place."""
    try:
        parts = (problems / slug).readlink().parts
    except OSError:
        return None
    ours = len(parts) == 4 and parts[0] == VERSIONS and parts[1] == parts[3] == slug
    return parts[2] if ours and VERSION.fullmatch(parts[2]) else None


def kept_versions(problems: Path, slug: str) -> list[KeptVersion]:
    """Every version that is kept, the newest import first; that of the link is among them."""
    found = []
    try:
        names = [entry.name for entry in (problems / VERSIONS / slug).iterdir()]
    except OSError:
        names = []
    for name in names:
        if VERSION.fullmatch(name) and package_folder(problems, slug, name).is_dir():
            about = version_root(problems, slug, name) / ABOUT
            try:
                imported_ms = msgspec.json.decode(about.read_bytes(), type=About).imported_ms
            except (OSError, msgspec.DecodeError):
                imported_ms = 0
            found.append(KeptVersion(version=name, imported_ms=imported_ms))
    return sorted(found, key=lambda kept: (-kept.imported_ms, kept.version))
