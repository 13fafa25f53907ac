"""Where boxes' cgroups can be made: cgroup v2, v1, or none, whichever the host grants.

One cgroup a box, entered by the box's guard before anything else exists in it: all that it starts is counted.
Names carry the worker's pid and start time; what a killed worker left behind is swept when the next starts.
"""

import contextlib
import itertools
import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from judgeline.judging.sandbox.meter import Meter, V1Meter, V2Meter, remove_cgroup

PREFIX = "judgeline-box-"
MAIN = "judgeline-main"
"""The leaf that processes move to where v2 must have its inner cgroups empty."""
V1_CONTROLLERS = ("memory", "cpuacct")

_NAME = re.compile(re.escape(PREFIX) + r"(\d+)-(\d+)-\d+")
_numbers = itertools.count()


class Cgroups(msgspec.Struct, frozen=True):
    """A place for cgroups: ``version`` 2, 1 or 0 (none), and the parent folder of each controller."""

    version: int
    parents: Mapping[str, Path] = {}
    reason: str = ""
    """Why there is none, in words."""

    def make(self) -> Meter | None:
        """A new cgroup, or None where the host grants none. Raises OSError."""
        name = f"{PREFIX}{os.getpid()}-{_start_time(os.getpid())}-{next(_numbers)}"
        if self.version == 2:
            return V2Meter.make(self.parents["memory"] / name)
        if self.version == 1:
            return V1Meter.make({controller: parent / name for controller, parent in self.parents.items()})
        return None

    def sweep(self) -> None:
        """Remove what workers that are gone left behind."""
        for parent in self.parents.values():
            for folder in parent.glob(PREFIX + "*"):
                match = _NAME.fullmatch(folder.name)
                if match and _start_time(int(match[1])) != match[2]:
                    remove_cgroup(folder, patience_s=0.1)


def find_cgroups(proc: Path = Path("/proc")) -> Cgroups:
    """The best that this process may use. Never raises: ``reason`` says why there is none."""
    reasons: list[str] = []
    try:
        own = _own_paths((proc / "self/cgroup").read_text())
        mounts = _mounts((proc / "self/mounts").read_text())
    except OSError as error:
        return Cgroups(0, reason=f"cannot read {error.filename}: {error.strerror}")
    for version, find in ((2, _find_v2), (1, _find_v1)):
        try:
            found = Cgroups(version, find(own, mounts))
            meter = found.make()
            if meter:
                meter.close()
        except OSError as error:
            reasons.append(f"v{version}: {error.filename or error}: {error.strerror or 'refused'}")
        except LookupError as error:
            reasons.append(f"v{version}: {error.args[0]}")
        else:
            return found
    return Cgroups(0, reason="; ".join(reasons))


def _own_paths(text: str) -> dict[str, str]:
    """Lines of /proc/self/cgroup as controller -> path; v2's controller is ""."""
    paths: dict[str, str] = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        paths.update(dict.fromkeys(controllers.split(","), path))
    return paths


def _mounts(text: str) -> dict[str, Path]:
    """Where each controller is mounted, as controller -> folder; v2's controller is ""."""
    found: dict[str, Path] = {}
    for line in text.splitlines():
        _, folder, kind, options, *_ = line.split()
        if kind == "cgroup2":
            found.setdefault("", Path(folder))
        elif kind == "cgroup":
            found.update(dict.fromkeys(options.split(","), Path(folder)))
    return found


def _own_folder(controller: str, own: Mapping[str, str], mounts: Mapping[str, Path]) -> Path:
    if controller not in own or controller not in mounts:
        raise LookupError(f"no {controller or 'unified'} hierarchy")
    folder = mounts[controller] / own[controller].lstrip("/")
    # A container may see its own cgroup as the root of the mount, under a path of the host's.
    return folder if folder.is_dir() else mounts[controller]


def _find_v1(own: Mapping[str, str], mounts: Mapping[str, Path]) -> dict[str, Path]:
    return {controller: _own_folder(controller, own, mounts) for controller in V1_CONTROLLERS}


def _find_v2(own: Mapping[str, str], mounts: Mapping[str, Path]) -> dict[str, Path]:
    folder = _own_folder("", own, mounts)
    if folder.name == MAIN:  # another worker has been here before
        folder = folder.parent
    if "memory" not in (folder / "cgroup.controllers").read_text().split():
        raise LookupError(f"{folder} has no memory controller")
    switch = folder / "cgroup.subtree_control"
    if "memory" not in switch.read_text().split():
        try:
            switch.write_text("+memory")
        except OSError:
            # A cgroup that hands controllers on may hold no process itself: all of them move one floor down.
            _move_down(folder)
            switch.write_text("+memory")
    return {"memory": folder}


def _move_down(folder: Path) -> None:
    leaf = folder / MAIN
    leaf.mkdir(exist_ok=True)
    for pid in (folder / "cgroup.procs").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            (leaf / "cgroup.procs").write_text(pid)


def _start_time(pid: int) -> str:
    """Field 22 of /proc/<pid>/stat, with which a pid names one process for ever; "" when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
