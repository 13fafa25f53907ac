"""Scores by group, from the files of a package to a submission's result, without a box."""

import pytest

from judgeline.judging.errors import PackageError, ScoreError
from judgeline.judging.packages import load_package
from judgeline.judging.scoring import Grading
from judgeline.judging.verdicts import Verdict

AC, WA, TLE, RTE = (
    Verdict.ACCEPTED,
    Verdict.WRONG_ANSWER,
    Verdict.TIME_LIMIT_EXCEEDED,
    Verdict.RUNTIME_ERROR,
)
NEWER = {
    "problem.yaml": "problem_format_version: 2025-09\nname: x\nuuid: x\ntype: scoring\n",
    "data/secret/1.in": None,
    "data/secret/1.ans": None,
    "data/secret/2.in": None,
    "data/secret/2.ans": None,
}
LEGACY = {**NEWER, "problem.yaml": "name: x\ntype: scoring\n"}
CHECKED = {"output_validator/check.py": "x\n"}


def data_of(*names):
    return {f"data/secret/{name}.{ending}": "1\n" for name in names for ending in ("in", "ans")}


THREE = data_of("1/a", "1/b", "2/a", "2/b", "3/a", "3/b")
GROUPS = {
    **THREE,
    "data/secret/1/test_group.yaml": "max_score: 20\nrequire_pass: sample\n",
    "data/secret/2/test_group.yaml": "max_score: 30\nscore_aggregation: sum\n",
    "data/secret/3/test_group.yaml": "max_score: 50\nscore_aggregation: min\nrequire_pass: [secret/1]\n",
}


def judged(package, verdicts=None, files=None, *, everything=False):
    """(the grading, the tests that ran); a test without a verdict is accepted."""
    grading = Grading(package.root, everything=everything)
    ran = []
    while grading.next is not None:
        name = grading.next
        ran.append(name)
        grading.tell((verdicts or {}).get(name, AC), (files or {}).get(name, {}))
    return grading, ran


def faults(path):
    with pytest.raises(PackageError) as caught:
        load_package(path)
    return "\n".join(caught.value.faults)


@pytest.fixture
def newer(write_newer):
    return lambda changes=None: load_package(write_newer({**NEWER, **GROUPS, **(changes or {})}))


@pytest.fixture
def legacy(write_package):
    return lambda changes=None: load_package(write_package({**LEGACY, **THREE, **(changes or {})}))


def test_all_accepted_is_the_best_score(newer):
    grading, ran = judged(newer())
    assert (grading.result.verdict, grading.result.score) == (AC, 100)
    assert len(ran) == 7
    assert {name: group.score for name, group in grading.groups.items() if name.count("/")} == {
        "secret/1": 20,
        "secret/2": 30,
        "secret/3": 50,
    }


@pytest.mark.parametrize(
    ("failed", "score", "not_run"),
    [
        ({"secret/1/a": WA}, 30, ["secret/1/b", "secret/3/a", "secret/3/b"]),
        ({"secret/2/a": TLE}, 85, []),
        ({"secret/3/a": RTE}, 50, ["secret/3/b"]),
        ({"sample/1": WA}, 30, ["secret/1/a", "secret/1/b", "secret/3/a", "secret/3/b"]),
    ],
)
def test_what_need_not_run_is_not_run_and_scores_nothing(newer, failed, score, not_run):
    package = newer()
    grading, ran = judged(package, failed)
    assert grading.result.score == score
    assert grading.result.verdict == next(iter(failed.values()))
    assert [test.name for test in package.tests if test.name not in ran] == not_run
    everything, ran = judged(package, failed, everything=True)
    assert (everything.result, len(ran)) == (grading.result, 7)


def test_a_group_that_is_not_run_says_what_it_needs(newer):
    groups = judged(newer(), {"secret/1/a": WA})[0].groups
    assert groups["secret/3"].verdict is None
    assert groups["secret/3"].why == "not run: it needs secret/1"


def test_secret_without_groups_shares_its_points_out(write_newer):
    package = load_package(write_newer({**NEWER, **data_of("1", "2", "3")}))
    assert judged(package)[0].result.score == 100
    grading, ran = judged(package, {"secret/2": WA})
    assert (round(grading.result.score, 6), len(ran)) == (66.666667, 4)


