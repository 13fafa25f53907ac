"""The tests below data/: pairs of .in and .ans, and the cases by which a package tests its own validators."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from judgeline.judging.packages.faults import Report
from judgeline.judging.packages.grouping import build_legacy, build_newer, in_order
from judgeline.judging.packages.groups import Group
from judgeline.judging.packages.metadata import LEGACY, Metadata
from judgeline.judging.packages.package import Input, OutputCase, Test
from judgeline.judging.packages.settings import (
    LEGACY_FILE,
    NEWER_FILE,
    Settings,
    read_settings,
    resolve,
)
from judgeline.judging.packages.tree import File, Tree

MOST_TESTS = 2_000
MOST_CASES = 2_000
"""Cases of data/invalid_input, invalid_output and valid_output together."""
MOST_BESIDE_BYTES = 64 << 20
MOST_BESIDE_FILES = 1_000
"""Files beside one input, in its <test>.files."""
_BESIDE = frozenset({".desc", ".hint", ".png", ".jpg", ".jpeg", ".svg", ".out", ".interaction"})
_SHOWN_INSTEAD = (".in.statement", ".ans.statement", ".in.download", ".ans.download")


class TestData(msgspec.Struct, frozen=True, kw_only=True):
    """All that stands in data/."""

    tests: tuple[Test, ...]
    root: Group
    invalid_inputs: tuple[Input, ...]
    output_cases: tuple[OutputCase, ...]


class _Reader:
    """What is needed to read one test after another."""

    def __init__(self, tree: Tree, metadata: Metadata, report: Report) -> None:
        self.tree = tree
        self.metadata = metadata
        self.report = report
        self.legacy = metadata.format == LEGACY
        self.settings = read_settings(tree, metadata, report)
        self._beside: dict[str, dict[str, File]] = {}
        for name, file in tree.files.items():
            test, found, path = name.removeprefix("data/").partition(".files/")
            if found and name.startswith("data/"):
                self._beside.setdefault(test, {})[path] = file

    def names(self, part: str, ending: str = ".in") -> list[str]:
        files = (f"{part}/{name}" for name in self.tree.under(f"data/{part}"))
        found = (name for name in files if name.endswith(ending) and ".files/" not in name)
        return sorted((name.removesuffix(ending) for name in found), key=in_order)

    def input(self, name: str) -> Input:
        file = self.tree.files[f"data/{name}.in"]
        settings = self._resolved(name)
        beside = self._files(name)
        return Input(
            name=name,
            input_path=file.path,
            input_bytes=file.size,
            args=settings.args or (),
            input_validator_args=settings.input_validator_args or {},
            file_paths={path: file.path for path, file in beside.items()},
            file_bytes=sum(file.size for file in beside.values()),
        )

    def test(self, name: str) -> Test | None:
        """The test; None without an answer, which is a fault."""
        answer = self.tree.files.get(f"data/{name}.ans")
        if answer is None:
            self.report.fault(f"data/{name}.in", "has no .ans beside it")
            return None
        settings = self._resolved(name)
        sample = name.startswith("sample/")
        if sample and self.legacy and self.metadata.interactive:
            sample = False  # the format: .in and .ans of an interactive problem must not be shown
        return Test(
            **_fields_of(self.input(name)),
            answer_path=answer.path,
            answer_bytes=answer.size,
            shown=sample if settings.full_feedback is None else settings.full_feedback,
            checker_args=self.metadata.checker_args + (settings.checker_args or ()),
        )

    def output_case(self, name: str, *, accepted: bool) -> OutputCase | None:
        """The case; None without an answer or an output, which is a fault."""
        output = self.tree.files.get(f"data/{name}.out")
        if output is None:
            self.report.fault(f"data/{name}.in", "has no .out beside it")
        test = self.test(name)
        if test is None or output is None:
            return None
        fields = _fields_of(test)
        return OutputCase(**fields, output_path=output.path, output_bytes=output.size, accepted=accepted)

    def _resolved(self, name: str) -> Settings:
        return resolve(self.settings, name, legacy=self.legacy)

    def _files(self, name: str) -> Mapping[str, File]:
        beside = self._beside.get(name, {})
        where = f"data/{name}.files"
        if beside and self.legacy:
            self.report.fault(where, "belongs to the format 2025-09")
        if len(beside) > MOST_BESIDE_FILES or sum(file.size for file in beside.values()) > MOST_BESIDE_BYTES:
            self.report.fault(
                where, f"is more than {MOST_BESIDE_FILES} files or {MOST_BESIDE_BYTES >> 20} MiB"
            )
            return {}
        return beside


def read_tests(tree: Tree, metadata: Metadata, report: Report) -> TestData:
    """Everything in data/, samples first; faults go to the report."""
    reader = _Reader(tree, metadata, report)
    tests: list[Test] = []
    for part in ("sample", "secret"):
        names = reader.names(part)
        _check_strays(reader, part, frozenset(names))
        if not reader.legacy:
            _check_groups(tree, part, names, report)
        if len(tests) + len(names) > MOST_TESTS:
            report.fault(f"data/{part}", f"more than {MOST_TESTS} tests in the package: {len(names)} here")
            names = names[: MOST_TESTS - len(tests)]
        tests += [test for name in names if (test := reader.test(name)) is not None]
    if not any(test.name.startswith("secret/") for test in tests):
        report.fault("data/secret", "holds no test (a pair of .in and .ans)")
    return TestData(
        tests=tuple(tests),
        root=_root([test.name for test in tests], reader),
        invalid_inputs=tuple(reader.input(name) for name in _cases(reader, "invalid_input")),
        output_cases=tuple(
            case
            for part, accepted in (("invalid_output", False), ("valid_output", True))
            for name in _cases(reader, part)
            if (case := reader.output_case(name, accepted=accepted)) is not None
        ),
    )


def _root(names: list[str], reader: _Reader) -> Group:
    settings = reader.settings.items()
    if reader.legacy:
        legacy = {name: found.legacy_rules for name, found in settings if found.legacy_rules is not None}
        return build_legacy(names, legacy, reader.metadata)
    newer = {name: found.newer_rules for name, found in settings if found.newer_rules is not None}
    return build_newer(names, newer, reader.metadata, reader.report)


def _cases(reader: _Reader, part: str) -> list[str]:
    """The inputs of a folder of cases; an output without its input is a fault."""
    names = reader.names(part)
    for ending in (".ans", ".out") if part != "invalid_input" else ():
        for name in sorted(set(reader.names(part, ending)) - set(names)):
            reader.report.fault(f"data/{name}{ending}", "has no .in beside it")
    if names and part != "invalid_input" and (reader.metadata.interactive or reader.metadata.multi_pass):
        reader.report.fault(f"data/{part}", "belongs to problems that are neither interactive nor multi-pass")
    if len(names) > MOST_CASES:
        reader.report.fault(f"data/{part}", f"more than {MOST_CASES} cases")
    return names[:MOST_CASES]


def _fields_of(input_: Input) -> dict[str, Any]:
    return {field: getattr(input_, field) for field in input_.__struct_fields__}


def _check_strays(reader: _Reader, part: str, names: frozenset[str]) -> None:
    report, legacy = reader.report, reader.legacy
    settings, other = (LEGACY_FILE, NEWER_FILE) if legacy else (NEWER_FILE, LEGACY_FILE)
    for file in reader.tree.under(f"data/{part}"):
        where = f"data/{part}/{file}"
        base = PurePosixPath(part, file)
        stem = str(base).removesuffix(base.suffix)
        if ".files/" in file:
            test = f"{part}/{file.partition('.files/')[0]}"
            if test not in names:
                report.fault(f"data/{test}.files", "has no .in beside it")
        elif base.name == other:
            report.fault(where, f"belongs to another format; here it is called {settings}")
        elif base.suffix == ".ans" and stem not in names:
            report.fault(where, "has no .in beside it")
        elif base.name == settings or base.suffix in {".in", ".ans"} or file.endswith(_SHOWN_INSTEAD):
            continue
        elif base.suffix == ".yaml" and not legacy:
            if stem not in names:
                report.fault(where, "has no .in beside it")
        elif base.suffix not in _BESIDE:
            report.warn(where, "is ignored: no kind of test file")


def _check_groups(tree: Tree, part: str, names: list[str], report: Report) -> None:
    """2025-09: secret holds tests or groups, never both; sample holds no groups."""
    grouped = [name for name in names if name.count("/") > 1]
    if part == "sample" and grouped:
        report.fault("data/sample", "must not hold groups")
    if part == "secret" and grouped and len(grouped) < len(names):
        report.fault("data/secret", "holds both tests and groups")
    filled = {name.split("/")[1] for name in grouped}
    for folder in sorted(tree.folders):
        path = PurePosixPath(folder)
        group = part == "secret" and path.parent == PurePosixPath("data/secret") and path.suffix != ".files"
        if group and path.name not in filled:
            report.fault(folder, "is a group without a test")
    for name in names:
        if f"data/{name}" in tree.folders:
            report.fault(f"data/{name}", "is the name of both a test and a folder")
        if PurePosixPath(name).name == PurePosixPath(NEWER_FILE).stem:
            report.fault(f"data/{name}.in", "must not be called so: its settings would be those of its group")


def interactions(tree: Tree) -> dict[str, Path]:
    """The sample interactions that a package shows: name below data/ -> where it is."""
    return {
        f"sample/{name.removesuffix('.interaction')}": file.path
        for name, file in tree.under("data/sample").items()
        if name.endswith(".interaction") and ".files/" not in name
    }
