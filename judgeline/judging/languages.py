"""The languages: a table (``languages.toml``), and what of it this host has.

Tools are looked up only where the box shows them (/usr and what the table binds), so a version reported here
is the version that compiles. Nothing is started before a version is asked for, and each tool only once.
"""

import functools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Self

import msgspec

from judgeline.judging.errors import LanguageError

TABLE = Path(__file__).with_name("languages.toml")
SEARCHED = ("/usr/local/bin", "/usr/bin", "/bin")
SHOWN = ("/usr", "/bin", "/lib", "/lib64")
"""What every box shows of the host."""

_VERSION = re.compile(r"\d+(?:\.\d+)+|\d+")
_CHECK = """import sys
for path in sys.argv[1:]:
    try:
        compile(open(path, "rb").read(), path, "exec")
    except BaseException as error:
        sys.excepthook(type(error), error, None)
        sys.exit(1)
"""


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a language's runtime does with memory."""

    overhead_mib: int = 0
    """What the runtime itself needs; the box grants it on top of the problem's limit."""
    exhausted: str = ""
    """What it prints on standard error when memory has run out; a failure that says so is a memory limit."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of languages.toml, as it stands there."""

    name: str
    file: str
    tools: dict[str, list[str]]
    run: list[str]
    endings: list[str] = []
    compile: list[list[str]] = []
    outputs: list[str] = []
    version: tuple[str, ...] = ("--version",)
    binds: list[str] = []
    static: list[str] = []
    warm: bool = False
    address_space: bool = True
    memory: Memory = Memory()


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """One language and what this host has of it."""

    id: str
    entry: Entry
    tools: Mapping[str, str]
    """Tool -> its path in the box; those that were not found are left out."""
    missing: str = ""
    """Why it cannot be used here, e.g. "javac is not in /usr/local/bin, /usr/bin, /bin"; "" where it can."""
    binds: tuple[str, ...] = ()
    """Host folders its boxes need."""

    @property
    def name(self) -> str:
        """What people see, e.g. "C++"."""
        return self.entry.name

    @property
    def extensions(self) -> tuple[str, ...]:
        """The endings of its files, the usual one first, e.g. (".cpp", ".cc")."""
        return tuple(self.entry.endings) or (PurePosixPath(self.entry.file).suffix,)

    @property
    def available(self) -> bool:
        """Whether this host can judge it."""
        return not self.missing

    @property
    def version(self) -> str:
        """The version found here, e.g. "3.11.2"; "" where the language is missing. Asked of its tool once."""
        if self.missing:
            return ""
        return _version((next(iter(self.tools.values())), *self.entry.version))

    @property
    def label(self) -> str:
        """The id with the version, e.g. "python3 (3.11.2)"."""
        return f"{self.id} ({self.version})" if self.version else self.id

    @property
    def compiles_to_files(self) -> bool:
        """Whether a program of it is what the compiler left, rather than the sources."""
        return bool(self.entry.outputs)

    def compile_commands(self, sources: Sequence[str], entry: str, main_class: str) -> list[list[str]]:
        """The commands that compile those files, which stand in the current folder; some need none."""
        words = {
            **self._words(),
            "entry": [entry],
            "class": [main_class],
            "sources": list(sources),
            "check": [_CHECK],
        }
        return [_fill(command, words) for command in self.entry.compile]

    def run_command(self, entry: str, main_class: str, memory_mib: int) -> list[str]:
        """The command that runs a program whose files are in /prog."""
        memory = [str(memory_mib)]
        words = {**self._words(), "entry": [f"/prog/{entry}"], "class": [main_class], "memory_mib": memory}
        return _fill(self.entry.run, words)

    def warm_start(self, entry: str = "") -> tuple[str, str] | None:
        """Interpreter and script that a box can hold ready; None for a language that always starts cold.

        ``entry`` is the program's first file, where it is known already that it is not the usual one.
        """
        if not self.entry.warm or not self.available:
            return None
        command = self.run_command(entry or self.entry.file, "", 0)
        return (command[0], command[1]) if len(command) == 2 else None

    def _words(self) -> dict[str, list[str]]:
        words = {tool: [path] for tool, path in self.tools.items()}
        if self.entry.static:
            compiler = next(iter(self.tools.values()))
            words["static"] = ["-static"] if _has_archives(compiler, tuple(self.entry.static)) else []
        return words


