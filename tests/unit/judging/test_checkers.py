import pytest

from judgeline.judging.checkers import CheckerCache
from judgeline.judging.errors import CheckerError
from judgeline.judging.languages import Languages
from judgeline.judging.packages import load_package
from judgeline.judging.sandbox.box import Stopped

CUSTOM = {
    "problem.yaml": "name: x\nvalidation: custom\nvalidator_flags: --strict 'two words'\n",
    "output_validators/check/check.py": "import sys; sys.exit(42)\n",
}


@pytest.fixture
def checked(scripted, outcome, write_package):
    """Run a scripted custom checker on the first (shown) or second (secret) test: (Checked, sandbox)."""

    def check(*script, test=1, files=CUSTOM, output=b"out"):
        package = load_package(write_package(files))
        sandbox = scripted([outcome()], script)
        with CheckerCache(sandbox, Languages.load()).open(package) as checker:
            return checker.check(package.tests[test], output), sandbox

    return check


def test_the_default_checker_quotes_data_of_shown_tests_only(scripted, write_package):
    package = load_package(write_package())
    with CheckerCache(scripted(), Languages.load()).open(package) as checker:
        assert checker.check(package.tests[0], b"3").verdict == "accepted"
        assert checker.check(package.tests[0], b"4").why == "line 1, column 1 (token 1): expected 3, got 4"
        secret = checker.check(package.tests[1], b"4")
        assert (secret.verdict, secret.why) == ("wrong_answer", "")
        assert secret.message == "line 1, column 1 (token 1): expected 7, got 4"


def test_a_validator_is_called_as_the_format_says(checked, outcome):
    result, sandbox = checked(outcome(exit_code=42))
    assert result.verdict == "accepted"
    command, stdin = sandbox.boxes[1].runs[0]
    assert list(command.argv)[-5:] == [
        "/tmp/input.in",
        "/tmp/answer.ans",
        "/tmp/feedback/",
        "--strict",
        "two words",
    ]
    assert stdin == b"out"
    assert command.files["input.in"] == b"3 4\n"
    assert command.files["answer.ans"] == b"7\n"
    assert all(box.closed for box in sandbox.boxes)


def test_its_messages_reach_whom_they_are_for(checked, outcome):
    files = {"feedback/judgemessage.txt": b"expected 7\n", "feedback/teammessage.txt": b"try harder\n"}
    result, _ = checked(outcome(exit_code=43, files=files))
    assert (result.verdict, result.why, result.message) == ("wrong_answer", "try harder", "expected 7")
    only_judges = {"feedback/judgemessage.txt": b"expected 7\n"}
    assert checked(outcome(exit_code=43, files=only_judges))[0].why == ""
    assert checked(outcome(exit_code=43, files=only_judges), test=0)[0].why == "expected 7"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"exit_code": 0}, "the checker exited with code 0"),
        ({"exit_code": 7}, "the checker exited with code 7"),
        ({"signal": 11}, "the checker was killed by SIGSEGV"),
        ({"signal": 9, "stopped": Stopped.CPU}, "the checker used more than 60 s"),
        ({"signal": 9, "stopped": Stopped.WALL}, "the checker ran for more than 125 s"),
        ({"signal": 9, "stopped": Stopped.MEMORY}, "the checker needed more than 2048 MiB"),
        ({"exit_code": 42, "stopped": Stopped.OUTPUT}, "the checker printed more than 8 MiB"),
    ],
)
def test_a_checker_that_fails_is_a_judge_error(checked, outcome, fields, why):
    result, _ = checked(outcome(**fields))
    assert result.verdict == "judge_error"
    assert result.why.startswith(why)


def test_every_validator_must_accept(scripted, outcome, write_package):
    package = load_package(
        write_package({**CUSTOM, "output_validators/second.py": "import sys; sys.exit(43)\n"})
    )
    sandbox = scripted([outcome()], [outcome()], [outcome(exit_code=42)], [outcome(exit_code=43)])
    with CheckerCache(sandbox, Languages.load()).open(package) as checker:
        assert checker.check(package.tests[0], b"").verdict == "wrong_answer"


def test_a_checker_is_compiled_once_a_version(scripted, outcome, write_package):
    package = load_package(write_package(CUSTOM))
    sandbox = scripted([outcome()], [], [], [outcome()], [])
    cache = CheckerCache(sandbox, Languages.load())
    for _ in range(2):
        with cache.open(package):
            pass
    assert len(sandbox.boxes) == 3
    changed = load_package(write_package({**CUSTOM, "output_validators/check/check.py": "import sys\n"}))
    with cache.open(changed):
        pass
    assert len(sandbox.boxes) == 5


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "the compiler refused the source: SyntaxError: x"),
        ({"output_validators/check/check.zz": "x", "output_validators/check/check.py": None}, ".zz"),
        ({"output_validators/check/b.py": "x"}, "which of b.py, check.py is run first"),
    ],
)
def test_a_checker_that_cannot_be_built_says_why(scripted, outcome, write_package, files, why):
    package = load_package(write_package({**CUSTOM, **files}))
    cache = CheckerCache(scripted([outcome(exit_code=1, stderr=b"SyntaxError: x")]), Languages.load())
    with pytest.raises(CheckerError, match="output_validators/check: ") as caught, cache.open(package):
        pass
    assert why in str(caught.value)
