"""What this host has, and lacks, for a sandbox: the answers of ``judgeline doctor``."""

import os
import time
from pathlib import Path

import msgspec

from judgeline.judging.errors import BoxError, SandboxError
from judgeline.judging.sandbox import cures
from judgeline.judging.sandbox.box import Command
from judgeline.judging.sandbox.cgroup import Cgroups
from judgeline.judging.sandbox.cures import check_platform
from judgeline.judging.sandbox.local import LocalSandbox
from judgeline.judging.sandbox.meter import Peaks, V2Meter
from judgeline.judging.sandbox.native import ensure_helper, find_compiler

WARM_PYTHON = "/usr/bin/python3"
PYTHON = "sudo apt-get install python3"
NO_CGROUP = (
    "no cgroup ({}), so weaker: a peak between two looks (10 ms) can be missed unless one process makes it, "
    "pages of files that processes share are not counted, pipes and page tables are bounded by their number "
    "alone, memory files and shared anonymous memory are refused"
)
V1 = (
    "cgroup v1, each run's own peak; weaker than v2: root alone may use it, and kernels may leave out their "
    "own memory"
)
V2 = {
    Peaks.EACH: "cgroup v2, each run's own peak",
    Peaks.RISING: (
        "cgroup v2; weaker on this kernel: a run that stays below an earlier one of its box is told by its "
        "largest process, not by the sum of all"
    ),
    Peaks.NONE: (
        "cgroup v2; weaker on this kernel: a run is told by its largest process, not by the sum of all; the "
        "limit holds for the sum"
    ),
}
"""What is in use, and what is weaker for it."""


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
        findings.append(judge_memory(sandbox.cgroups))
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


def judge_memory(cgroups: Cgroups) -> Finding:
    """How memory is counted here, what that gives up, and what would cure it."""
    if cgroups.version == 0:
        cure = cures.DELEGATE_AS_ROOT if os.geteuid() == 0 else cures.DELEGATE
        return Finding(name="memory", ok=True, detail=NO_CGROUP.format(cgroups.reason), cure=cure)
    if cgroups.version == 1:
        return Finding(name="memory", ok=True, detail=V1, cure=cures.UNIFIED)
    peaks = _peaks(cgroups)
    cure = "" if peaks is Peaks.EACH else cures.NEWER_PEAKS
    return Finding(name="memory", ok=True, detail=V2[peaks], cure=cure)


def _peaks(cgroups: Cgroups) -> Peaks:
    try:
        meter = cgroups.make()
    except OSError:
        return Peaks.NONE
    if meter is None:
        return Peaks.NONE
    try:
        return meter.peaks if isinstance(meter, V2Meter) else Peaks.NONE
    finally:
        meter.close()


def _try_warm(sandbox: LocalSandbox) -> Finding:
    """Whether Python programs start warm here; if not, they start cold and do the same."""
    warm = (WARM_PYTHON, "/prog/main.py")
    why = f"{WARM_PYTHON} is no CPython that can wait for its program"
    try:
        with sandbox.open(warm=warm) as box:
            box.load({"main.py": (b"print(6 * 7)", 0o444)})
            outcome = box.run(Command(argv=warm))
    except (BoxError, SandboxError) as error:
        why = str(error)
    else:
        if box.warm and outcome.stdout == b"42\n":
            detail = f"Python programs take {outcome.wall_ms:.1f} ms to start"
            return Finding(name="warm", ok=True, detail=detail)
    why = sandbox.warm_fault or why
    return Finding(name="warm", ok=True, detail=f"Python programs start cold: {why}", cure=PYTHON)