class Languages:
    """All languages of a table, in its order."""

    def __init__(self, languages: Iterable[Language]) -> None:
        self._by_id = {language.id: language for language in languages}

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Read a table (default: the one beside this file). Raises LanguageError with file and reason."""
        table = path or TABLE
        try:
            entries = msgspec.convert(tomllib.loads(table.read_text("utf-8")), dict[str, Entry])
        except (OSError, ValueError) as error:
            raise LanguageError(f"{table}: {error}") from error
        return cls(_look_up(id_, entry) for id_, entry in entries.items())

    def all(self) -> list[Language]:
        """Every language of the table, usable here or not."""
        return list(self._by_id.values())

    def available(self) -> list[Language]:
        """Those that this host can judge."""
        return [language for language in self._by_id.values() if language.available]

    def find(self, id: str) -> Language:  # noqa: A002  the field's word for it
        """The language of that id. Raises LanguageError where there is none or its tools are missing."""
        language = self._by_id.get(id)
        if language is None:
            known = ", ".join(language.id for language in self.available())
            raise LanguageError(f"there is no language {id[:40]!r}; there are {known}")
        if language.missing:
            raise LanguageError(f"{id} cannot be used on this host: {language.missing}")
        return language

    def of_file(self, name: str) -> Language | None:
        """The language that a file's ending names, or None. Case counts: ``.C`` is C++."""
        suffix = PurePosixPath(name).suffix
        return next((language for language in self.all() if suffix in language.extensions), None)


def _look_up(id_: str, entry: Entry) -> Language:
    tools: dict[str, str] = {}
    binds = [str(found) for pattern in entry.binds for found in sorted(Path("/").glob(pattern.lstrip("/")))]
    for tool, names in entry.tools.items():
        path = next(filter(None, map(_tool, names)), None)
        if path is None:
            listed = " and ".join(name for name in names if not name.startswith("{"))
            missing = f"{listed} is not in {', '.join(SEARCHED)}"
            return Language(id=id_, entry=entry, tools=tools, missing=missing)
        tools[tool] = path
        if not path.startswith(SHOWN):
            binds.append(sys.base_prefix)
    return Language(id=id_, entry=entry, tools=tools, binds=tuple(binds))


def _tool(name: str) -> str | None:
    """Where a tool is, as a path that the box shows too; None where it is not here."""
    if name == "{interpreter}":
        # Never the virtual environment's: a stranger's program would see our own packages.
        return str(getattr(sys, "_base_executable", "")) or None
    candidates = [Path(name)] if name.startswith("/") else [Path(folder, name) for folder in SEARCHED]
    for candidate in candidates:
        if candidate.is_file():
            return _shown(candidate)
    return None


def _shown(path: Path) -> str:
    """The path itself where each link of its chain stays in /usr; else where the chain ends.

    Debian's ``java`` leads through /etc/alternatives, which no box shows. A tool that acts by the name it is
    called by keeps its name wherever it can.
    """
    step = path
    for _ in range(40):
        if not step.is_symlink():
            return str(path)
        step = step.parent / step.readlink()
        if not str(step).startswith(SHOWN):
            break
    return str(path.resolve())


@functools.lru_cache(maxsize=256)
def _version(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    first = (done.stdout or done.stderr).partition("\n")[0]
    # "gcc (Debian 12.2.0-14) 12.2.0": the distribution's own words stand in brackets before the version.
    found = _VERSION.search(re.sub(r"\([^()]*\)", "", first))
    return found.group() if found else first.strip()[:40]


@functools.lru_cache(maxsize=64)
def _has_archives(compiler: str, archives: tuple[str, ...]) -> bool:
    for archive in archives:
        command = [compiler, f"-print-file-name={archive}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
        if not Path(done.stdout.strip()).is_absolute():
            return False
    return True


def _fill(command: Iterable[str], words: Mapping[str, list[str]]) -> list[str]:
    """The command with each ``{word}`` put in: one that stands alone may become none or many arguments."""
    filled: list[str] = []
    for part in command:
        alone = part[1:-1] if part.startswith("{") and part.endswith("}") else ""
        if alone in words:
            filled += words[alone]
            continue
        filled.append(re.sub(r"\{([a-z_]+)\}", lambda found: " ".join(words.get(found[1], [found[0]])), part))
    return filled
