"""Reading a package: everything is looked at, every fault is gathered, and only a sound package comes out."""

import re
from pathlib import Path, PurePosixPath

import msgspec

from judgeline.judging.compare import Flags
from judgeline.judging.errors import PackageError
from judgeline.judging.packages.faults import Report
from judgeline.judging.packages.fields import MOST_YAML_BYTES, Fields, parse_yaml
from judgeline.judging.packages.groups import MUST, Group
from judgeline.judging.packages.metadata import LEGACY, MOST_SECONDS, Metadata, read_metadata
from judgeline.judging.packages.package import (
    LONGEST_STATEMENT,
    Kind,
    Package,
    PackageLimits,
    ProgramSource,
    Statement,
    Test,
)
from judgeline.judging.packages.programs import read_checkers, read_includes, read_programs
from judgeline.judging.packages.submissions import read_submissions
from judgeline.judging.packages.testdata import interactions, read_tests
from judgeline.judging.packages.tree import Tree

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
"""What a package's folder may be called: it becomes part of addresses and keys."""

_STATEMENT = re.compile(r"problem(?:\.([a-z]{2,3}(?:-[A-Z]{2})?))?\.(md|tex|pdf)")
_INI_TIME_LIMIT = re.compile(r"^[ \t]*timelimit[ \t]*=[ \t]*['\"]?([^'\"\n]*?)['\"]?[ \t]*$", re.MULTILINE)
_TEX_NAME = re.compile(r"%%[ \t]*plainproblemname:[ \t]*([^\n]+)|\\problemname\{([^{}\n]+)\}")
_SMALL = 4096


def load_package(path: Path | str) -> Package:
    """The package in that folder, whose name is its slug.

    Raises PackageError with every fault at once: unreadable, contradictory, unknown or unsupported parts,
    each with its path. Nothing of a faulty package is kept. Test data is not held in memory.
    """
    root = Path(path)
    report = Report()
    slug = root.absolute().name if root.is_symlink() else root.resolve().name
    if not root.is_dir():
        raise PackageError(str(path), ["problem.yaml: not found: there is no such folder"])
    if not SLUG.fullmatch(slug):
        report.fault(
            ".", f"the folder's name {slug[:80]!r} must be lower-case letters, digits, - and _, at most 64"
        )
    tree = Tree(root, report)
    metadata = _metadata(tree, report)
    statements = _statements(tree, metadata, report)
    names = metadata.names or _names_from_tex(statements)
    data = read_tests(tree, metadata, report)
    checkers = read_checkers(tree, metadata, report)
    _check_kind(metadata, data.root, checkers, report)
    if not checkers:
        _check_flags((*data.tests, *data.output_cases), report)
    for folder in ("static_validator", "graders"):
        if tree.under(folder):
            report.fault(folder, "is not supported: it would change the verdicts")
    package = Package(
        slug=slug,
        path=tree.root,
        name=names.get("en") or next(iter(names.values()), slug),
        names=names,
        version=tree.version(),
        format=metadata.format,
        limits=_time_limit(tree, metadata.limits, report),
        tests=data.tests,
        root=data.root,
        kind=Kind(
            scoring=metadata.scoring,
            interactive=metadata.interactive,
            multi_pass=metadata.multi_pass,
            lower_is_better=metadata.lower_is_better,
            show_groups=metadata.show_groups,
        ),
        interactions=interactions(tree),
        invalid_inputs=data.invalid_inputs,
        output_cases=data.output_cases,
        includes=read_includes(tree, metadata, report),
        statements=statements,
        checkers=checkers,
        input_validators=read_programs(tree, "input_validators", report),
        submissions=read_submissions(tree, metadata, report),
        languages=metadata.languages,
    )
    if report.faults:
        raise PackageError(slug, report.faults)
    return msgspec.structs.replace(package, warnings=tuple(report.warnings))


def _metadata(tree: Tree, report: Report) -> Metadata:
    if "problem.yaml" not in tree.files:
        report.fault("problem.yaml", "not found")
        return Metadata(format=LEGACY, names={}, limits=PackageLimits(), custom=None)
    text = tree.text("problem.yaml", MOST_YAML_BYTES) or ""
    values = parse_yaml(text, "problem.yaml", report)
    return read_metadata(Fields("problem.yaml", values, report))


