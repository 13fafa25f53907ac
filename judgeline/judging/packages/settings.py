"""What the folders of data/ and single tests set: testdata.yaml, test_group.yaml and <test>.yaml."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import msgspec

from judgeline.judging.packages.faults import Report
from judgeline.judging.packages.fields import MOST_YAML_BYTES, Fields, parse_yaml
from judgeline.judging.packages.metadata import LEGACY, Metadata, split_flags
from judgeline.judging.packages.rules import LegacyRules, NewerRules, read_legacy_rules, read_newer_rules
from judgeline.judging.packages.tree import Tree

LEGACY_FILE = "testdata.yaml"
NEWER_FILE = "test_group.yaml"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder or a test sets; None where it sets nothing and the folder above counts."""

    args: tuple[str, ...] | None = None
    checker_args: tuple[str, ...] | None = None
    input_validator_args: Mapping[str, tuple[str, ...]] | None = None
    full_feedback: bool | None = None
    legacy_rules: LegacyRules | None = None
    newer_rules: NewerRules | None = None


def read_settings(tree: Tree, metadata: Metadata, report: Report) -> dict[str, Settings]:
    """Every settings file below data/, by the folder or the test it is about, as a path below data/."""
    legacy, scoring = metadata.format == LEGACY, metadata.scoring
    settings: dict[str, Settings] = {}
    for name in tree.under("data"):
        path = PurePosixPath(name)
        where = f"data/{name}"
        of_test = path.suffix == ".yaml" and f"{where.removesuffix('.yaml')}.in" in tree.files
        if ".files/" in name:
            continue
        if legacy and path.name == LEGACY_FILE:
            settings[str(path.parent)] = _legacy(tree, where, report, scoring=scoring)
        elif not legacy and path.name == NEWER_FILE and not of_test:
            settings[str(path.parent)] = _newer(tree, where, report, scoring=scoring)
        elif not legacy and of_test:
            settings[name.removesuffix(".yaml")] = _of_test(tree, where, report)
    return settings


def resolve(settings: Mapping[str, Settings], name: str, *, legacy: bool) -> Settings:
    """What holds for a test, by its path below data/."""
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


def _legacy(tree: Tree, where: str, report: Report, *, scoring: bool) -> Settings:
    fields = _fields(tree, where, report)
    if fields is None:
        return Settings()
    rules = read_legacy_rules(fields, scoring=scoring, at_root=where == f"data/{LEGACY_FILE}")
    input_args = _input_flags(fields, where, report)
    checker_args: tuple[str, ...] = ()
    if "output_validator_flags" in fields:
        checker_args = split_flags(fields, "output_validator_flags")
    fields.finish()
    return Settings(input_validator_args=input_args, checker_args=checker_args, legacy_rules=rules)


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


def _newer(tree: Tree, where: str, report: Report, *, scoring: bool) -> Settings:
    fields = _fields(tree, where, report)
    if fields is None:
        return Settings()
    for key in ("static_validation_score", "static_validator_args"):
        fields.refuse(key, "static validators are not supported")
    group = where.removeprefix("data/").removesuffix(f"/{NEWER_FILE}")
    rules = read_newer_rules(fields, group, scoring=scoring)
    if group.count("/") > 1:
        report.fault(where, "must not stand this deep: groups are the folders directly in data/secret")
    settings = _common(fields)
    fields.finish()
    return msgspec.structs.replace(settings, newer_rules=rules)


def _of_test(tree: Tree, where: str, report: Report) -> Settings:
    fields = _fields(tree, where, report)
    if fields is None:
        return Settings()
    fields.text("hint")
    fields.text("description")
    settings = _common(fields)
    fields.finish()
    return settings


def _common(fields: Fields) -> Settings:
    """The keys that a group and a test may both set."""
    for key in ("input_visualizer_args", "output_visualizer_args"):
        fields.strings(key)
    return Settings(
        args=fields.strings("args"),
        checker_args=fields.strings("output_validator_args"),
        input_validator_args=_input_args(fields),
        full_feedback=fields.flag("full_feedback", default=False) if "full_feedback" in fields else None,
    )


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
