"""A package's own submissions, and what must become of them.

That is said by the folder a submission stands in, by submissions.yaml (2025-09), or by DOMjudge's
``@EXPECTED_RESULTS@`` inside it.
"""

import re
from collections.abc import Iterator

from judgeline.judging.packages.expectations import Expected, read_expected
from judgeline.judging.packages.faults import Report
from judgeline.judging.packages.metadata import LEGACY, Metadata
from judgeline.judging.packages.package import Expectation, ProgramSource, Submission, read_regular
from judgeline.judging.packages.programs import MOST_PROGRAM_BYTES, read_programs
from judgeline.judging.packages.tree import Tree
from judgeline.judging.verdicts import Verdict

PARTIAL = "partially_accepted"
"""The folder of legacy scoring problems for what is accepted without the best score."""

_CRASH = frozenset({Verdict.RUNTIME_ERROR, Verdict.MEMORY_LIMIT_EXCEEDED, Verdict.OUTPUT_LIMIT_EXCEEDED})
"""The format knows no verdict of its own for memory and output: they count as crashes."""
_AC, _WA = frozenset({Verdict.ACCEPTED}), frozenset({Verdict.WRONG_ANSWER})
_OLE = frozenset({Verdict.OUTPUT_LIMIT_EXCEEDED})
_TLE, _CE = frozenset({Verdict.TIME_LIMIT_EXCEEDED}), frozenset({Verdict.COMPILE_ERROR})
_ANY = _AC | _WA | _TLE | _CRASH
_WORDS = {"AC": _AC, "WA": _WA, "TLE": _TLE, "RTE": _CRASH}

EXPECTED = {
    "accepted": (_AC, _AC),
    "rejected": (_ANY | _CE, _ANY - _AC | _CE),
    "wrong_answer": (_AC | _WA, _WA),
    "time_limit_exceeded": (_AC | _TLE, _TLE),
    "run_time_error": (_AC | _CRASH, _CRASH),
    "brute_force": (_AC | _TLE | _CRASH, _TLE | _CRASH),
    "compiler_error": (_CE, _CE),
}
"""Folder of submissions/ -> (verdicts permitted, verdicts of which one is required)."""
_LEGACY_EXPECTED = {
    "time_limit_exceeded": (_AC | _WA | _TLE, _TLE),
    "run_time_error": (_ANY, _CRASH),
    PARTIAL: (_AC, _AC),
}

_ANNOTATION = re.compile(rb"@EXPECTED_RESULTS@:[ \t]*([A-Za-z_, \t-]{1,200})")
_ANNOTATED = {
    "CORRECT": _AC,
    "ACCEPTED": _AC,
    "WRONG-ANSWER": _WA,
    "NO-OUTPUT": _WA,
    "TIMELIMIT": _TLE,
    "TIME-LIMIT-EXCEEDED": _TLE,
    "RUN-ERROR": _CRASH - _OLE,
    "RUN-TIME-ERROR": _CRASH - _OLE,
    "OUTPUT-LIMIT": _OLE,
    "COMPILER-ERROR": _CE,
}


SETTINGS = "submissions/submissions.yaml"


def read_submissions(tree: Tree, metadata: Metadata, report: Report) -> tuple[Submission, ...]:
    """The package's own submissions with what must become of them."""
    submissions: list[Submission] = []
    legacy = metadata.format == LEGACY
    entries: list[Expected] = []
    if legacy and SETTINGS in tree.files:
        report.fault(SETTINGS, "belongs to the format 2025-09")
    elif not legacy:
        entries = read_expected(tree, SETTINGS, _WORDS, report, scoring=metadata.scoring)
    used: set[str] = set()
    for kind, program in _programs(tree, metadata, report):
        mine = [entry for entry in entries if entry.matches(program.name.removeprefix("submissions/"))]
        used |= {entry.pattern for entry in mine}
        submission = _submission(program, kind, mine, report, legacy=legacy)
        if submission is not None:
            submissions.append(submission)
    for entry in entries:
        if entry.pattern not in used:
            report.warn(SETTINGS, f"{entry.pattern[:80]}: matches no submission")
    if not tree.under("submissions/accepted"):
        report.warn(
            "submissions/accepted", "holds no submission: nothing shows that the problem can be solved"
        )
    return tuple(submissions)


def _programs(tree: Tree, metadata: Metadata, report: Report) -> Iterator[tuple[str, ProgramSource]]:
    """Every submission with the folder it stands in."""
    for kind in tree.children("submissions"):
        folder = f"submissions/{kind}"
        if folder in tree.files:
            if folder != SETTINGS:
                report.warn(folder, "is ignored: submissions stand in folders that say what is expected")
        elif kind == PARTIAL and metadata.format == LEGACY and not metadata.scoring:
            report.fault(folder, "belongs to problems of type: scoring")
        else:
            for program in read_programs(tree, folder, report):
                yield kind, program


def _submission(
    program: ProgramSource, kind: str, entries: list[Expected], report: Report, *, legacy: bool
) -> Submission | None:
    try:
        contents = [read_regular(path, MOST_PROGRAM_BYTES) for path in program.paths.values()]
    except OSError as error:
        report.fault(program.name, f"cannot be read: {error.strerror or error}")
        return None
    words = _annotation(contents)
    for word in words - _ANNOTATED.keys():
        report.fault(program.name, f"@EXPECTED_RESULTS@ names {word[:40]!r}, which is no result")
    expectations = _expectations(kind, entries, legacy=legacy)
    if words:
        annotated = frozenset().union(*(_ANNOTATED.get(word, frozenset()) for word in words))
        expectations = [Expectation(permitted=annotated, required=annotated)]
    if not expectations:
        what = "is not run: no folder of the format, and no @EXPECTED_RESULTS@ inside"
        report.warn(program.name, what)
        return None
    told = [entry.pattern for entry in entries if entry.expectations]
    return Submission(
        name=program.name.removeprefix("submissions/"),
        source=program,
        expected=" or ".join(sorted(words)) if words else " and ".join(dict.fromkeys([kind, *told])),
        expectations=tuple(expectations),
        final=bool(words) or (legacy and kind == PARTIAL),
        partial=legacy and kind == PARTIAL and not words,
        language=next((entry.language for entry in entries if entry.language), ""),
        entrypoint=next((entry.entrypoint for entry in entries if entry.entrypoint), ""),
    )


def _expectations(kind: str, entries: list[Expected], *, legacy: bool) -> list[Expectation]:
    """The folder's own, changed by an entry of its name, and those of all other entries."""
    found = EXPECTED.get(kind)
    if legacy:
        found = _LEGACY_EXPECTED.get(kind, found)
    expectations: list[Expectation] = []
    for entry in entries:
        if entry.pattern == kind:
            permitted, required = found or (_ANY, _ANY)
            found = (entry.permitted or permitted, entry.required or required)
        expectations += entry.settled(_ANY, default=entry.pattern != kind)
    return ([Expectation(permitted=found[0], required=found[1])] if found else []) + expectations


def _annotation(contents: list[bytes]) -> set[str]:
    """The results that a program names as expected of it, as DOMjudge spells them."""
    found = [match[1].decode() for content in contents for match in _ANNOTATION.finditer(content)]
    names = {name.strip().upper().replace("_", "-") for line in found for name in line.split(",")}
    return names - {""}
