"""Compiling in a box, under limits: the compiler is as untrusted as the source it reads."""

import re
import shlex

import msgspec

from judgeline.judging.buildcache import BuildCache, KeptBuild, build_key
from judgeline.judging.languages import Language
from judgeline.judging.packages.package import PackageLimits
from judgeline.judging.program import Program, Sources
from judgeline.judging.sandbox.box import Box, Command, Limits, Outcome, Stopped
from judgeline.judging.words import amount, ending

MOST_OUTPUT = 16 << 10
"""Bytes of the compiler's words that are kept."""
MOST_PROGRAM = 64 << 20
"""Bytes of one file that a compiler may leave."""
_FLOOD = 1 << 20
"""Bytes after which the compiler is stopped for talking."""


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """What came of compiling: a program, or why there is none."""

    program: Program | None
    output: str = ""
    """What the compiler said, warnings too, at most 16 KiB, with files named as the user's."""
    why: str = ""


def source_fault(source: bytes, most_bytes: int) -> str:
    """Why a source cannot be compiled at all, or ""."""
    if not source.strip():
        return "the source is empty"
    if len(source) > most_bytes:
        return f"the source is {len(source)} bytes, more than the {most_bytes} allowed"
    if b"\0" in source:
        return f"the source holds a NUL byte (at byte {source.index(0)})"
    try:
        source.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"the source is not UTF-8 (at byte {error.start})"
    return ""


def build(
    box: Box,
    language: Language,
    sources: Sources,
    limits: PackageLimits,
    cache: BuildCache | None = None,
) -> Build:
    """Compile in a box, or take what was compiled before.

    Raises BoxError where the box failed, which says nothing about the source.
    """
    commands = language.compile_commands(sources.compiled(language), sources.entry, sources.main_class)
    if not commands:
        return _built(language, sources, KeptBuild({}, "", ""))
    key = build_key(language, commands, sources, limits) if cache is not None else ""
    kept = cache.get(key) if cache is not None else None
    if kept is None:
        outcome = box.run(_command(language, commands, sources, limits))
        kept = _what_came(language, outcome, limits)
        if cache is not None and not kept.why:  # what failed may be the host's fault of this minute
            cache.put(key, kept)
    return _built(language, sources, kept)


def _what_came(language: Language, outcome: Outcome, limits: PackageLimits) -> KeptBuild:
    """What a compiler's run came to."""
    output = _words(outcome)
    refused = _refusal(outcome, limits)
    if refused:
        return KeptBuild({}, output, refused)
    left, names = outcome.files, language.entry.outputs
    if not all(0 < len(left.get(name, b"")) <= MOST_PROGRAM for name in names):
        why = f"the compiler left no program, or one of more than {MOST_PROGRAM >> 20} MiB"
        return KeptBuild({}, output, why)
    return KeptBuild({name: (left[name], 0o555) for name in names}, output, "")


def _built(language: Language, sources: Sources, kept: KeptBuild) -> Build:
    if kept.why:
        return Build(program=None, output=kept.output, why=kept.why)
    made = kept.files or {name: (content, 0o444) for name, content in sources.files.items()}
    program = Program(language=language, files=made, entry=sources.entry, main_class=sources.main_class)
    return Build(program=program, output=kept.output)


def _command(
    language: Language, commands: list[list[str]], sources: Sources, limits: PackageLimits
) -> Command:
    if len(commands) == 1:
        argv = commands[0]
    else:
        # Each run has a /tmp of its own, so commands that hand files on share one run.
        argv = ["/bin/sh", "-e", "-c", "\n".join(map(shlex.join, commands))]
    return Command(
        argv=argv,
        limits=Limits(
            cpu_ms=limits.compilation_time_s * 1000,
            wall_ms=compile_wall_ms(limits),
            memory_bytes=limits.compilation_memory_mib << 20,
            output_bytes=_FLOOD,
            stderr_bytes=_FLOOD,
            tmp_bytes=4 * MOST_PROGRAM,
            address_space=language.entry.address_space,
        ),
        files=sources.files,
        # One byte more shows a file that was cut.
        collect=dict.fromkeys(language.entry.outputs, MOST_PROGRAM + 1),
    )


def compile_wall_ms(limits: PackageLimits) -> int:
    """Real time a compiler gets, milliseconds: a busy host must not turn a slow compiler into an error."""
    return limits.compilation_time_s * 2000 + 5000


def _refusal(outcome: Outcome, limits: PackageLimits) -> str:
    stopped = {
        Stopped.CPU: f"the compiler used more than {limits.compilation_time_s} s",
        Stopped.WALL: f"the compiler ran for more than {amount(compile_wall_ms(limits) / 1000)} s",
        Stopped.MEMORY: f"the compiler needed more than {limits.compilation_memory_mib} MiB of memory",
        Stopped.OUTPUT: f"the compiler printed more than {_FLOOD >> 20} MiB of messages",
    }
    if outcome.stopped in stopped:
        return stopped[outcome.stopped]
    if outcome.signal is not None:
        return f"the compiler {ending(outcome)}"
    return "" if outcome.exit_code == 0 else "the compiler refused the source"


def _words(outcome: Outcome) -> str:
    """What the compiler printed, without the box's folder before the user's file."""
    said = outcome.stderr + outcome.stdout
    cut = len(said) > MOST_OUTPUT
    text = said[:MOST_OUTPUT].decode(errors="replace")
    text = re.sub(r"(?<![\w/])(?:\./|/tmp/)", "", text)
    text = text.replace("\0", "\ufffd")
    return text + ("\n... (the rest is cut off)\n" if cut else "")
