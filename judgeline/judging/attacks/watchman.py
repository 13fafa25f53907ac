"""The least memory and disk that the host had free while an attack was on."""

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

MOST_MEMORY = 1 << 30
"""Bytes that a host may lose for a while: four times what an attack is granted, for others work there too."""
MOST_DISK = 512 << 20
_EVERY_S = 0.02


class Free(msgspec.Struct, frozen=True):
    """What is free now, bytes."""

    memory: int
    disk: int
    """The sum over the file systems that are watched."""


class Watchman:
    """Looks while it is entered; ``faults`` tells afterwards how far below the start it went."""

    def __init__(self, folders: Iterable[Path]) -> None:
        by_device = {folder.stat().st_dev: folder for folder in folders if folder.is_dir()}
        self._folders = list(by_device.values())
        self._ended = threading.Event()
        self._first = self._least = Free(0, 0)
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._ended.clear()
        self._first = self._least = self._look()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join()
        self._thread = None

    def faults(self) -> list[str]:
        """What was taken beyond the bounds, in words."""
        return taken(self._first, self._least)

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_S):
            now = self._look()
            self._least = Free(min(self._least.memory, now.memory), min(self._least.disk, now.disk))

    def _look(self) -> Free:
        disk = 0
        for folder in self._folders:
            free = os.statvfs(folder)
            disk += free.f_bfree * free.f_frsize
        return Free(available_memory(Path("/proc/meminfo").read_text()), disk)


def taken(first: Free, least: Free) -> list[str]:
    """What lies between both beyond the bounds, a line each."""
    faults = []
    for name, most in (("memory", MOST_MEMORY), ("disk", MOST_DISK)):
        gone = getattr(first, name) - getattr(least, name)
        if gone > most:
            faults.append(f"the host had {gone >> 20} MiB less {name} for a while")
    return faults


def available_memory(meminfo: str) -> int:
    """Bytes, from the text of /proc/meminfo."""
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0
