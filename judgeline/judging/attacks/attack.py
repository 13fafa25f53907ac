"""What an attack is, and the table of all of them."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from judgeline.judging.languages import Language, Languages
from judgeline.judging.verdicts import Verdict

PROGRAMS = Path(__file__).with_name("programs")
TABLE = "table.toml"


class Kind(StrEnum):
    """Where an attack strikes."""

    RUN = "run"
    """The submission itself."""
    COMPILE = "compile"
    """The submission, while it is compiled."""
    CHECKER = "checker"
    """The checker of a package, on an innocent submission."""


class Attack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One attack, as it stands in its table."""

    does: str
    """In words, for people."""
    file: str
    """The source, beside the table; its ending names the language."""
    verdicts: list[Verdict]
    """What it may be judged as; all but these is a fault."""
    kind: Kind = Kind.RUN
    why: str = ""
    """A regular expression that the reason given must match."""
    way: str = ""
    """Put for ``@WAY@`` in the source, where several attacks share one."""
    time_s: float = 1.0
    """The time limit of its problem, CPU seconds."""
    tests: int = 1
    """How often it runs in one box: the second run looks for what the first one left."""
    submissions: int = 1
    """How often it is judged: as above, for the next box."""
    within_s: float = 30.0
    """A bound on real time for judging it once, seconds; far above what the limits give it."""
    machine: str = ""
    """The one kind of machine that it is for, e.g. "x86_64"; "" for all."""
    repeat_bytes: int = 0
    """Fill the source up to this size with its own text, commented out; 0 leaves it as it is."""
    harmless: bool = False
    """Whether it may be run without a box: the tests do, to see that it would be noticed."""
    name: str = ""
    group: str = ""
    """The folder it stands in."""

    def source(self, places: Mapping[str, str]) -> bytes:
        """The program, with ``@NAME@`` replaced by what it is to go for."""
        content = (PROGRAMS / self.group / self.file).read_bytes()
        for name, value in {"WAY": self.way, **places}.items():  # a way may name a place
            content = content.replace(f"@{name}@".encode(), value.encode())
        if self.repeat_bytes:
            line = b"// " + b"x" * 60 + b"\n"
            content += line * ((self.repeat_bytes - len(content)) // len(line))
        return content

    def language(self, languages: Languages) -> Language | None:
        """The language of its source, or None where the table knows none."""
        return languages.of_file(self.file)


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of one attack."""

    name: str
    group: str
    kind: Kind
    seen: str
    """The verdict with its reason."""
    faults: list[str] = []
    """What is wrong, a line each: the attack got through, or left something."""
    skipped: str = ""
    """Why it could not be tried here."""
    seconds: float = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def load_attacks() -> dict[str, Attack]:
    """Every attack by name, in the order of the tables."""
    attacks: dict[str, Attack] = {}
    for table in sorted(PROGRAMS.glob(f"*/{TABLE}")):
        entries = msgspec.convert(tomllib.loads(table.read_text("utf-8")), dict[str, Attack])
        for name, attack in entries.items():
            attacks[name] = msgspec.structs.replace(attack, name=name, group=table.parent.name)
    return attacks
