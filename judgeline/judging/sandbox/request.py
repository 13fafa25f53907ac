"""What is asked of a box: the judge's words in the kernel's, by who we are and what the host grants."""

import os
from collections.abc import Sequence
from pathlib import Path

from judgeline.judging.errors import BoxError, SandboxError
from judgeline.judging.sandbox import layout, wire
from judgeline.judging.sandbox.box import Command

ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108 - in the box
UID_RANGES = ((1_900_000_000, 1 << 22), (60_578, 606))
"""(base, count): a box of root's takes the uid base + pid % count.

The first range belongs to nobody by systemd's table of uids, and is as long as pids go; the second one, also
unused there, serves containers that map 65,536 uids.
"""
STACK_MARGIN = 16 << 20
"""Bytes of stack beyond the memory limit: endless recursion must meet that limit, not a fault of its own."""


def tree_request(binds: Sequence[str], *, counted: bool) -> wire.Tree:
    """How a box is to be made by this user, with or without a cgroup that counts. Raises SandboxError.

    Cold; what stands by in a warm one is added to it.
    """
    counting = 0 if counted else wire.NO_HIDDEN_MEMORY | wire.NO_HIDDEN_CPU
    steps = layout.steps(binds)
    if os.geteuid() != 0:
        return wire.Tree(counting, 0, 0, steps)
    uids = uid_range(Path("/proc/self/uid_map").read_text())
    if uids is None:
        return wire.Tree(counting, 0, 0, steps)
    return wire.Tree(counting | wire.DROP_UID, *uids, steps)


def uid_range(uid_map: str) -> tuple[int, int] | None:
    """The first of UID_RANGES that this root's user namespace knows.

    None where there is none and need be none: this root is a plain user outside. Raises SandboxError for the
    real root without a uid to become, whom no process limit would bind.
    """
    lines = [tuple(map(int, line.split())) for line in uid_map.splitlines()]
    for base, count in UID_RANGES:
        if any(inside <= base and base + count <= inside + length for inside, _, length in lines):
            return base, count
    if any(inside == 0 and outside != 0 for inside, outside, _ in lines):
        return None
    raise SandboxError("root without a uid to become", "map 65536 uids into the container")


def run_request(command: Command, *, counted: bool, warm: bool = False) -> wire.Run:
    """One run in the kernel's units. Raises BoxError on what cannot be asked for."""
    limits = command.limits
    if not command.argv or not command.argv[0].startswith("/"):
        raise BoxError(f"not an absolute path in the box: {command.argv[:1]}")
    if len(command.collect) > wire.COLLECTS_MAX:
        raise BoxError(f"at most {wire.COLLECTS_MAX} files can be collected")
    environment = {**ENVIRONMENT, **command.env}
    stack = limits.memory_bytes + STACK_MARGIN
    bounds = {"address_bytes": 0, "data_bytes": 0, "stack_bytes": stack, "watched_bytes": 0}
    if not counted:
        # The runner watches what is resident. The address space is bounded only so that nothing grows out of
        # reach between two looks, with room for a few threads' stacks.
        bounds["watched_bytes"] = limits.memory_bytes
        if limits.address_space:
            bounds["address_bytes"] = 4 * limits.memory_bytes + (256 << 20)
        else:
            # The stack's limit is also every new thread's size, and Node starts ten: they must fit.
            bounds["data_bytes"] = limits.memory_bytes + (1 << 30)
            bounds["stack_bytes"] = min(limits.memory_bytes, 64 << 20)
    return wire.Run(
        arguments=command.argv,
        variables=[f"{name}={value}" for name, value in environment.items()],
        collects=list(command.collect),
        processes=limits.processes,
        open_files=limits.open_files,
        cpu_ms=limits.cpu_ms,
        wall_ms=limits.wall_ms,
        output_bytes=limits.output_bytes,
        stderr_bytes=limits.stderr_bytes,
        file_bytes=max(limits.output_bytes + 1, limits.stderr_bytes + 1, limits.tmp_bytes),
        tmp_bytes=limits.tmp_bytes,
        tmp_inodes=limits.tmp_inodes,
        warm=warm,
        **bounds,
    )
