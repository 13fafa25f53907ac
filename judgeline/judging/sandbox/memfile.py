"""Files that live in memory alone: a program's input and output."""

import contextlib
import fcntl
import os
from collections.abc import Iterable

_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def memfile(
    stack: contextlib.ExitStack, name: str, parts: Iterable[bytes] = (), *, sealed: bool = False
) -> int:
    """A new memory file, at its start; sealed, nothing can change it, whoever opens it again for writing."""
    fd = os.memfd_create(name, os.MFD_CLOEXEC | (os.MFD_ALLOW_SEALING if sealed else 0))
    stack.callback(os.close, fd)
    for part in parts:
        view = memoryview(part)
        while view:
            view = view[os.write(fd, view) :]
    if sealed:
        os.lseek(fd, 0, os.SEEK_SET)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    return fd


def read_memfile(fd: int, most: int) -> bytes:
    """At most so many bytes, from the start, of a file whose writers are dead."""
    size = min(os.fstat(fd).st_size, most)
    return os.pread(fd, size, 0) if size else b""
