"""Why a box cannot be made here, and the exact line that cures it."""

import errno
import os
import platform
import re
import sys
from pathlib import Path

from judgeline.judging.errors import SandboxError
from judgeline.judging.sandbox.wire import Failure

KERNEL_FLOOR = (5, 14)
MACHINES = ("x86_64", "aarch64")

LINUX_ONLY = "run a judge worker on Linux with the same REDIS_URL; everything else runs here"
NEWER_KERNEL = "use a distribution with Linux 5.14 or newer (Debian 12, Ubuntu 22.04, RHEL 9)"
APPARMOR = "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
CLONE_SYSCTL = "sudo sysctl -w kernel.unprivileged_userns_clone=1"
MAX_SYSCTL = "sudo sysctl -w user.max_user_namespaces=15000"
DOCKER = (
    "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined"
)
KUBERNETES = (
    "hostUsers: false, and securityContext: {procMount: Unmasked, seccompProfile: {type: Unconfined}}"
)
RESOURCES = "raise the worker's limits (ulimit -u, ulimit -n, memory)"

DELEGATE = "systemd-run --user --scope -p Delegate=yes judgeline up"
DELEGATE_AS_ROOT = "systemd-run --scope -p Delegate=yes judgeline up"
UNIFIED = "boot with systemd.unified_cgroup_hierarchy=1"
NEWER_PEAKS = "Linux 6.12 or newer tells the peak of each run"

NO_EXEC = "set JUDGELINE_HOME to a folder on a file system that is mounted without noexec"

SYSCTL = Path("/proc/sys")


def check_platform() -> None:
    """Raise SandboxError where no box can ever be made: not Linux, another machine, too old a kernel."""
    if sys.platform != "linux":
        raise SandboxError(f"no sandbox on {sys.platform}: boxes are made of Linux namespaces", LINUX_ONLY)
    if platform.machine() not in MACHINES:
        raise SandboxError(
            f"no sandbox on {platform.machine()}, only on {' and '.join(MACHINES)}", LINUX_ONLY
        )
    if kernel_version() < KERNEL_FLOOR:
        raise SandboxError(f"Linux {platform.release()} is too old for the sandbox", NEWER_KERNEL)


def kernel_version() -> tuple[int, int]:
    """Major and minor of the running kernel."""
    match = re.match(r"(\d+)\.(\d+)", platform.release())
    return (int(match[1]), int(match[2])) if match else (0, 0)


def cure_for(failure: Failure, *, sysctl: Path = SYSCTL, container: str | None = None) -> str:
    """The line that cures a failed step of a box's making, or "" where none is known.

    ``container`` overrides what this process is found to run in: "docker", "kubernetes" or "".
    """
    where = find_container() if container is None else container
    refused = failure.error in {errno.EPERM, errno.EACCES}
    apparmor = sysctl / "kernel/apparmor_restrict_unprivileged_userns"
    causes = (
        (failure.error in {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE}, RESOURCES),
        (failure.error == errno.ENOSPC or _reads(sysctl / "user/max_user_namespaces", "0"), MAX_SYSCTL),
        (_reads(sysctl / "kernel/unprivileged_userns_clone", "0"), CLONE_SYSCTL),
        (refused and where == "kubernetes", KUBERNETES),
        (refused and where == "docker", DOCKER),
        (refused and _reads(apparmor, "1"), APPARMOR),
        (failure.error in {errno.ENOSYS, errno.EINVAL}, NEWER_KERNEL),
    )
    return next((cure for applies, cure in causes if applies), "")


def find_container() -> str:
    """What this process runs in: "kubernetes", "docker" (or another of its kind), "" for no container."""
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return "kubernetes"
    if any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv")):
        return "docker"
    return ""


def _reads(path: Path, value: str) -> bool:
    try:
        return path.read_text().strip() == value
    except OSError:
        return False
