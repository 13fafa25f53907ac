"""What a box sees of the host: the steps by which ``native/tree.c`` builds its root.

Programs and libraries, read-only; nothing of /home, /root, /var or /run, and of /etc only what programs need.
"""

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from judgeline.judging.errors import SandboxError

Steps = list[tuple[str, ...]]

HIDDEN = ("/tmp", "/prog", "/proc", "/dev", "/sys")  # noqa: S108 - the box's own folders, nothing is put there
"""Folders of the box's own: a bind below them would be covered, or would open what must stay closed."""

_ROOT_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("alternatives", "ld.so.cache", "java-*-openjdk")
_SOURCES = ("/usr/src", "/usr/local/src")
"""Hidden: no program runs from there, and it is where projects are unpacked, with their problems' answers."""
_DEVICES = ("null", "full", "random", "urandom")
"""No "zero": mapped by several processes it is memory that none of their counts shows."""
_DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "shm": "/tmp",  # noqa: S108 - in the box; one bounded place for all that a run writes
}
_FILES = {
    "etc/passwd": "runner:x:1000:1000::/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    "etc/group": "runner:x:1000:\nnogroup:x:65534:\n",
    "etc/hosts": "127.0.0.1 localhost\n",
}


def steps(binds: Sequence[str] = ()) -> Steps:
    """The whole tree, with the caller's folders at their own paths.

    Raises SandboxError on a bind that cannot be.
    """
    plan: Steps = [("d", folder) for folder in ("tmp", "prog", "proc", "dev")]
    plan.append(("b", "/usr", "usr"))
    plan += [("e", path[1:]) for path in _SOURCES if Path(path).is_dir() and not Path(path).is_symlink()]
    for folder in map(Path, _ROOT_FOLDERS):
        if folder.is_symlink():
            plan.append(("l", str(folder.readlink()), folder.name))
        elif folder.is_dir():
            plan.append(("b", str(folder), folder.name))
    plan += [("b", f"/etc/{path.name}", f"etc/{path.name}") for path in _found_in_etc()]
    plan += [("f", path, content) for path, content in _FILES.items()]
    plan += [("n", f"/dev/{name}", f"dev/{name}") for name in _DEVICES]
    plan += [("l", target, f"dev/{name}") for name, target in _DEVICE_LINKS.items()]
    covered = ["/usr", *_ROOT_FOLDERS]
    for bind in sorted({_checked(bind) for bind in binds}):
        if not any(PurePosixPath(bind).is_relative_to(path) for path in covered):
            plan.append(("b", bind, bind[1:]))
            covered.append(bind)
    return plan


def shows(path: Path, binds: Sequence[str] = ()) -> bool:
    """Whether every box, or one with those binds, shows that file or folder of the host."""
    real = path.resolve()
    shown = ["/usr", *_ROOT_FOLDERS, *map(os.path.realpath, binds)]
    return any(map(real.is_relative_to, shown)) and not any(map(real.is_relative_to, _SOURCES))


def _found_in_etc() -> list[Path]:
    return [path for pattern in _ETC for path in sorted(Path("/etc").glob(pattern))]


def _checked(bind: str) -> str:
    path = os.path.normpath(bind).replace("//", "/")  # POSIX lets a path start with two slashes
    if not path.startswith("/") or path == "/" or "\0" in path:
        raise SandboxError(f"cannot bind {bind!r} into a box", "name a folder by its absolute path")
    if any(PurePosixPath(path).is_relative_to(hidden) for hidden in HIDDEN):
        raise SandboxError(f"cannot bind {path} into a box: that place is the box's own", "move it elsewhere")
    if not Path(path).exists():
        raise SandboxError(f"cannot bind {path} into a box: it does not exist", f"create {path}")
    return path
