import msgspec
import pytest

from judgeline.judging.errors import BoxError, LanguageError, SandboxError
from judgeline.judging.judge import Judge, judge, run_budget_s, run_source, time_budget_s
from judgeline.judging.packages import load_package
from judgeline.judging.sandbox.box import Limits, Stopped

SOURCE = "print(sum(map(int, input().split())))"


@pytest.fixture
def package(write_package):
    return load_package(write_package())


def test_accepted(scripted, outcome, package):
    sandbox = scripted(
        [outcome(), outcome(b"3", cpu_ms=5), outcome(b"7", cpu_ms=50), outcome(b"11", memory_kb=20_000)]
    )
    seen = []
    judgement = judge(package, "python3", SOURCE, sandbox, progress=seen.append)
    assert judgement.verdict == "accepted"
    assert [test.name for test in judgement.tests] == ["sample/1", "secret/1", "secret/2"]
    assert (judgement.tests_total, judgement.time_ms, judgement.memory_kb) == (3, 50, 20_000)
    assert (judgement.time_limit_ms, judgement.memory_limit_kb) == (1000, 256 << 10)
    assert judgement.language.startswith("python3 (3.")
    assert [(step.stage, step.test, step.tests_total) for step in seen] == [
        ("compiling", 0, 3),
        ("testing", 1, 3),
        ("testing", 2, 3),
        ("testing", 3, 3),
    ]
    box = sandbox.boxes[0]
    assert box.closed
    assert box.loaded == {"main.py": (SOURCE.encode(), 0o444)}


def test_it_stops_at_the_first_failure_and_tells_no_secret(scripted, outcome, package):
    judgement = judge(package, "python3", SOURCE, scripted([outcome(), outcome(b"3"), outcome(b"8")]))
    assert (judgement.verdict, judgement.why) == ("wrong_answer", "secret/1")
    assert [test.verdict for test in judgement.tests] == ["accepted", "wrong_answer"]
    assert b"7" not in msgspec.json.encode([test.why for test in judgement.tests])


def test_a_sample_says_what_was_expected(scripted, outcome, package):
    judgement = judge(package, "python3", SOURCE, scripted([outcome(), outcome(b"4")]))
    assert judgement.why == "sample/1: line 1, column 1 (token 1): expected 3, got 4"


def test_a_compile_error_carries_the_compilers_words(scripted, outcome, package):
    sandbox = scripted([outcome(exit_code=1, stderr=b"SyntaxError: oops")])
    judgement = judge(package, "python3", "print(", sandbox)
    assert (judgement.verdict, judgement.compile_output) == ("compile_error", "SyntaxError: oops")
    assert (judgement.tests, judgement.tests_total) == ([], 3)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("", "empty"),
        (b"", "empty"),
        ("print(1)\0", "NUL byte"),
        (b"print('\xff')", "not UTF-8"),
        ("print('\ud800')", "not UTF-8"),
        ("#" * (128 * 1024 + 1), "131073 bytes, more than the 131072 allowed"),
    ],
)
def test_a_bad_source_is_a_compile_error_without_a_box(scripted, package, source, why):
    sandbox = scripted()
    judgement = judge(package, "python3", source, sandbox)
    assert judgement.verdict == "compile_error"
    assert why in judgement.why
    assert not sandbox.boxes


def test_a_language_that_the_problem_does_not_take(scripted, write_newer):
    text = "problem_format_version: 2025-09\nname: x\nuuid: x\nlanguages: [cpp, java]\n"
    judgement = judge(load_package(write_newer({"problem.yaml": text})), "python3", SOURCE, scripted())
    assert (judgement.verdict, judgement.why) == ("compile_error", "this problem takes cpp, java only")


def test_an_unknown_language_is_an_error_of_the_caller(scripted, package):
    with pytest.raises(LanguageError, match="no language 'cobol'"):
        judge(package, "cobol", SOURCE, scripted())


def test_a_box_that_breaks_is_a_judge_error_of_this_submission(scripted, outcome, package):
    sandbox = scripted([outcome(), outcome(b"3"), BoxError("the runner said nonsense")])
    judgement = judge(package, "python3", SOURCE, sandbox)
    assert judgement.verdict == "judge_error"
    assert "the runner said nonsense" in judgement.why
    assert len(judgement.tests) == 1
    assert sandbox.boxes[0].closed


def test_no_sandbox_at_all_comes_out(package):
    class NoSandbox:
        def open(self, **_):
            raise SandboxError("no user namespaces", "sysctl kernel.unprivileged_userns_clone=1")

    with pytest.raises(SandboxError, match="no user namespaces"):
        judge(package, "python3", SOURCE, NoSandbox())


def test_data_that_vanished_is_a_judge_error_without_a_path(scripted, outcome, package):
    package.tests[1].input_path.unlink()
    judgement = judge(package, "python3", SOURCE, scripted([outcome(), outcome(b"3")]))
    assert (judgement.verdict, judgement.why) == (
        "judge_error",
        "the judge failed: the problem's data cannot be read: No such file or directory",
    )


def test_progress_may_abort_and_the_box_is_thrown_away(scripted, outcome, package):
    class Cancelled(Exception):
        pass

    def cancel(progress):
        if progress.test == 1:
            raise Cancelled

    sandbox = scripted([outcome(), outcome(b"3"), outcome(b"7")])
    with pytest.raises(Cancelled):
        judge(package, "python3", SOURCE, sandbox, progress=cancel)
    assert sandbox.boxes[0].closed


