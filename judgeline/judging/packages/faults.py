"""Gathering what is wrong with a package: all of it, each with its path."""

MOST_KEPT = 200
"""Faults kept of each kind; a package that is wrong in every one of its files says so once more and stops."""


class Report:
    """Faults (the package cannot be used) and warnings (odd, but it can)."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.warnings: list[str] = []

    def fault(self, where: str, what: str) -> None:
        """Note what makes the package unusable."""
        _note(self.faults, where, what)

    def warn(self, where: str, what: str) -> None:
        """Note what is odd."""
        _note(self.warnings, where, what)


def _note(notes: list[str], where: str, what: str) -> None:
    line = f"{where}: {what}"
    if line in notes:
        return
    if len(notes) < MOST_KEPT:
        notes.append(line)
    elif len(notes) == MOST_KEPT:
        notes.append(f"and more: only the first {MOST_KEPT} are listed")
