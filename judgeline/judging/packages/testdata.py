"""The tests below data/: pairs of .in and .ans, and the settings of their groups."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import msgspec

from judgeline.judging.packages.faults import Report
from judgeline.judging.packages.fields import MOST_YAML_BYTES, Fields, parse_yaml
from judgeline.judging.packages.metadata import LEGACY, Metadata, split_flags
from judgeline.judging.packages.package import Test
from judgeline.judging.packages.tree import Tree

MOST_TESTS = 2_000
_BESIDE = frozenset({".desc", ".hint", ".png", ".jpg", ".jpeg", ".svg", ".out", ".interaction"})
_SHOWN_INSTEAD = (".in.statement", ".ans.statement", ".in.download", ".ans.download")
_LEGACY_SETTINGS = "testdata.yaml"
_NEWER_SETTINGS = "test_group.yaml"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder or a test sets; None where it sets nothing and the folder above counts."""

    args: tuple[str, ...] | None = None
    checker_args: tuple[str, ...] | None = None
    input_validator_args: Mapping[str, tuple[str, ...]] | None = None
    full_feedback: bool | None = None


def read_tests(tree: Tree, metadata: Metadata, report: Report) -> tuple[Test, ...]:
    """Every test, samples first; faults go to the report."""
    legacy = metadata.format == LEGACY
    settings = _read_settings(tree, report, legacy=legacy)
    tests: list[Test] = []
    for part in ("sample", "secret"):
        files = [f"{part}/{name}" for name in tree.under(f"data/{part}")]
        names = sorted(name.removesuffix(".in") for name in files if name.endswith(".in"))
        _check_strays(files, frozenset(names), report, legacy=legacy)
        if not legacy:
            _check_groups(tree, part, names, report)
        if len(tests) + len(names) > MOST_TESTS:
            report.fault(f"data/{part}", f"more than {MOST_TESTS} tests in the package")
            names = names[: MOST_TESTS - len(tests)]
        for name in names:
            if f"data/{name}.ans" in tree.files:
                resolved = _resolve(settings, name, legacy=legacy)
                tests.append(_test(tree, name, resolved, metadata.checker_args))
            else:
                report.fault(f"data/{name}.in", "has no .ans beside it")
    if not any(test.name.startswith("secret/") for test in tests):
        report.fault("data/secret", "holds no test (a pair of .in and .ans)")
    return tuple(tests)


def _test(tree: Tree, name: str, settings: Settings, checker_args: tuple[str, ...]) -> Test:
    input_file, answer_file = tree.files[f"data/{name}.in"], tree.files[f"data/{name}.ans"]
    sample = name.startswith("sample/")
    return Test(
        name=name,
        input_path=input_file.path,
        answer_path=answer_file.path,
        input_bytes=input_file.size,
        answer_bytes=answer_file.size,
        shown=sample if settings.full_feedback is None else settings.full_feedback,
        args=settings.args or (),
        checker_args=checker_args + (settings.checker_args or ()),
        input_validator_args=settings.input_validator_args or {},
    )


def _check_strays(files: list[str], names: frozenset[str], report: Report, *, legacy: bool) -> None:
    settings, other = _LEGACY_SETTINGS, _NEWER_SETTINGS
    if not legacy:
        settings, other = other, settings
    for file in files:
        where = f"data/{file}"
        base = PurePosixPath(file)
        stem = file.removesuffix(base.suffix)
        if ".files/" in file:
            report.fault(where.partition(".files/")[0] + ".files", "files beside the input are not supported")
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
    for name in names:
        if f"data/{name}" in tree.folders:
            report.fault(f"data/{name}", "is the name of both a test and a folder")