def test_a_checker_that_cannot_be_built_is_a_judge_error(scripted, outcome, write_package):
    custom = {"problem.yaml": "name: x\nvalidation: custom\n", "output_validators/check.py": "import sys\n"}
    package = load_package(write_package(custom))
    sandbox = scripted([outcome()], [outcome(exit_code=1, stderr=b"SyntaxError")])
    judgement = judge(package, "python3", SOURCE, sandbox)
    assert judgement.verdict == "judge_error"
    assert "output_validators/check.py" in judgement.why
    assert all(box.closed for box in sandbox.boxes)


def test_a_box_made_ahead_is_used_once(scripted, outcome, package):
    script = [outcome(), outcome(b"3"), outcome(b"7"), outcome(b"11")]
    sandbox = scripted([outcome(), *script], script, [])
    with Judge(sandbox) as judging:
        judging.prepare()
        judging.prepare()
        assert len(sandbox.boxes) == 1
        assert judging.judge(package, "python3", SOURCE).verdict == "accepted"
        assert len(sandbox.boxes) == 1
        assert judging.judge(package, "python3", SOURCE).verdict == "accepted"
        assert len(sandbox.boxes) == 2
        judging.prepare()
    assert all(box.closed for box in sandbox.boxes)


def test_a_box_that_died_while_it_waited_is_replaced(scripted, outcome, package):
    script = [outcome(), outcome(b"3"), outcome(b"7"), outcome(b"11")]
    sandbox = scripted([BoxError("gone")], script)
    with Judge(sandbox) as judging:
        judging.prepare()
        assert judging.judge(package, "python3", SOURCE).verdict == "accepted"
    assert all(box.closed for box in sandbox.boxes)


def test_an_os_error_of_the_one_who_watches_is_not_taken_for_the_problems(scripted, outcome, package):
    def watch(progress):
        if progress.test:
            raise BrokenPipeError("nobody listens")

    with pytest.raises(BrokenPipeError):
        judge(package, "python3", SOURCE, scripted([outcome(), outcome(b"3")]), progress=watch)


def test_a_language_with_folders_of_its_own_does_not_take_the_box_made_ahead(scripted, outcome, package):
    sandbox = scripted([], [outcome(exit_code=1)])
    with Judge(sandbox) as judging:
        java = next(language for language in judging.languages.all() if language.id == "java")
        bound = msgspec.structs.replace(
            java, missing="", tools={"java": "/j", "javac": "/jc", "jar": "/ja"}, binds=("/etc/java-17",)
        )
        judging.languages._by_id["java"] = bound
        judging.prepare()
        assert judging.judge(package, "java", "class Main {}").verdict == "compile_error"
    assert sandbox.binds == [(), ("/etc/java-17",)]


def test_a_run_gives_back_what_it_printed(scripted, outcome):
    sandbox = scripted([outcome(), outcome(b"hi\xff", stderr=b"note", exit_code=0)])
    result = run_source("python3", SOURCE, b"1 2", None, sandbox)
    assert (result.verdict, result.stdout, result.stderr, result.exit_code) == (
        "accepted",
        "hi\ufffd",
        "note",
        0,
    )
    assert sandbox.boxes[0].runs[1][1] == b"1 2"


@pytest.mark.parametrize(
    ("expected", "verdict", "why"),
    [
        (b"3\n", "accepted", ""),
        (b"4", "wrong_answer", "line 1, column 1 (token 1): expected 4, got 3"),
        (None, "accepted", ""),
    ],
)
def test_a_run_compares_where_an_output_is_expected(scripted, outcome, expected, verdict, why):
    result = run_source("python3", SOURCE, b"", None, scripted([outcome(), outcome(b"3")]), expected)
    assert (result.verdict, result.why) == (verdict, why)


def test_a_run_over_its_limits(scripted, outcome):
    stopped = outcome(b"x" * 100_000, signal=9, stopped=Stopped.CPU, cpu_ms=501)
    limits = Limits(cpu_ms=500)
    result = run_source("python3", SOURCE, b"", limits, scripted([outcome(), stopped]))
    assert (result.verdict, result.why) == ("time_limit_exceeded", "it used more than 0.5 s of CPU time")
    assert (result.signal, result.exit_code) == (None, None)
    assert (len(result.stdout), result.stdout_truncated) == (64 << 10, True)


@pytest.mark.parametrize("source", ["", "\0", b"\xff", "x" * (64 * 1024 + 1)])
def test_a_run_of_a_bad_source(scripted, source):
    assert run_source("python3", source, b"", None, scripted()).verdict == "compile_error"


def test_a_run_whose_box_breaks(scripted, outcome):
    result = run_source("python3", SOURCE, b"", None, scripted([outcome(), BoxError("gone")]))
    assert result.verdict == "judge_error"


def test_the_time_budget_grows_with_what_there_is_to_do(package, write_package):
    assert time_budget_s(package) > 20 + 3 * 1.2
    checked = load_package(
        write_package({"problem.yaml": "name: x\nvalidation: custom\n", "output_validators/c.py": "x\n"})
    )
    assert time_budget_s(checked) > time_budget_s(package) + 60
    assert run_budget_s() > 30
