"""problem.yaml, in the legacy layout and that of 2025-09.

What cannot be honoured is refused with the reason, for a limit or a rule left out changes verdicts. Keys and
defaults: the Kattis problem package format, versions "legacy" (and its ICPC subset) and "2025-09".
"""

import re
import shlex
from typing import Any

import msgspec

from judgeline.judging.packages.fields import Fields
from judgeline.judging.packages.package import PackageLimits

LEGACY = "legacy"
NEWER = "2025-09"
FORMATS = {"legacy": LEGACY, "legacy-icpc": LEGACY, "2025-09": NEWER}
MOST_SECONDS = 300
MOST_MIB = 16_384
MOST_OUTPUT_MIB = 256

MOST_PASSES = 100

_TYPES = ("pass-fail", "scoring", "interactive", "multi-pass", "submit-answer")
_CONTRARY = (("pass-fail", "scoring"), ("submit-answer", "multi-pass"), ("submit-answer", "interactive"))
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_LICENSES = ("unknown", "public domain", "cc0", "cc by", "cc by-sa", "educational", "permission")
_DEFAULTS = PackageLimits()


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What problem.yaml says."""

    format: str
    names: dict[str, str]
    limits: PackageLimits
    custom: bool | None
    """Whether the package's own checkers judge; None: if there are any (2025-09)."""
    checker_args: tuple[str, ...] = ()
    languages: frozenset[str] = frozenset()
    scoring: bool = False
    interactive: bool = False
    multi_pass: bool = False
    scores: bool = False
    """Whether what a checker writes into score.txt counts."""
    lower_is_better: bool = False
    show_groups: bool = True
    """Whether those who submit are shown the score of each group."""


def read_metadata(fields: Fields) -> Metadata:
    """Take every key of problem.yaml; faults go to the report of ``fields``."""
    version = fields.text("problem_format_version", LEGACY)
    if version not in FORMATS:
        fields.fault("problem_format_version", f"{version[:40]!r} is not supported: {', '.join(FORMATS)} are")
    format_ = FORMATS.get(version, NEWER)
    metadata = _legacy(fields) if format_ == LEGACY else _newer(fields)
    fields.finish()
    return metadata


def split_flags(fields: Fields, key: str) -> tuple[str, ...]:
    """A legacy key whose text holds arguments apart by spaces, quoted as for a shell."""
    text = fields.text(key)
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        fields.fault(key, f"{error}".lower())
        return ()


def _legacy(fields: Fields) -> Metadata:
    kind = fields.text("type", "pass-fail", choices=("pass-fail", "scoring"))
    scoring = kind == "scoring"
    validation = fields.text("validation", "default").split()
    known = {"default", "custom", "score", "interactive"}
    if not validation or validation[0] not in {"default", "custom"} or set(validation) - known:
        fields.fault("validation", 'must be "default", or "custom" with "score" or "interactive" behind it')
    elif validation[0] == "default" and len(validation) > 1:
        fields.fault("validation", f"{validation[1]!r} needs a validator of the package's own: custom")
    if "score" in validation and not scoring:
        fields.fault("validation", "'score' belongs to problems of type: scoring")
    if not scoring:
        fields.refuse("grading", "belongs to problems of type: scoring")
    grading = fields.fields("grading")
    objective = grading.text("objective", "max", choices=("max", "min"))
    show_groups = grading.flag("show_test_data_groups", default=False)
    grading.finish()
    name = fields.text("name")
    fields.ignore("uuid", "author", "source", "source_url", "rights_owner", "keywords")
    fields.text("license", choices=_LICENSES)
    flags = split_flags(fields, "validator_flags")
    limits = fields.fields("limits")
    time_limit = _time_limit(limits)
    limits.ignore("time_safety_margin")
    multiplier = limits.number("time_multiplier", 5.0, least=1, most=100)
    return Metadata(
        format=LEGACY,
        names={"en": name} if name else {},
        limits=_limits(limits, time_limit, multiplier, 1.0),
        custom=bool(validation) and validation[0] == "custom",
        checker_args=flags,
        scoring=scoring,
        interactive="interactive" in validation,
        scores="score" in validation,
        lower_is_better=objective == "min",
        show_groups=show_groups,
    )


