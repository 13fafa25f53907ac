"""What this host has, and lacks, for a sandbox: the answers of ``judgeline doctor``."""

import time
from pathlib import Path

import msgspec

from judgeline.judging.errors import SandboxError
from judgeline.judging.sandbox.box import Command
from judgeline.judging.sandbox.cgroup import Cgroups
from judgeline.judging.sandbox.cures import check_platform
from judgeline.judging.sandbox.local import LocalSandbox
from judgeline.judging.sandbox.native import ensure_helper, find_compiler

WARM_PYTHON = "/usr/bin/python3"
PYTHON = "sudo apt-get install python3"
DELEGATE = "systemd-run --user --scope -p Delegate=yes judgeline up"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at. A cure beside ``ok`` is advice: it works as it is, and would work better."""

    name: str
    ok: bool
    detail: str
    cure: str = ""


def diagnose(cache_dir: Path) -> list[Finding]:
    """Look at all that a sandbox needs, in its order, up to the first thing that is missing. Never raises.

    Builds the helper into ``cache_dir`` and runs a program in a real box.
    """
    findings: list[Finding] = []
    try:
        check_platform()
        findings.append(Finding(name="platform", ok=True, detail="Linux, new enough"))
        findings.append(Finding(name="compiler", ok=True, detail=find_compiler()))
        findings.append(Finding(name="helper", ok=True, detail=str(ensure_helper(cache_dir))))
        sandbox = LocalSandbox(cache_dir)
        findings.append(_try_box(sandbox))
        findings.append(_memory(sandbox.cgroups))
        findings.append(_try_warm(sandbox))
    except SandboxError as error:
        missing = ("platform", "compiler", "helper", "box")[len(findings)]
        findings.append(Finding(name=missing, ok=False, detail=error.reason, cure=error.cure))
    return findings


def _try_box(sandbox: LocalSandbox) -> Finding:
    started = time.perf_counter()
    with sandbox.open() as box:
        ready = time.perf_counter()
        outcome = box.run(Command(argv=("/bin/true",)))
    if outcome.exit_code != 0:
        raise SandboxError(f"/bin/true failed in a box: {outcome.why or outcome.exit_code}")
    return Finding(
        name="box",
        ok=True,
        detail=f"made in {(ready - started) * 1000:.1f} ms, ran /bin/true in {outcome.wall_ms:.1f} ms",
    )


def _memory(cgroups: Cgroups) -> Finding:
    if cgroups.version:
        return Finding(name="memory", ok=True, detail=f"counted by cgroup v{cgroups.version}")
    detail = f"no cgroup ({cgroups.reason}): memory is watched process by process"
    return Finding(name="memory", ok=True, detail=detail, cure=DELEGATE)


def _try_warm(sandbox: LocalSandbox) -> Finding:
    """Whether Python programs start warm here; if not, they start cold and do the same."""
    warm = (WARM_PYTHON, "/prog/main.py")
    with sandbox.open(warm=warm) as box:
        box.load({"main.py": (b"print(6 * 7)", 0o444)})
        outcome = box.run(Command(argv=warm))
    if box.warm and outcome.stdout == b"42\n":
        return Finding(name="warm", ok=True, detail=f"Python programs take {outcome.wall_ms:.1f} ms to start")
    why = sandbox.warm_fault or f"{WARM_PYTHON} is no CPython that can wait for its program"
    return Finding(name="warm", ok=True, detail=f"Python programs start cold: {why}", cure=PYTHON)
