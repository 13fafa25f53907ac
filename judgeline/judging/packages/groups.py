"""What a group of tests is: its members, and the rules by which they make one result."""

import math

import msgspec

IGNORED, REFUSED, MAY, MUST = "ignored", "refused", "may", "must"
"""What a checker's score.txt is: of no account, an error, used if there, or needed for an accepted test."""

NEVER, AT_REJECTION, AT_ZERO = "never", "at a rejection", "at zero"
"""When a group's other tests need not run: never, once a member is not accepted, once it scores 0 besides."""


class Points(msgspec.Struct, frozen=True, kw_only=True):
    """How the tests directly in a group come by their scores."""

    files: str = IGNORED
    accepted: float = 0
    """The score of an accepted test whose checker gives none; the most a checker may give is ``most``."""
    rejected: float = 0
    most: float = math.inf
    least: float = 0
    of_rejected: bool = False
    """Whether the checker's score counts for a test that is not accepted, too."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group: its members in the order in which they run, and its rules."""

    name: str = ""
    """Its path below data, e.g. "secret/2-large"; "" is data itself, the whole submission."""
    members: "tuple[str | Group, ...]" = ()
    """Names of tests, and groups."""
    points: Points = Points()
    verdict: str = "first_error"
    """"first_error", "worst_error" or "always_accept"."""
    any_accepted: bool = False
    """Whether one accepted member is enough."""
    score: str = "sum"
    """"sum", "avg", "min", "max" of the members, "all" (``high`` if all are accepted), or "secret" (its)."""
    only_secret: bool = False
    """Whether the group ``sample`` counts for nothing."""
    stop: str = AT_REJECTION
    low: float = -math.inf
    high: float = math.inf
    """Bounds of its score: a score outside of them is the judges' error."""
    requires: tuple[str, ...] = ()
    """Groups all of whose tests must be accepted, or else this one is not run and scores 0."""
    keeps_rejected: bool = True
    """Whether it has a score even if its verdict is not accepted."""

    def tests(self) -> list[str]:
        """The names of all tests in it, in order."""
        found: list[str] = []
        for member in self.members:
            found += [member] if isinstance(member, str) else member.tests()
        return found

    def groups(self) -> "list[Group]":
        """It and all groups in it, outer ones first."""
        found = [self]
        for member in self.members:
            if isinstance(member, Group):
                found += member.groups()
        return found
