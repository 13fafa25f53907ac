"""How fast this host is, beside a reference: measured once by a program of ours, in the box that judges.

The program sieves, mixes and walks through 8 MiB of memory: what solutions do. ``factor`` is 1 where it takes
REFERENCE_MS, 2 on a host twice as fast. It is shown beside results; limits follow it only if asked to.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

import msgspec

from judgeline.judging.errors import JudgingError
from judgeline.judging.judge import Judge
from judgeline.judging.packages.package import Package
from judgeline.judging.verdicts import Verdict

REFERENCE_MS = 200.0
"""CPU time of the program on the reference, milliseconds: one core of an AMD EPYC virtual server of 2026."""
RUNS = 7
SOURCE = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#define N (1u << 21)
int main(void) {
    uint32_t *next = malloc(N * sizeof *next);
    uint64_t x = 88172645463325252u, sum = 0;
    for (uint32_t i = 0; i < N; i++) next[i] = i;
    for (uint32_t i = N - 1; i > 0; i--) {
        x ^= x << 13; x ^= x >> 7; x ^= x << 17;
        uint32_t j = x % i, kept = next[i];
        next[i] = next[j]; next[j] = kept;
    }
    uint32_t at = 0;
    for (uint32_t i = 0; i < 2 * N; i++) { at = next[at]; sum += at; }
    unsigned char *composite = (unsigned char *)next;
    for (uint32_t i = 0; i < 2 * N; i++) composite[i] = 0;
    for (uint32_t i = 2; i < 2 * N; i++)
        if (!composite[i]) {
            sum += i;
            for (uint64_t j = (uint64_t)i * i; j < 2 * N; j += i) composite[j] = 1;
        }
    for (uint32_t i = 0; i < 100000000u; i++) { x ^= x << 13; x ^= x >> 7; x ^= x << 17; sum += x & 255; }
    printf("%llu\\n", (unsigned long long)sum);
    return 0;
}
"""


class HostSpeed(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured."""

    factor: float
    """REFERENCE_MS over the median; more is faster."""
    median_ms: float
    measured: tuple[float, ...]
    """CPU time of each run, milliseconds."""
    measured_ms: int
    """When: Unix milliseconds."""

    @property
    def spread(self) -> float:
        """From the fastest to the slowest run, as a share of the median."""
        return (max(self.measured) - min(self.measured)) / self.median_ms


def measure(judge: Judge) -> HostSpeed:
    """Run the program RUNS times, one after the other.

    Raises LanguageError where there is no C compiler, SandboxError, and JudgingError where the program fails.
    """
    taken = []
    for _ in range(RUNS):
        result = judge.run("c", SOURCE)
        if result.verdict is not Verdict.ACCEPTED or not result.time_ms:
            raise JudgingError(f"the program that measures the host failed: {result.verdict} {result.why}")
        taken.append(result.time_ms)
    median = statistics.median(taken)
    return HostSpeed(
        factor=round(REFERENCE_MS / median, 3),
        median_ms=median,
        measured=tuple(taken),
        measured_ms=time.time_ns() // 1_000_000,
    )


def keep(speed: HostSpeed, file: Path) -> None:
    """Keep it for the workers of this host, whole or not at all. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(prefix=".new-", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(msgspec.json.encode(speed))
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def recall(file: Path) -> HostSpeed | None:
    """Give what was kept; None where nothing was, or nothing that can be read."""
    try:
        found = msgspec.json.decode(file.read_bytes(), type=HostSpeed)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.factor > 0 else None


def scaled(package: Package, factor: float) -> Package:
    """The package with the CPU time that its tests would need on this host instead of the reference."""
    limits = msgspec.structs.replace(package.limits, time_s=package.limits.time_s / factor)
    return msgspec.structs.replace(package, limits=limits)