def _read_settings(tree: Tree, report: Report, *, legacy: bool) -> dict[str, Settings]:
    """Every settings file below data/, by the folder or the test it is about, as a path below data/."""
    settings: dict[str, Settings] = {}
    for name in tree.under("data"):
        path = PurePosixPath(name)
        where = f"data/{name}"
        if legacy and path.name == _LEGACY_SETTINGS:
            settings[str(path.parent)] = _legacy_settings(tree, where, report)
        elif not legacy and path.name == _NEWER_SETTINGS:
            settings[str(path.parent)] = _newer_settings(tree, where, report)
        elif not legacy and path.suffix == ".yaml" and f"{where.removesuffix('.yaml')}.in" in tree.files:
            settings[name.removesuffix(".yaml")] = _newer_settings(tree, where, report, of_test=True)
    return settings


def _resolve(settings: Mapping[str, Settings], name: str, *, legacy: bool) -> Settings:
    above = [name, *map(str, PurePosixPath(name).parents)]
    found = [settings[path] for path in above if path in settings]
    if legacy:
        # The nearest file counts, whole.
        return found[0] if found else Settings()
    merged = {
        field: next((value for one in found if (value := getattr(one, field)) is not None), None)
        for field in Settings.__struct_fields__
    }
    return Settings(**merged)


def _fields(tree: Tree, where: str, report: Report) -> Fields | None:
    text = tree.text(where, MOST_YAML_BYTES)
    return None if text is None else Fields(where, parse_yaml(text, where, report), report)


def _legacy_settings(tree: Tree, where: str, report: Report) -> Settings:
    fields = _fields(tree, where, report)
    if fields is None:
        return Settings()
    fields.refuse(
        "on_reject",
        "'continue' is refused: judging stops at the first failure",
        lambda value: value == "break",
    )
    fields.refuse("grading", "custom graders belong to scoring problems", lambda value: value == "default")
    for key in ("grader_flags", "accept_score", "reject_score", "range"):
        fields.refuse(key, "belongs to scoring problems")
    input_args = _input_flags(fields, where, report)
    checker_args: tuple[str, ...] = ()
    if "output_validator_flags" in fields:
        checker_args = split_flags(fields, "output_validator_flags")
    fields.finish()
    return Settings(input_validator_args=input_args, checker_args=checker_args)


def _input_flags(fields: Fields, where: str, report: Report) -> dict[str, tuple[str, ...]]:
    value = fields.any("input_validator_flags")
    if isinstance(value, dict):
        below = Fields(where, value, report, "input_validator_flags.")
        name = below.text("name")
        flags = {name: split_flags(below, "flags"), "": ()}
        below.finish()
        return flags
    if value is None:
        return {}
    return {"": split_flags(Fields(where, {"input_validator_flags": value}, report), "input_validator_flags")}


def _newer_settings(tree: Tree, where: str, report: Report, *, of_test: bool = False) -> Settings:
    fields = _fields(tree, where, report)
    if fields is None:
        return Settings()
    if of_test:
        fields.text("hint")
        fields.text("description")
    else:
        for key in ("max_score", "static_validation_score", "require_pass"):
            fields.refuse(key, "belongs to scoring problems")
        fields.refuse("score_aggregation", "belongs to scoring problems", lambda value: value == "pass-fail")
        fields.strings("static_validator_args")
    for key in ("input_visualizer_args", "output_visualizer_args"):
        fields.strings(key)
    settings = Settings(
        args=fields.strings("args"),
        checker_args=fields.strings("output_validator_args"),
        input_validator_args=_input_args(fields),
        full_feedback=fields.flag("full_feedback", default=False) if "full_feedback" in fields else None,
    )
    fields.finish()
    return settings


def _input_args(fields: Fields) -> dict[str, tuple[str, ...]] | None:
    value = fields.any("input_validator_args")
    if value is None:
        return None
    by_name = {str(name): args for name, args in value.items()} if isinstance(value, dict) else {"": value}
    for name, args in by_name.items():
        if not isinstance(args, list) or not all(isinstance(arg, str) for arg in args):
            fields.fault("input_validator_args" + (f".{name}" if name else ""), "must be a sequence of texts")
            return None
    return {name: tuple(args) for name, args in by_name.items()}
