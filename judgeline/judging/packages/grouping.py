"""The groups that tests stand in, and the rules by which a group's tests make one result.

Legacy: every folder below ``data`` is a group, and the default grader puts the results of its tests and
folders together as its flags say. 2025-09: ``sample``, ``secret`` and the folders directly in ``secret`` are
groups. A pass-fail problem has the same tree: its groups stop at the first test that is not accepted.
"""

import math
from collections.abc import Mapping, Sequence

from judgeline.judging.packages.faults import Report
from judgeline.judging.packages.groups import (
    AT_REJECTION,
    AT_ZERO,
    IGNORED,
    MAY,
    MUST,
    NEVER,
    REFUSED,
    Group,
    Points,
)
from judgeline.judging.packages.metadata import Metadata
from judgeline.judging.packages.rules import LegacyRules, NewerRules


def in_order(name: str) -> list[str]:
    """The key by which tests are sorted: folder by folder, not by the text of the path."""
    return name.split("/")


def build_legacy(names: Sequence[str], rules: Mapping[str, LegacyRules], metadata: Metadata) -> Group:
    """The tree of a legacy package; ``rules`` by the folder below data, "." for data itself."""

    def build(folder: str, inside: Sequence[str], above: LegacyRules) -> Group:
        mine = rules.get(folder or ".", above)
        members: dict[str, list[str]] = {}
        for name in inside:
            rest = name.removeprefix(f"{folder}/") if folder else name
            child, slash, _ = rest.partition("/")
            members.setdefault(child + slash, []).append(name)
        return Group(
            name=folder,
            members=tuple(
                build(f"{folder}/{child[:-1]}".lstrip("/"), below, mine) if child.endswith("/") else below[0]
                for child, below in members.items()
            ),
            points=_legacy_points(mine, metadata),
            verdict=mine.verdict,
            any_accepted=mine.any_accepted,
            score=mine.score,
            only_secret=mine.ignore_sample and not folder,
            stop=AT_REJECTION if mine.stop else NEVER,
            low=mine.low,
            high=mine.high,
            keeps_rejected=False,
        )

    return build("", names, LegacyRules())


def _legacy_points(rules: LegacyRules, metadata: Metadata) -> Points:
    return Points(
        files=MAY if metadata.scores else IGNORED,
        accepted=rules.accept_score,
        rejected=rules.reject_score,
        least=-math.inf,
        of_rejected=True,
    )


def build_newer(
    names: Sequence[str], rules: Mapping[str, NewerRules], metadata: Metadata, report: Report
) -> Group:
    """The tree of a package of 2025-09; ``rules`` by the group's name. Faults go to the report."""
    samples = [name for name in names if name.startswith("sample/")]
    secrets = [name for name in names if name.startswith("secret/")]
    by_group: dict[str, list[str]] = {}
    for name in secrets:
        folders = name.split("/")
        if len(folders) > 2:
            by_group.setdefault("/".join(folders[:2]), []).append(name)
    if not metadata.scoring:
        inner = tuple(Group(name=name, members=tuple(tests)) for name, tests in by_group.items())
        secret = Group(name="secret", members=inner or tuple(secrets))
        return Group(members=(Group(name="sample", members=tuple(samples)), secret))
    secret_rules = rules.get("secret", NewerRules())
    whole = secret_rules.settled(aggregation="sum", max_score=100.0)
    parts = {name: rules.get(name, NewerRules()).settled("pass-fail", math.inf) for name in by_group}
    _check(whole, parts, report)
    if by_group:
        members = tuple(_scored(name, by_group[name], part) for name, part in parts.items())
        secret = _scored("secret", members, whole)
    else:
        secret = _scored("secret", secrets, whole)
    sample = Group(name="sample", members=tuple(samples), score="all", high=0)
    return Group(members=(sample, secret), score="secret", stop=NEVER)


def _scored(name: str, members: "Sequence[str | Group]", rules: NewerRules) -> Group:
    most = rules.max_score if rules.max_score is not None else math.inf
    share = most
    points = Points(files=REFUSED)
    if rules.aggregation != "pass-fail":
        if rules.aggregation == "sum" and members:
            share = most / len(members)
        points = Points(files=MUST if math.isinf(share) else MAY, accepted=share, most=share)
    modes = {"pass-fail": ("all", AT_REJECTION), "min": ("min", AT_ZERO), "sum": ("sum", NEVER)}
    score, stop = modes[rules.aggregation or "sum"]
    return Group(
        name=name,
        members=tuple(members),
        points=points,
        score=score,
        stop=stop,
        low=0,
        high=most,
        requires=rules.require_pass or (),
    )


def _check(whole: NewerRules, parts: Mapping[str, NewerRules], report: Report) -> None:
    """What the rules of secret and its groups must agree in."""
    for name, rules in {"secret": whole, **parts}.items():
        where = f"data/{name}/test_group.yaml"
        most = math.inf if rules.max_score is None else rules.max_score
        if math.isinf(most) and whole.max_score != math.inf:
            report.fault(where, "max_score: must be a number unless that of secret is unbounded")
        elif math.isinf(most) and rules.aggregation == "pass-fail":
            report.fault(where, "max_score: must be a number where score_aggregation is pass-fail")
        if name != "secret" and whole.aggregation == "pass-fail" and rules.aggregation != "pass-fail":
            report.fault(where, "score_aggregation: must be pass-fail, for that of secret is")
        for other in rules.require_pass or ():
            _check_required(name, other, parts, report)
    total = math.fsum(rules.max_score or 0 for rules in parts.values())
    if parts and whole.aggregation == "sum" and not math.isinf(total) and total != whole.max_score:
        report.warn(
            "data/secret/test_group.yaml",
            f"max_score: is {whole.max_score:g}, but those of the groups make {total:g}",
        )


def _check_required(name: str, other: str, parts: Mapping[str, NewerRules], report: Report) -> None:
    where = f"data/{name}/test_group.yaml"
    if other == "sample":
        return
    if name == "secret":
        report.fault(where, "require_pass: secret may only require sample")
    elif other not in parts:
        report.fault(where, f"require_pass: there is no group {other[:80]!r} (name it as secret/<folder>)")
    elif other >= name:
        report.fault(where, f"require_pass: {other} does not come before {name}")
    elif parts[other].aggregation != "pass-fail":
        report.fault(where, f"require_pass: score_aggregation of {other} is not pass-fail")
