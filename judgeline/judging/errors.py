"""What judging can refuse.

::

    JudgingError
    ├── PackageError       a problem package is broken; ``faults`` lists every fault with its path
    ├── ProblemsError      a sound package cannot be put into the folder of problems (a full disk)
    │   └── FolderInTheWay   a folder that somebody put there by hand stands in its place
    ├── DataError          a package's data changed or went while it was judged (judge_error)
    ├── LanguageError      no such language here, or its tools are missing
    ├── CheckerError       a package's own checker cannot be built here (its submissions get judge_error)
    ├── ScoreError         a checker's scores break the package's rules (judge_error)
    └── SandboxError       no working sandbox on this host; ``cure`` is the exact line that mends it
        └── BoxError       one box failed (its submission gets judge_error); the next box may work
            └── HostileReportError   what a box reported is malformed or cannot be: somebody may speak for it
"""

from judgeline.errors import JudgelineError


class JudgingError(JudgelineError):
    """Judging cannot go on; the message says why."""


class PackageError(JudgingError):
    """A problem package is broken. ``faults`` holds one line a fault, each starting with its path."""

    def __init__(self, package: str, faults: list[str]) -> None:
        super().__init__(f"{package}: {len(faults)} fault(s): " + "; ".join(faults))
        self.package = package
        self.faults = faults


class ProblemsError(JudgingError):
    """The folder of problems cannot take a package; what was in use there still is."""


class FolderInTheWay(ProblemsError):
    """A package of that name was put there by hand, so an import must not replace it."""


class DataError(JudgingError):
    """Data of a package cannot be read any more."""


class LanguageError(JudgingError):
    """A language is unknown or cannot be used on this host."""


class CheckerError(JudgingError):
    """A checker that a package brings cannot be compiled or run on this host."""


class ScoreError(JudgingError):
    """The scores that a checker gives break the rules of its package's groups."""


class SandboxError(JudgingError):
    """No sandbox can be had here. ``cure`` is the line a person can run or set to get one, or ""."""

    def __init__(self, reason: str, cure: str = "") -> None:
        super().__init__(f"{reason} (cure: {cure})" if cure else reason)
        self.reason = reason
        self.cure = cure


class BoxError(SandboxError):
    """One box broke, or what it reported was malformed. Never a verdict about the program in it."""


class HostileReportError(BoxError):
    """What a box reported is malformed, or contradicts what this process saw itself.

    No program can reach the socket that reports come by, so this is a broken box, or an escape that is being
    tried: workers log it as hostile, and do not judge that submission again.
    """
