"""Warm boxes: a CPython that has started and compiled the program before its first test, and forks for each.

The interpreter is a real one, started as ``interpreter script``; an extension module of ours (``python/``)
makes it wait where it would run the script. Whatever is not sure to work leaves the box cold: programs then
start one by one, and do the same.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from judgeline.judging.sandbox import wire
from judgeline.judging.sandbox.native import ensure_extension
from judgeline.judging.sandbox.request import ENVIRONMENT

EXTENSION = "sitecustomize.so"
"""What every CPython imports as it starts, if its path shows it."""
FOLDER = "/prog"
"""Where the interpreter finds it; the program's own files take its place later."""


class WarmStart(msgspec.Struct, frozen=True):
    """What stands by in a warm box."""

    argv: tuple[str, str]
    """Interpreter and script, as a program is started by them."""
    archive: tuple[bytes, ...]
    """The extension, as an archive's parts."""

    @property
    def variables(self) -> list[str]:
        """The interpreter's environment; the extension takes its own traces out of it."""
        environment: Mapping[str, str] = {**ENVIRONMENT, "PYTHONPATH": FOLDER}
        return [f"{name}={value}" for name, value in environment.items()]

    def runs(self, argv: Sequence[str], env: Mapping[str, str]) -> bool:
        """Whether a program so started can be forked from this interpreter."""
        return tuple(argv[:2]) == self.argv and not env


def load_extension(cache_dir: Path) -> tuple[bytes, ...]:
    """The extension as an archive's parts; built once, which takes a moment.

    Raises SandboxError where it cannot be built.
    """
    content = ensure_extension(cache_dir).read_bytes()
    return tuple(wire.pack_archive({EXTENSION: (content, 0o555)}))