def test_secret_of_pass_fail_is_all_or_nothing(newer):
    package = newer(
        {
            "data/secret/test_group.yaml": "score_aggregation: pass-fail\n",
            "data/secret/2/test_group.yaml": "max_score: 30\n",
            "data/secret/3/test_group.yaml": "max_score: 50\n",
        }
    )
    assert judged(package)[0].result.score == 100
    grading, ran = judged(package, {"secret/1/b": WA})
    assert (grading.result.score, ran[-1]) == (0, "secret/1/b")
    assert judged(package, {"sample/1": WA})[0].result.score == 0


@pytest.mark.parametrize(
    ("test", "verdict", "files", "score"),
    [
        ("secret/2/a", AC, {"score.txt": b"4.5\n"}, 89.5),
        ("secret/2/a", AC, {"score_multiplier.txt": b"0.5"}, 92.5),
        ("secret/3/b", AC, {"score.txt": b"1e1"}, 60),
        ("sample/1", AC, {"score.txt": b"nonsense"}, 100),
    ],
)
def test_a_checker_may_give_scores(newer, test, verdict, files, score):
    assert judged(newer(CHECKED), {test: verdict}, {test: files})[0].result.score == score


@pytest.mark.parametrize(
    ("test", "verdict", "files", "why"),
    [
        ("secret/1/a", AC, {"score.txt": b"1"}, "the tests of this group have no scores"),
        ("secret/2/a", WA, {"score.txt": b"1"}, "did not accept the output"),
        ("secret/2/a", AC, {"score.txt": b"15.5"}, "gave 15.5 in score.txt, which is not from 0 to 15"),
        ("secret/2/a", AC, {"score.txt": b"-1"}, "which is not from 0"),
        ("secret/2/a", AC, {"score.txt": b"nan"}, "holds no number"),
        ("secret/2/a", AC, {"score.txt": b""}, "holds no number"),
        ("secret/2/a", AC, {"score_multiplier.txt": b"1.5"}, "not from 0 to 1"),
        ("secret/2/a", AC, {"score.txt": b"1", "score_multiplier.txt": b"1"}, "both score.txt and"),
    ],
)
def test_a_checkers_scores_that_break_the_rules(newer, test, verdict, files, why):
    with pytest.raises(ScoreError, match=f"^{test}: ") as caught:
        judged(newer(CHECKED), {test: verdict}, {test: files})
    assert why in str(caught.value)


def test_without_a_bound_the_checker_must_give_the_score(newer):
    unbounded = {
        **CHECKED,
        "data/secret/test_group.yaml": "max_score: unbounded\n",
        "data/secret/2/test_group.yaml": "score_aggregation: sum\n",
    }
    given = {name: {"score.txt": b"1000"} for name in ("secret/2/a", "secret/2/b")}
    package = newer(unbounded)
    assert judged(package, files=given)[0].result.score == 2070
    with pytest.raises(ScoreError, match=r"wrote no score\.txt"):
        judged(package)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"2/test_group.yaml": "score_aggregation: sum\n"},
            "max_score: must be a number unless",
        ),
        ({"2/test_group.yaml": "max_score: -1\n"}, "max_score: must be a whole number from 0"),
        ({"2/test_group.yaml": "max_score: 1\nrequire_pass: secret/3\n"}, "secret/3 does not come before"),
        ({"3/test_group.yaml": "max_score: 1\nrequire_pass: secret/2\n"}, "of secret/2 is not pass-fail"),
        ({"3/test_group.yaml": "max_score: 1\nrequire_pass: 2\n"}, "must be the name of a group"),
        ({"3/test_group.yaml": "max_score: 1\nrequire_pass: second\n"}, "there is no group 'second'"),
        ({"test_group.yaml": "require_pass: secret/1\n"}, "secret may only require sample"),
        ({"test_group.yaml": "score_aggregation: pass-fail\n"}, "must be pass-fail, for that of secret is"),
        (
            {"test_group.yaml": "max_score: unbounded\nscore_aggregation: max\n"},
            "must be one of",
        ),
        ({"1/test_group.yaml": "max_score: 1\nstatic_validation_score: 3\n"}, "static validators are not"),
        (
            {"../sample/test_group.yaml": "max_score: 3\n"},
            "max_score: may stand in data/secret",
        ),
        ({"1/deep/test_group.yaml": "args: []\n"}, "must not stand this deep"),
        (
            {"test_group.yaml": "max_score: unbounded\n", "2/test_group.yaml": "score_aggregation: sum\n"},
            "output_validator: holds no validator to give the scores of secret/2",
        ),
    ],
)
def test_groups_that_contradict_one_another(write_newer, changes, fault):
    files = {f"data/secret/{name}": text for name, text in changes.items()}
    assert fault in faults(write_newer({**NEWER, **GROUPS, **files}))


