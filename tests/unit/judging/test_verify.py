import pytest

from judgeline.judging.errors import CheckerError
from judgeline.judging.judge import Judge
from judgeline.judging.packages import load_package
from judgeline.judging.sandbox.box import Stopped
from judgeline.judging.verify import derive_time_limit, verify

TOO_SLOW = {"signal": 9, "stopped": Stopped.CPU, "cpu_ms": 1300}


@pytest.fixture
def rows(scripted, outcome, write_package):
    """Verify a package whose only submission runs by script."""

    def run(name, *script, source="print(1)\n", files=None):
        changes = {"submissions/accepted/sum.py": None, f"submissions/{name}": source, **(files or {})}
        package = load_package(write_package(changes))
        with Judge(scripted([outcome(), *script])) as judge:
            return [row for row in verify(package, judge) if row.kind != "package"]

    return run


def right(outcome):
    return [outcome(b"3"), outcome(b"7"), outcome(b"11")]


def test_accepted_must_pass_every_test(rows, outcome):
    row = rows("accepted/a.py", *right(outcome))[0]
    assert (row.state, row.name, row.got, len(row.tests)) == ("held", "accepted/a.py", "accepted", 3)
    row = rows("accepted/a.py", outcome(b"3"), outcome(b"0"))[0]
    assert (row.state, row.got) == ("surprise", "wrong_answer")


def test_wrong_answer_must_be_wrong_and_nothing_worse(rows, outcome):
    row = rows("wrong_answer/a.py", outcome(b"3"), outcome(b"0"))[0]
    assert row.state == "held"
    assert row.messages == {"secret/1": "line 1, column 1 (token 1): expected 7, got 0"}
    assert rows("wrong_answer/a.py", *right(outcome))[0].state == "surprise"
    assert rows("wrong_answer/a.py", outcome(b"3"), outcome(**TOO_SLOW))[0].state == "surprise"


def test_a_legacy_slow_one_may_be_wrong_before_it_is_slow(rows, outcome):
    row = rows("time_limit_exceeded/a.py", outcome(b"0"), outcome(**TOO_SLOW))[0]
    assert row.state == "held"
    assert [test.verdict for test in row.tests] == ["wrong_answer", "time_limit_exceeded"]


def test_memory_counts_as_a_crash(rows, outcome):
    row = rows("run_time_error/a.py", outcome(signal=9, stopped=Stopped.MEMORY))[0]
    assert row.state == "held"


def test_rejected_is_anything_but_accepted(rows, outcome):
    assert rows("rejected/a.py", outcome(**TOO_SLOW))[0].state == "held"
    assert rows("rejected/a.py", *right(outcome))[0].state == "surprise"


def test_domjudges_annotation_says_what_is_expected(rows, outcome):
    source = "# @EXPECTED_RESULTS@: TIMELIMIT, WRONG-ANSWER\nprint(1)\n"
    assert rows("mixed/a.py", outcome(b"0"), source=source)[0].state == "held"
    assert rows("mixed/a.py", *right(outcome), source=source)[0].state == "surprise"


def test_a_compile_error_that_is_expected(scripted, outcome, write_package):
    package = load_package(
        write_package({"submissions/compiler_error/a.py": "(", "submissions/accepted/sum.py": None})
    )
    with Judge(scripted([outcome(exit_code=1)])) as judge:
        row = next(row for row in verify(package, judge) if row.kind == "submission")
    assert (row.state, row.got) == ("held", "compile_error")


def test_a_judge_error_is_never_what_was_expected(scripted, outcome, write_package):
    custom = {
        "problem.yaml": "name: x\nvalidation: custom\n",
        "output_validators/check.py": "import sys\n",
        "submissions/accepted/sum.py": None,
        "submissions/rejected/a.py": "print(1)\n",
    }
    package = load_package(write_package(custom))
    with Judge(scripted([outcome(), outcome(b"3")], [outcome()], [outcome(exit_code=1)])) as judge:
        row = next(row for row in verify(package, judge) if row.kind == "submission")
    assert (row.state, row.got) == ("surprise", "judge_error")


