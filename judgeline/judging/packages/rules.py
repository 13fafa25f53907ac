"""The keys of testdata.yaml and test_group.yaml that say how tests make a result."""

import math
import re
from typing import Any, Self

import msgspec

from judgeline.judging.packages.fields import Fields

_VERDICTS = ("worst_error", "first_error", "always_accept")
_SCORES = ("sum", "avg", "min", "max")
_NUMBER = re.compile(r"[+-]?(?:[0-9]*\.[0-9]+|[0-9]+\.|[0-9]+)(?:[Ee][+-]?[0-9]+)?")
_MOST_POINTS = 1e9
_SCORING_ONLY = "belongs to problems of type: scoring"


class LegacyRules(msgspec.Struct, frozen=True, kw_only=True):
    """What testdata.yaml says of grading; the defaults are the format's."""

    stop: bool = True
    verdict: str = "worst_error"
    any_accepted: bool = False
    ignore_sample: bool = False
    score: str = "sum"
    accept_score: float = 1
    reject_score: float = 0
    low: float = -math.inf
    high: float = math.inf


class NewerRules(msgspec.Struct, frozen=True, kw_only=True):
    """What test_group.yaml says of scores; None where it says nothing."""

    max_score: float | None = None
    """``inf`` is unbounded."""
    aggregation: str | None = None
    require_pass: tuple[str, ...] | None = None

    def settled(self, aggregation: str, max_score: float) -> Self:
        """With these where nothing is said."""
        return msgspec.structs.replace(
            self,
            aggregation=self.aggregation or aggregation,
            max_score=max_score if self.max_score is None else self.max_score,
        )


def read_legacy_rules(fields: Fields, *, scoring: bool, at_root: bool) -> LegacyRules:
    """Take the keys of testdata.yaml; faults go to the report of ``fields``."""
    fields.refuse(
        "grading",
        "custom graders are not supported: the default one has modes for most needs",
        lambda value: value == "default",
    )
    stop = fields.text("on_reject", "break", choices=("break", "continue")) == "break"
    flags = fields.text("grader_flags").split()
    for flag in flags:
        if flag not in {*_VERDICTS, *_SCORES, "ignore_sample", "accept_if_any_accepted"}:
            fields.fault("grader_flags", f"the default grader has no flag {flag[:40]!r}")
    if "ignore_sample" in flags and not at_root:
        fields.fault("grader_flags", "ignore_sample may stand in data/testdata.yaml only")
    if not scoring:
        for key in ("accept_score", "reject_score", "range"):
            fields.refuse(key, _SCORING_ONLY, lambda _: False)
    low, high = _range(fields)
    return LegacyRules(
        stop=stop,
        verdict=_last(flags, _VERDICTS),
        any_accepted="accept_if_any_accepted" in flags,
        ignore_sample="ignore_sample" in flags,
        score=_last(flags, _SCORES),
        accept_score=_points(fields, "accept_score", 1),
        reject_score=_points(fields, "reject_score", 0),
        low=low,
        high=high,
    )


def read_newer_rules(fields: Fields, name: str, *, scoring: bool) -> NewerRules:
    """Take the keys of the test_group.yaml of the group of that name; faults go to the report."""
    refusal = ""
    if not scoring:
        refusal = _SCORING_ONLY
    elif name != "secret" and (name.count("/") != 1 or not name.startswith("secret/")):
        refusal = "may stand in data/secret and the folders directly in it only"
    if refusal:
        for key in ("max_score", "score_aggregation", "require_pass"):
            fields.refuse(key, refusal, lambda _: False)
    required = fields.any("require_pass")
    required = [required] if isinstance(required, str) else required
    if required is not None and not _are_texts(required):
        fields.fault("require_pass", "must be the name of a group, or a sequence of names")
        required = None
    return NewerRules(
        max_score=_max_score(fields),
        aggregation=fields.text("score_aggregation", choices=("pass-fail", "sum", "min")) or None,
        require_pass=None if required is None else tuple(required),
    )


def number(text: str) -> float | None:
    """The finite number that a text is by the format's grammar; None where it is not one."""
    if len(text) > 400 or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def _last(flags: list[str], modes: tuple[str, ...]) -> str:
    """The mode that counts: of several the last, of none the first there is."""
    return next((flag for flag in reversed(flags) if flag in modes), modes[0])


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _max_score(fields: Fields) -> float | None:
    value = fields.any("max_score")
    if value is None:
        return None
    if value == "unbounded":
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_POINTS:
        fields.fault("max_score", "must be a whole number from 0, or unbounded")
        return None
    return float(value)


def _points(fields: Fields, key: str, default: float) -> float:
    value = fields.any(key)
    if value is None:
        return default
    if isinstance(value, str) and (read := number(value)) is not None:
        value = read
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MOST_POINTS:
        fields.fault(key, f"must be a number of at most {_MOST_POINTS:g}")
        return default
    return float(value)


def _range(fields: Fields) -> tuple[float, float]:
    text = fields.text("range")
    if not text:
        return -math.inf, math.inf
    words = text.split()
    infinite = {"inf": math.inf, "+inf": math.inf, "-inf": -math.inf}
    bounds = [infinite.get(word, number(word)) for word in words]
    low, high = bounds if len(bounds) == 2 else (None, None)
    if low is None or high is None or low > high:
        fields.fault("range", f"must be two numbers, the lower one first, not {text[:40]!r}")
        return -math.inf, math.inf
    return low, high
