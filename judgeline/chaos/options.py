"""What a run of chaos is to be like."""

from pathlib import Path
from typing import Literal

import msgspec

from judgeline.chaos.plan import Fault

QUEUE = "chaos"
LEASE_S = 2
"""The shortest lease there is: what waits for it waits least."""
MAX_QUEUED = 200
"""So few jobs may wait that an outage fills the queue, and submits are refused."""
PAUSE_S = (LEASE_S + 1.0, LEASE_S + 2.5)
"""How long a process is stopped or cut off, at least and at most: beyond its lease."""
SLOWEST_S = 0.3
"""The longest delay of a slow network, each way."""


class ChaosOptions(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    jobs: int = 10_000
    seed: int = 1
    supervisors: int = 3
    children: int = 2
    """Children a supervisor."""
    rate: float = 120.0
    """Submits a second; what an outage held up is said after it, as fast as the queue takes it."""
    engine: Literal["lists", "rq"] = "lists"
    faults: frozenset[Fault] = frozenset(Fault)
    storm_s: float = 1_800.0
    """At most so many seconds of submits and faults; what was accepted by then must end all the same."""
    keep: Path | None = None
    """A folder for all evidence, which then stays."""

    @property
    def patience_s(self) -> float:
        """How long nothing may end, after the storm, before what is left counts as stuck.

        RQ finds out after one to two minutes that a worker is gone.
        """
        return 30.0 if self.engine == "lists" else 200.0