def _statements(tree: Tree, metadata: Metadata, report: Report) -> tuple[Statement, ...]:
    folder = "problem_statement" if metadata.format == LEGACY else "statement"
    other = "statement" if metadata.format == LEGACY else "problem_statement"
    if tree.under(other):
        report.fault(other, f"belongs to another format; here it is called {folder}")
    found: dict[str, Statement] = {}
    for name, file in tree.under(folder).items():
        match = _STATEMENT.fullmatch(name)
        if match is None:
            continue
        language = match[1] or "en"
        if language in found and match[2] == "pdf":
            continue
        if match[2] != "pdf":
            tree.text(f"{folder}/{name}", LONGEST_STATEMENT)
        found[language] = Statement(language=language, format=match[2], path=file.path)
    if not found:
        report.warn(folder, "holds no statement (problem.<language>.md, .tex or .pdf)")
    elif metadata.format != LEGACY and metadata.names and set(found) != set(metadata.names):
        listed = f"{', '.join(sorted(found))}; name: {', '.join(sorted(metadata.names))}"
        report.fault(
            folder, f"the statements and the key name must be in the same languages (here: {listed})"
        )
    return tuple(found[language] for language in sorted(found))


def _names_from_tex(statements: tuple[Statement, ...]) -> dict[str, str]:
    names: dict[str, str] = {}
    for statement in statements:
        if statement.format != "tex":
            continue
        try:
            found = _TEX_NAME.search(statement.text())
        except (OSError, UnicodeDecodeError):
            continue
        if found:
            names[statement.language] = (found[1] or found[2]).strip()
    return names


def _time_limit(tree: Tree, limits: PackageLimits, report: Report) -> PackageLimits:
    """The limits with the time that problem.yaml, the ini or .timelimit gives; they must agree."""
    given: dict[str, float] = {limits.time_from: limits.time_s} if limits.time_from != "default" else {}
    ini = tree.text("domjudge-problem.ini", _SMALL)
    if ini is not None and (found := _INI_TIME_LIMIT.search(ini)):
        given |= _seconds("domjudge-problem.ini", found[1], report)
    plain = tree.text(".timelimit", _SMALL)
    if plain is not None:
        given |= _seconds(".timelimit", plain.strip(), report)
    if len(set(given.values())) > 1:
        listed = ", ".join(f"{where} says {seconds:g} s" for where, seconds in given.items())
        report.fault("problem.yaml", f"the time limits contradict one another: {listed}")
    for where, seconds in given.items():
        return msgspec.structs.replace(limits, time_s=seconds, time_from=where)
    report.warn("problem.yaml", f"gives no time limit: {limits.time_s:g} s count; verifying derives one")
    return limits


def _seconds(where: str, text: str, report: Report) -> dict[str, float]:
    seconds = float(text) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII) else 0.0
    if 0 < seconds <= MOST_SECONDS:
        return {where: seconds}
    report.fault(where, f"must be seconds above 0 and at most {MOST_SECONDS}, not {text[:40]!r}")
    return {}


def _check_kind(metadata: Metadata, root: Group, checkers: tuple[ProgramSource, ...], report: Report) -> None:
    """What a kind of problem needs of the package's own checkers."""
    folder = "output_validators" if metadata.format == LEGACY else "output_validator"
    for name in ("interactive", "multi_pass"):
        if getattr(metadata, name):
            report.fault(
                "problem.yaml",
                f"{name.replace('_', '-')} problems are refused: they cannot be judged, so far",
            )
    for group in root.groups():
        if group.points.files == MUST and not checkers:
            report.fault(
                folder, f"holds no validator to give the scores of {group.name}, which has no max_score"
            )


def _check_flags(tests: tuple[Test, ...], report: Report) -> None:
    """Every test's flags for the default validator: a wrong one is a fault now, not a judge error later."""
    for test in tests:
        try:
            Flags.parse(test.checker_args)
        except ValueError as error:
            report.fault(
                str(PurePosixPath("data", test.name).parent), f"flags of the default validator: {error}"
            )
