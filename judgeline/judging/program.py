"""A program on its way into a box: its sources, and what is run once they are compiled."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Self

import msgspec

from judgeline.judging import javaclass
from judgeline.judging.languages import Language
from judgeline.judging.sandbox.box import Box, Command, Limits, Sandbox

_HEADERS = frozenset({".h", ".hh", ".hpp", ".hxx", ".inc"})


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one program and the one it starts in."""

    files: Mapping[str, bytes]
    """Name (no folder above) -> content."""
    entry: str
    main_class: str = ""
    """The class to run, for Java."""

    @classmethod
    def of_text(cls, language: Language, source: bytes) -> Self:
        """One file, called as the language wants it: for Java after its public class."""
        main_class = ""
        file = language.entry.file
        if "{class}" in file:
            stem, main_class = javaclass.main_class(source.decode(errors="replace"))
            file = file.replace("{class}", stem)
        return cls(files={file: source}, entry=file, main_class=main_class)

    @classmethod
    def of_files(cls, language: Language, files: Mapping[str, bytes], *, renamed: bool = True) -> Self:
        """Several files; a single one is named as the language wants it, where ``renamed``.

        Raises ValueError where no one file is the entry: it is the only one of the language, or is called
        ``main`` or ``__main__`` with its ending, or for Java holds ``void main``.
        """
        mine = [name for name in files if PurePosixPath(name).suffix in language.extensions]
        if len(files) == 1 and (renamed or "{class}" in language.entry.file):
            return cls.of_text(language, next(iter(files.values())))
        if "{class}" in language.entry.file:
            for name in sorted(mine, key=lambda name: (PurePosixPath(name).stem.lower() != "main", name)):
                stem, main_class = javaclass.main_class(files[name].decode(errors="replace"))
                if b"void main" in files[name] and stem == PurePosixPath(name).stem:
                    return cls(files=files, entry=name, main_class=main_class)
        starts = [name for name in mine if PurePosixPath(name).stem in {"main", "__main__"}]
        if len(mine) == 1 or starts:
            return cls(files=files, entry=(starts or mine)[0])
        if language.compiles_to_files and mine:
            return cls(files=files, entry=mine[0])
        raise ValueError(f"which of {', '.join(sorted(mine)) or 'its files'} is run first cannot be told")

    def including(self, language: Language, included: Mapping[str, bytes]) -> Self:
        """With files that go with every program of a problem and take the place of its own of the same name.

        A ``main`` among them is what runs, and calls the program; one file of the same name is called
        ``solution`` then.
        """
        own, entry = dict(self.files), self.entry
        in_class = "{class}" in language.entry.file
        if len(own) == 1 and entry in included and not in_class:
            content = own.pop(entry)
            entry = f"solution{PurePosixPath(entry).suffix}"
            own[entry] = content
        files = {**own, **included}
        for name in sorted(included):
            if PurePosixPath(name).suffix not in language.extensions:
                continue
            if in_class and b"void main" in included[name]:
                _, main_class = javaclass.main_class(included[name].decode(errors="replace"))
                return type(self)(files=files, entry=name, main_class=main_class)
            if not in_class and PurePosixPath(name).stem in {"main", "__main__"}:
                return type(self)(files=files, entry=name)
        return type(self)(files=files, entry=entry, main_class=self.main_class)

    def compiled(self, language: Language) -> list[str]:
        """The files that the compiler is given: those of the language, without headers."""
        return sorted(name for name in self.files if PurePosixPath(name).suffix in language.extensions)


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What runs in a box: the files for ``Box.load``, and how to start them."""

    language: Language
    files: Mapping[str, tuple[bytes, int]]
    entry: str
    main_class: str = ""

    def open_box(self, sandbox: Sandbox) -> Box:
        """A new box for this program, which is still to be loaded. Raises SandboxError."""
        return sandbox.open(binds=self.language.binds, warm=self.language.warm_start(self.entry))

    def command(
        self,
        limits: Limits,
        *,
        args: Sequence[str] = (),
        files: Mapping[str, bytes] | None = None,
        collect: Mapping[str, int] | None = None,
    ) -> Command:
        """Start the program under those limits; the language's runtime gets its own memory on top of them."""
        memory = self.language.entry.memory
        argv = self.language.run_command(self.entry, self.main_class, limits.memory_bytes >> 20)
        granted = msgspec.structs.replace(
            limits,
            memory_bytes=limits.memory_bytes + (memory.overhead_mib << 20),
            address_space=self.language.entry.address_space,
        )
        return Command(argv=[*argv, *args], limits=granted, files=files or {}, collect=collect or {})


def language_of(files: Sequence[str], languages: Sequence[Language]) -> Language:
    """The one language of a program's files, by their endings. Raises ValueError unless there is just one."""
    found = {
        language.id: language
        for name in files
        for language in languages
        if PurePosixPath(name).suffix in language.extensions
    }
    if len(found) == 2 and found.keys() == {"c", "cpp"}:
        return found["cpp"]
    if len(found) != 1:
        others = sorted({PurePosixPath(name).suffix or name for name in files} - _HEADERS)
        raise ValueError(f"its language cannot be told from {', '.join(others)}")
    return next(iter(found.values()))