def _newer(fields: Fields) -> Metadata:
    kinds = _kinds(fields)
    if not fields.text("uuid"):
        fields.fault("uuid", "is required")
    names = _names(fields)
    languages = fields.any("languages")
    if isinstance(languages, str):
        languages = [] if languages == "all" else [languages]
    if languages is not None and not (
        isinstance(languages, list) and all(isinstance(i, str) for i in languages)
    ):
        fields.fault("languages", 'must be "all" or a sequence of language codes')
        languages = []
    fields.refuse("constants", "are not supported: write their values where they are used")
    fields.flag("allow_file_writing", default=False)
    fields.ignore("version", "credits", "source", "rights_owner", "embargo_until", "keywords")
    fields.text("license", choices=_LICENSES)
    limits = fields.fields("limits")
    multipliers = limits.fields("time_multipliers")
    multiplier = multipliers.number("ac_to_time_limit", 2.0, least=1, most=100)
    multipliers.number("time_limit_to_tle", 1.5, least=1, most=100)
    multipliers.finish()
    passes = 1
    if "multi-pass" in kinds:
        passes = limits.whole("validation_passes", 2, least=2, most=MOST_PASSES)
    else:
        limits.refuse("validation_passes", "belongs to problems of type: multi-pass")
    resolution = limits.number("time_resolution", 1.0, most=MOST_SECONDS)
    return Metadata(
        format=NEWER,
        names=names,
        limits=msgspec.structs.replace(
            _limits(limits, _time_limit(limits), multiplier, resolution), validation_passes=passes
        ),
        custom=None,
        languages=frozenset(languages or ()),
        scoring="scoring" in kinds,
        interactive="interactive" in kinds,
        multi_pass="multi-pass" in kinds,
        scores=True,
    )


def _kinds(fields: Fields) -> list[str]:
    kinds = fields.any("type")
    kinds = [kinds] if isinstance(kinds, str) else ["pass-fail"] if kinds is None else kinds
    if not isinstance(kinds, list) or not kinds or not all(kind in _TYPES for kind in kinds):
        fields.fault("type", f"must be one or more of {', '.join(_TYPES)}")
        return ["pass-fail"]
    if len(set(kinds)) < len(kinds):
        fields.fault("type", "names one twice")
    for one, other in _CONTRARY:
        if one in kinds and other in kinds:
            fields.fault("type", f"cannot be both {one} and {other}")
    if "submit-answer" in kinds:
        fields.fault("type", "'submit-answer' is refused: what is judged here are programs, not answers")
    return kinds


def _names(fields: Fields) -> dict[str, str]:
    name: Any = fields.any("name")
    if isinstance(name, str) and name:
        return {"en": name}
    if not isinstance(name, dict) or not name or not all(isinstance(text, str) for text in name.values()):
        fields.fault("name", "is required: the title, or a mapping of language codes to titles")
        return {}
    for language in name:
        if not _LANGUAGE.fullmatch(language):
            fields.fault(f"name.{language[:20]}", "is not a language code such as en or pt-BR")
    return name


def _time_limit(limits: Fields) -> float | None:
    return limits.number("time_limit", 0.0, most=MOST_SECONDS) or None


def _limits(limits: Fields, time_limit: float | None, multiplier: float, resolution: float) -> PackageLimits:
    read = PackageLimits(
        time_s=time_limit or _DEFAULTS.time_s,
        time_from="problem.yaml" if time_limit else "default",
        time_multiplier=multiplier,
        time_resolution_s=resolution,
        memory_mib=limits.whole("memory", _DEFAULTS.memory_mib, most=MOST_MIB),
        output_mib=limits.whole("output", _DEFAULTS.output_mib, most=MOST_OUTPUT_MIB),
        code_kib=limits.whole("code", _DEFAULTS.code_kib, most=MOST_MIB),
        compilation_time_s=limits.whole("compilation_time", _DEFAULTS.compilation_time_s, most=MOST_SECONDS),
        compilation_memory_mib=limits.whole(
            "compilation_memory", _DEFAULTS.compilation_memory_mib, most=MOST_MIB
        ),
        validation_time_s=limits.whole("validation_time", _DEFAULTS.validation_time_s, most=MOST_SECONDS),
        validation_memory_mib=limits.whole(
            "validation_memory", _DEFAULTS.validation_memory_mib, most=MOST_MIB
        ),
        validation_output_mib=limits.whole(
            "validation_output", _DEFAULTS.validation_output_mib, most=MOST_OUTPUT_MIB
        ),
    )
    limits.finish()
    return read