def test_an_empty_group_and_points_that_do_not_add_up(newer, write_newer):
    package = newer({"data/secret/2/test_group.yaml": "max_score: 31\n"})
    assert any("is 100, but those of the groups make 101" in warning for warning in package.warnings)
    empty = {**NEWER, **GROUPS, "data/secret/4/test_group.yaml": "max_score: 3\n"}
    assert "data/secret/4: is a group without a test" in faults(write_newer(empty))


def test_legacy_sums_and_stops_as_its_defaults_say(legacy):
    grading, ran = judged(legacy())
    assert (grading.result.verdict, grading.result.score, len(ran)) == (AC, 7, 7)
    grading, ran = judged(legacy(), {"secret/1/a": WA})
    assert (grading.result.verdict, grading.result.score, len(ran)) == (WA, 0, 2)


IOI = {
    "data/testdata.yaml": "on_reject: continue\ngrader_flags: ignore_sample\nrange: 0 100\n",
    "data/secret/testdata.yaml": "on_reject: continue\ngrader_flags: first_error accept_if_any_accepted\n",
    "data/secret/1/testdata.yaml": "grader_flags: min\naccept_score: 20\nrange: 0 20\n",
    "data/secret/2/testdata.yaml": "on_reject: continue\ngrader_flags: avg always_accept\naccept_score: 30\n",
    "data/secret/3/testdata.yaml": "grader_flags: max\naccept_score: 50\nreject_score: 5\n",
}


@pytest.mark.parametrize(
    ("verdicts", "verdict", "score", "count"),
    [
        ({}, AC, 100, 7),
        ({"sample/1": WA}, AC, 100, 7),
        ({"secret/1/a": WA}, AC, 80, 6),
        ({"secret/2/a": WA}, AC, 85, 7),
        ({"secret/3/b": TLE}, AC, 50, 7),
        ({"secret/1/b": WA, "secret/2/a": RTE, "secret/2/b": RTE, "secret/3/a": TLE}, AC, 0, 6),
    ],
)
def test_legacy_flags(legacy, verdicts, verdict, score, count):
    grading, ran = judged(legacy(IOI), verdicts)
    assert (grading.result.verdict, grading.result.score, len(ran)) == (verdict, score, count)


def test_the_worst_error_counts_where_judging_goes_on(legacy):
    package = legacy({"data/testdata.yaml": "on_reject: continue\n"})
    failed = {"secret/1/a": WA, "secret/2/a": TLE, "secret/3/a": RTE}
    assert judged(package, failed)[0].result.verdict == RTE
    package = legacy({"data/testdata.yaml": "on_reject: continue\ngrader_flags: first_error\n"})
    assert judged(package, failed)[0].result.verdict == WA


def test_a_legacy_validator_scores_rejected_tests_too(legacy):
    changes = {
        "problem.yaml": "name: x\ntype: scoring\nvalidation: custom score\n",
        "output_validators/check.py": "x\n",
        "data/testdata.yaml": "on_reject: continue\ngrader_flags: always_accept ignore_sample\n"
        "range: -9 99\n",
    }
    given = {"secret/1/a": {"score.txt": b"-3"}, "secret/2/a": {"score.txt": b"10"}}
    grading, _ = judged(legacy(changes), {"secret/1/a": WA}, given)
    assert grading.result.score == 11
    with pytest.raises(ScoreError, match="scores 1000, which is not from -9 to 99"):
        judged(legacy(changes), files={"secret/1/a": {"score.txt": b"999"}})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("grader_flags: median\n", "the default grader has no flag 'median'"),
        ("grader_flags: ignore_sample\n", "ignore_sample may stand in data/testdata.yaml only"),
        ("range: 5 1\n", "range: must be two numbers, the lower one first"),
        ("range: low high\n", "range: must be two numbers"),
        ("accept_score: many\n", "accept_score: must be a number"),
        ("grading: custom\n", "custom graders are not supported"),
    ],
)
def test_faulty_legacy_rules(write_package, text, fault):
    assert fault in faults(write_package({**LEGACY, **THREE, "data/secret/testdata.yaml": text}))


def test_pass_fail_has_no_scores(write_package):
    text = "accept_score: 0\n"
    assert "accept_score: belongs to problems of type: scoring" in faults(
        write_package({"data/testdata.yaml": text})
    )
