"""The programs a package brings: checkers, input validators and submissions.

A program is one file or a folder of files. What must become of a submission is said by the folder it stands
in, or by DOMjudge's ``@EXPECTED_RESULTS@`` inside it.
"""

import re

from judgeline.judging.packages.faults import Report
from judgeline.judging.packages.metadata import LEGACY, Metadata
from judgeline.judging.packages.package import ProgramSource, Submission, read_regular
from judgeline.judging.packages.tree import Tree
from judgeline.judging.verdicts import Verdict

MOST_PROGRAM_FILES = 64
MOST_PROGRAM_BYTES = 4 << 20

_CRASH = frozenset({Verdict.RUNTIME_ERROR, Verdict.MEMORY_LIMIT_EXCEEDED, Verdict.OUTPUT_LIMIT_EXCEEDED})
"""The format knows no verdict of its own for memory and output: they count as crashes."""
_AC, _WA = frozenset({Verdict.ACCEPTED}), frozenset({Verdict.WRONG_ANSWER})
_OLE = frozenset({Verdict.OUTPUT_LIMIT_EXCEEDED})
_TLE, _CE = frozenset({Verdict.TIME_LIMIT_EXCEEDED}), frozenset({Verdict.COMPILE_ERROR})
_ANY = _AC | _WA | _TLE | _CRASH

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


def read_programs(tree: Tree, folder: str, report: Report) -> tuple[ProgramSource, ...]:
    """Every program that stands directly in a folder, sorted by name."""
    programs: dict[str, dict[str, str]] = {}
    for name in tree.under(folder):
        program, _, rest = name.partition("/")
        programs.setdefault(program, {})[rest or program] = f"{folder}/{name}"
    return tuple(
        ProgramSource(
            name=f"{folder}/{program}", paths={name: tree.files[path].path for name, path in files.items()}
        )
        for program, files in sorted(programs.items())
        if _bounded(tree, f"{folder}/{program}", files, report)
    )


def read_checkers(tree: Tree, metadata: Metadata, report: Report) -> tuple[ProgramSource, ...]:
    """The custom output validators; empty where the default one judges."""
    legacy, custom = metadata.format == LEGACY, metadata.custom
    folder = "output_validators" if legacy else "output_validator"
    other = "output_validator" if legacy else "output_validators"
    if tree.under(other):
        report.fault(other, f"belongs to another format; here it is called {folder}")
    if legacy:
        programs = read_programs(tree, folder, report)
    else:
        # The folder is the program, unless it holds a single folder that is.
        files = {name: f"{folder}/{name}" for name in tree.under(folder)}
        programs = ()
        if files and _bounded(tree, folder, files, report):
            programs = (
                ProgramSource(name=folder, paths={n: tree.files[path].path for n, path in files.items()}),
            )
    for program in programs:
        for script in {"build", "run"} & program.paths.keys():
            report.fault(
                f"{program.name}/{script}", "build and run scripts are not supported: give a source file"
            )
    if custom and not programs:
        report.fault(folder, "holds no validator, but problem.yaml says validation: custom")
    if custom is False:
        if programs:
            report.warn(folder, "is ignored: problem.yaml says validation: default")
        return ()
    return programs


def read_submissions(tree: Tree, format_: str, report: Report) -> tuple[Submission, ...]:
    """The package's own submissions with what must become of them."""
    submissions: list[Submission] = []
    if "submissions/submissions.yaml" in tree.files:
        report.warn("submissions/submissions.yaml", "is not read: the folders say what is expected")
    for kind in tree.children("submissions"):
        folder = f"submissions/{kind}"
        if folder in tree.files:
            continue
        if kind == "partially_accepted":
            report.fault(
                folder, "belongs to scoring problems; only pass-fail problems are judged here, so far"
            )
            continue
        for program in read_programs(tree, folder, report):
            submission = _submission(program, kind, format_, report)
            if submission is not None:
                submissions.append(submission)
    if not tree.under("submissions/accepted"):
        report.warn(
            "submissions/accepted", "holds no submission: nothing shows that the problem can be solved"
        )
    return tuple(submissions)


def _submission(program: ProgramSource, kind: str, format_: str, report: Report) -> Submission | None:
    try:
        contents = [read_regular(path, MOST_PROGRAM_BYTES) for path in program.paths.values()]
    except OSError as error:
        report.fault(program.name, f"cannot be read: {error.strerror or error}")
        return None
    expected = EXPECTED.get(kind)
    if format_ == LEGACY:
        expected = _LEGACY_EXPECTED.get(kind, expected)
    words = _annotation(contents)
    annotated = frozenset().union(*(_ANNOTATED.get(word, frozenset()) for word in words))
    if words:
        expected = (annotated, annotated)
    for word in words - _ANNOTATED.keys():
        report.fault(program.name, f"@EXPECTED_RESULTS@ names {word[:40]!r}, which is no result")
    if expected is None:
        what = "is not run: no folder of the format, and no @EXPECTED_RESULTS@ inside"
        report.warn(program.name, what)
        return None
    return Submission(
        name=program.name.removeprefix("submissions/"),
        source=program,
        expected=" or ".join(sorted(words)) if words else kind,
        permitted=expected[0],
        required=expected[1],
        final=bool(words),
    )


def _annotation(contents: list[bytes]) -> set[str]:
    """The results that a program names as expected of it, as DOMjudge spells them."""
    found = [match[1].decode() for content in contents for match in _ANNOTATION.finditer(content)]
    names = {name.strip().upper().replace("_", "-") for line in found for name in line.split(",")}
    return names - {""}


def _bounded(tree: Tree, where: str, files: dict[str, str], report: Report) -> bool:
    size = sum(tree.files[path].size for path in files.values())
    if len(files) > MOST_PROGRAM_FILES or size > MOST_PROGRAM_BYTES:
        report.fault(
            where, f"is more than {MOST_PROGRAM_FILES} files or {MOST_PROGRAM_BYTES >> 20} MiB of program"
        )
        return False
    return True
