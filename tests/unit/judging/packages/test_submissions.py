"""What a package says of its own submissions."""

import pytest

from judgeline.judging.errors import PackageError
from judgeline.judging.packages import load_package
from judgeline.judging.packages.expectations import matches, unfold

WHERE = "submissions/submissions.yaml"


@pytest.fixture
def expected(write_newer):
    def read(text, name="mixed/a.py", **files):
        package = load_package(write_newer({WHERE: text, f"submissions/{name}": "x\n", **files}))
        return next((one for one in package.submissions if one.name == name), None), package.warnings

    return read


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("accepted", "accepted/a.py", True),
        ("accepted/*", "accepted/a.py", True),
        ("accepted/*", "accepted/deep/a.py", True),
        ("*/a.py", "accepted/deep/a.py", False),
        ("*/{a,b}.{py,cpp}", "mixed/b.cpp", True),
        ("secret/*-easy", "secret/07-easy", True),
        ("secret/*-easy", "secret/07-hard", False),
        ("a.b", "axb", False),
        ("accepte", "accepted/a.py", False),
    ],
)
def test_patterns(pattern, path, meant):
    assert matches(pattern, path) is meant


def test_braces_that_unfold_without_end_are_cut():
    assert len(unfold("{a,b}" * 40)) <= 65


def test_an_entry_of_a_folders_name_changes_its_rule_and_others_add_one(expected):
    submission, _ = expected("wrong_answer: {permitted: [AC, WA, TLE]}\n", "wrong_answer/a.py")
    assert [sorted(one.permitted) for one in submission.expectations] == [
        ["accepted", "time_limit_exceeded", "wrong_answer"]
    ]
    assert submission.expectations[0].required == {"wrong_answer"}
    submission, _ = expected("wrong_answer/*: {permitted: [WA]}\n", "wrong_answer/a.py")
    assert [len(one.permitted) for one in submission.expectations] == [2, 1]


def test_a_folder_of_the_packages_own(expected):
    text = "mixed/a.py:\n  language: pypy3\n  message: off by one\n  secret/2: {required: [RTE]}\n"
    submission, warnings = expected(text + "mixed/b.*: {permitted: [AC]}\n")
    assert submission.language == "pypy3"
    assert [one.message for one in submission.expectations] == ["off by one", ""]
    assert "runtime_error" in submission.expectations[1].required
    assert "accepted" not in submission.expectations[1].required
    assert f"{WHERE}: mixed/b.*: matches no submission" in warnings


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("mixed: {permitted: [CE]}\n", "mixed.permitted: must name one or more of AC, WA, TLE, RTE"),
        ("mixed: {required: []}\n", "mixed.required: must name one or more"),
        ("mixed: {permitted: AC}\n", "mixed.permitted: must be a sequence of texts"),
        ("mixed: {score: 3}\n", "mixed.score: belongs to problems of type: scoring"),
        ("mixed: {use_for_time_limit: often}\n", "use_for_time_limit: must be true, false, lower or upper"),
        ("mixed/**: {}\n", "a pattern has * and {a,b} only"),
        ("mixed: {secret: {language: c}}\n", "mixed.secret.language: is not a key"),
        ("mixed: 3\n", "mixed: must be a mapping"),
        ("[1]\n", "must be a mapping"),
        ("'{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}': {}\n", "unfolds into more than 64"),
    ],
)
def test_a_faulty_submissions_yaml(write_newer, text, fault):
    with pytest.raises(PackageError) as caught:
        load_package(write_newer({WHERE: text, "submissions/mixed/a.py": "x\n"}))
    assert fault in "\n".join(caught.value.faults)


def test_a_legacy_package_has_none(write_package):
    with pytest.raises(PackageError, match="belongs to the format 2025-09"):
        load_package(write_package({WHERE: "{}\n"}))


def test_ten_thousand_tests_are_one_clear_fault(write_package):
    many = {f"data/secret/{number:05}.in": "" for number in range(3, 2002)}
    many |= {f"data/secret/{number:05}.ans": "" for number in range(3, 2002)}
    with pytest.raises(PackageError) as caught:
        load_package(write_package(many))
    assert caught.value.faults == ["data/secret: more than 2000 tests in the package: 2001 here"]
