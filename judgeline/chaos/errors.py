"""What chaos can refuse.

::

    ChaosError    trouble cannot be made here, or was asked for in a way that makes no sense
"""

from pathlib import Path

from judgeline.errors import JudgelineError

_TAIL_BYTES = 2_000


class ChaosError(JudgelineError):
    """The trouble asked for cannot be made; the message says why."""


def with_log(what: str, log: Path) -> ChaosError:
    """Make an error of what happened and the end of a log, whose file will soon be gone."""
    said = log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace").strip() if log.exists() else ""
    return ChaosError(f"{what}; it said: {said or 'nothing'}")