@pytest.mark.parametrize("source", ["print 1\n", "x = raw_input()\n", "#!/usr/bin/python2\nprint(1)\n"])
def test_python_2_is_reported_and_not_guessed(rows, source):
    row = rows("accepted/a.py", source=source)[0]
    assert row.state == "skipped"
    assert "looks like Python 2" in row.why


def test_a_language_that_is_not_here_is_skipped_with_the_reason(rows):
    row = rows("accepted/a.zz")[0]
    assert (row.state, row.why) == ("skipped", "its language cannot be told from .zz")


def test_progress_names_the_row(scripted, outcome, write_package):
    package = load_package(write_package())
    seen = []
    with Judge(scripted([outcome(), *right(outcome)])) as judge:
        list(verify(package, judge, progress=lambda name, done: seen.append((name, done.test))))
    assert seen == [
        ("accepted/sum.py", 0),
        ("accepted/sum.py", 1),
        ("accepted/sum.py", 2),
        ("accepted/sum.py", 3),
    ]


def test_input_validators_must_accept_every_input(scripted, outcome, write_package):
    files = {"input_validators/valid.py": "x\n", "data/testdata.yaml": "input_validator_flags: --max 9\n"}
    package = load_package(write_package({**files, "submissions/accepted/sum.py": None}))
    ok, bad = outcome(exit_code=42), outcome(exit_code=1, stderr=b"line 1 is odd")
    sandbox = scripted([outcome()], [ok, ok, ok])
    row = next(row for row in verify(package, Judge(sandbox)) if row.kind == "input_validator")
    assert (row.state, row.name) == ("held", "input_validators/valid.py")
    command, stdin = sandbox.boxes[1].runs[0]
    assert (list(command.argv)[-2:], stdin) == (["--max", "9"], b"1 2\n")
    row = next(
        row
        for row in verify(package, Judge(scripted([outcome()], [ok, bad, ok])))
        if row.kind == "input_validator"
    )
    assert (row.state, row.why) == ("surprise", "secret/1: it exited with code 1 (line 1 is odd)")


def test_other_kinds_of_input_validators_are_skipped(scripted, write_package):
    package = load_package(
        write_package({"input_validators/v.ctd": "x\n", "submissions/accepted/sum.py": None})
    )
    row = next(row for row in verify(package, Judge(scripted())) if row.kind == "input_validator")
    assert row.state == "skipped"


def test_warnings_of_the_package_are_rows(scripted, write_package):
    package = load_package(write_package({"submissions/accepted/sum.py": None}))
    row = next(verify(package, Judge(scripted())))
    assert (row.kind, row.state) == ("package", "skipped")
    assert row.why.startswith("submissions/accepted: holds no submission")


def test_a_time_limit_is_derived_from_the_slowest_accepted(scripted, outcome, write_package, write_newer):
    script = [outcome(), outcome(b"3", cpu_ms=450), outcome(b"7", cpu_ms=10), outcome(b"11")]
    assert derive_time_limit(load_package(write_package()), Judge(scripted(script))) == 3.0
    text = "problem_format_version: 2025-09\nname: x\nuuid: x\nlimits:\n  time_resolution: 0.25\n"
    newer = load_package(write_newer({"problem.yaml": text}, slug="newer"))
    assert derive_time_limit(newer, Judge(scripted(script))) == 1.0


def test_a_package_without_a_time_limit_is_held_to_the_derived_one(scripted, outcome, write_package):
    package = load_package(write_package({".timelimit": None}))
    slow = [outcome(), outcome(b"3", cpu_ms=100), outcome(b"7", cpu_ms=100), outcome(b"11", cpu_ms=100)]
    sandbox = scripted(slow, slow)
    with Judge(sandbox) as judge:
        rows = list(verify(package, judge))
    assert [(row.name, row.state) for row in rows] == [
        ("aplusb", "skipped"),
        ("time limit", "skipped"),
        ("accepted/sum.py", "held"),
    ]
    assert (rows[1].got, sandbox.boxes[1].runs[1][0].limits.cpu_ms) == ("1 s", 1201)


def test_no_time_limit_without_an_accepted_submission(scripted, write_package):
    package = load_package(write_package({"submissions/accepted/sum.py": None}))
    with pytest.raises(CheckerError, match="no accepted submission"):
        derive_time_limit(package, Judge(scripted()))
