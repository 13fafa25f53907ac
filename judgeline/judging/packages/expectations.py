"""submissions.yaml: what must become of the submissions that a pattern names, on tests that another names."""

import itertools
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from judgeline.judging.packages.faults import Report
from judgeline.judging.packages.fields import MOST_YAML_BYTES, Fields, parse_yaml
from judgeline.judging.packages.package import Expectation
from judgeline.judging.packages.tree import Tree
from judgeline.judging.verdicts import Verdict

MOST_ALTERNATIVES = 64
"""Into which the braces of one pattern may unfold."""
_BRACES = re.compile(r"\{([^{}]*)\}")
_RULES = ("permitted", "required", "score", "message", "use_for_time_limit")

Verdicts = frozenset[Verdict]


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of submissions.yaml."""

    pattern: str
    language: str = ""
    entrypoint: str = ""
    permitted: Verdicts | None = None
    required: Verdicts | None = None
    expectations: tuple[tuple[str, Verdicts | None, Verdicts | None, Expectation], ...] = ()
    """A pattern of tests ("" for all), what it permits and requires, and the rest."""

    def matches(self, name: str) -> bool:
        """Whether a submission of that path below submissions/ is meant."""
        return matches(self.pattern, name)

    def settled(self, everything: Verdicts, *, default: bool) -> list[Expectation]:
        """What is expected, with ``everything`` where nothing is said.

        Without ``default`` the verdicts that hold for all tests are left out: they change the folder's own.
        """
        settled: list[Expectation] = []
        for tests, permitted, required, rest in self.expectations:
            own = bool(tests) or default
            if tests or rest.score or rest.message or (own and (permitted or required)):
                settled.append(
                    msgspec.structs.replace(
                        rest,
                        permitted=(own and permitted) or everything,
                        required=(own and required) or everything,
                    )
                )
        return settled


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern means a path or a folder above it. ``*`` stands for anything within one name."""
    parts = path.split("/")
    above = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return any(re.fullmatch(_expression(one), name) for one in unfold(pattern) for name in above)


def unfold(pattern: str) -> list[str]:
    """What the braces of a pattern stand for, e.g. ["a.py", "a.cpp"]; at most MOST_ALTERNATIVES + 1."""
    waiting = [pattern]
    done: list[str] = []
    while waiting and len(waiting) + len(done) <= MOST_ALTERNATIVES:
        one = waiting.pop()
        found = _BRACES.search(one)
        if found is None:
            done.append(one)
        else:
            waiting += [one[: found.start()] + word + one[found.end() :] for word in found[1].split(",")]
    return list(itertools.islice(itertools.chain(done, waiting), MOST_ALTERNATIVES + 1))


def _expression(pattern: str) -> str:
    return "[^/]*".join(re.escape(part) for part in pattern.split("*"))


def read_expected(
    tree: Tree, where: str, words: Mapping[str, Verdicts], report: Report, *, scoring: bool
) -> list[Expected]:
    """Every entry of submissions.yaml; none where there is no such file. Faults go to the report."""
    text = tree.text(where, MOST_YAML_BYTES)
    if text is None:
        return []
    reader = _Reader(Fields(where, parse_yaml(text, where, report), report), words, scoring=scoring)
    return reader.read()


class _Reader:
    def __init__(self, fields: Fields, words: Mapping[str, Verdicts], *, scoring: bool) -> None:
        self._fields = fields
        self._words = words
        self._scoring = scoring

    def read(self) -> list[Expected]:
        return [self._entry(pattern) for pattern in self._fields.keys()]  # noqa: SIM118  no mapping

    def _entry(self, pattern: str) -> Expected:
        fields = self._fields.fields(pattern)
        self._check_pattern(fields, pattern)
        fields.ignore("authors", "model_solution")
        language, entrypoint = fields.text("language"), fields.text("entrypoint")
        permitted, required, rest = self._rule(fields, "")
        expectations = [("", permitted, required, rest)]
        for tests in fields.keys():  # noqa: SIM118  no mapping
            below = fields.fields(tests)
            self._check_pattern(below, tests)
            expectations.append((tests, *self._rule(below, tests)))
            below.finish()
        return Expected(
            pattern=pattern,
            language=language,
            entrypoint=entrypoint,
            permitted=permitted,
            required=required,
            expectations=tuple(expectations),
        )

    def _rule(self, fields: Fields, tests: str) -> tuple[Verdicts | None, Verdicts | None, Expectation]:
        permitted, required = self._verdicts(fields, "permitted"), self._verdicts(fields, "required")
        score = None
        if not self._scoring:
            fields.refuse("score", "belongs to problems of type: scoring", lambda _: False)
        elif "score" in fields:
            score = self._score(fields)
        times: Any = fields.any("use_for_time_limit")
        if times not in (None, True, False, "lower", "upper"):
            fields.fault("use_for_time_limit", "must be true, false, lower or upper")
        if times == "lower" and permitted is None:
            permitted = self._words["AC"] | self._words["WA"] | self._words["RTE"]
        if times == "upper" and required is None:
            required = self._words["TLE"]
        rest = Expectation(
            tests=tests,
            permitted=frozenset(),
            required=frozenset(),
            score=score,
            message=fields.text("message"),
            limits_time=None if times in (None, True) else times is not False,
        )
        return permitted, required, rest

    def _verdicts(self, fields: Fields, key: str) -> Verdicts | None:
        given = fields.strings(key)
        if given is None:
            return None
        unknown = [word for word in given if word not in self._words]
        if unknown or not given:
            fields.fault(key, f"must name one or more of {', '.join(self._words)}")
            return None
        return frozenset().union(*(self._words[word] for word in given))

    @staticmethod
    def _score(fields: Fields) -> tuple[float, float] | None:
        value = fields.any("score")
        bounds = value if isinstance(value, list) else [value, value]
        numbers = [item for item in bounds if isinstance(item, int | float) and not isinstance(item, bool)]
        if len(numbers) != 2 or len(bounds) != 2 or not numbers[0] <= numbers[1]:
            fields.fault("score", "must be a number, or two of them with the lower one first")
            return None
        return float(numbers[0]), float(numbers[1])

    @staticmethod
    def _check_pattern(fields: Fields, pattern: str) -> None:
        if "**" in pattern or "[" in pattern or "]" in pattern:
            fields.fault("", "a pattern has * and {a,b} only, neither ** nor [...]")
        if len(unfold(pattern)) > MOST_ALTERNATIVES:
            fields.fault("", f"the pattern unfolds into more than {MOST_ALTERNATIVES}")
