import pytest

from judgeline.judging.checkers import Checked
from judgeline.judging.grade import grade_test, limits_of_test
from judgeline.judging.languages import Languages
from judgeline.judging.packages import package as packages
from judgeline.judging.program import Program
from judgeline.judging.sandbox.box import Stopped
from judgeline.judging.verdicts import Verdict

LIMITS = packages.PackageLimits(time_s=1, memory_mib=64, output_mib=1)


class YesChecker:
    def check(self, _test, _output):
        return Checked(verdict=Verdict.ACCEPTED, message="fine")


@pytest.fixture
def graded(scripted, tmp_path):
    (tmp_path / "1.in").write_bytes(b"1 2")
    (tmp_path / "1.ans").write_bytes(b"3")

    def grade(*script, shown=True, language="python3"):
        test = packages.Test(
            name="secret/1",
            input_path=tmp_path / "1.in",
            answer_path=tmp_path / "1.ans",
            input_bytes=3,
            answer_bytes=1,
            shown=shown,
            args=("--fast",),
        )
        found = next(one for one in Languages.load().all() if one.id == language)
        program = Program(language=found, files={}, entry="main.py")
        box = scripted(script).open()
        return grade_test(box, program, test, LIMITS, YesChecker()), box

    return grade


def test_a_run_that_ends_well_goes_to_the_checker(graded, outcome):
    result, box = graded(outcome(b"3", cpu_ms=12.345, wall_ms=20, memory_kb=9000))
    assert result.message == "fine"
    assert (result.result.verdict, result.result.time_ms, result.result.memory_kb) == (
        "accepted",
        12.35,
        9000,
    )
    command, stdin = box.runs[0]
    assert stdin == b"1 2"
    assert command.argv[-1] == "--fast"


@pytest.mark.parametrize(
    ("fields", "verdict", "why"),
    [
        ({"exit_code": 3}, "runtime_error", "it exited with code 3"),
        ({"signal": 11}, "runtime_error", "it was killed by SIGSEGV"),
        (
            {"signal": 9, "stopped": Stopped.CPU, "cpu_ms": 1201},
            "time_limit_exceeded",
            "more than 1 s of CPU time",
        ),
        (
            {"signal": 9, "stopped": Stopped.WALL, "wall_ms": 3400},
            "time_limit_exceeded",
            "it waits or sleeps",
        ),
        ({"exit_code": 1, "cpu_ms": 1300}, "time_limit_exceeded", "more than 1 s"),
        ({"signal": 9, "stopped": Stopped.MEMORY}, "memory_limit_exceeded", "more than 64 MiB of memory"),
        ({"memory_kb": 65 << 10}, "memory_limit_exceeded", "more than 64 MiB"),
        ({"exit_code": 1, "stderr": b"MemoryError\n"}, "memory_limit_exceeded", "ran out of memory"),
        ({"signal": 9, "stopped": Stopped.OUTPUT}, "output_limit_exceeded", "wrote more than 1 MB"),
    ],
)
def test_the_verdict_of_a_run(graded, outcome, fields, verdict, why):
    result, box = graded(outcome(**fields))
    assert result.result.verdict == verdict
    assert why in result.result.why
    assert len(box.runs) == 1


def test_a_programs_own_words_are_quoted_on_samples_only(graded, outcome):
    failed = {"exit_code": 1, "stderr": b"Traceback\nValueError: the secret is 42\n"}
    assert "the secret is 42" in graded(outcome(**failed))[0].result.why
    assert "secret" not in graded(outcome(**failed), shown=False)[0].result.why


def test_a_borderline_run_is_run_again_and_the_better_time_counts(graded, outcome):
    result, box = graded(outcome(cpu_ms=1100), outcome(cpu_ms=900))
    assert (result.result.verdict, result.result.time_ms, len(box.runs)) == ("accepted", 900, 2)
    result, _ = graded(outcome(cpu_ms=1100), outcome(cpu_ms=1150))
    assert (result.result.verdict, result.result.time_ms) == ("time_limit_exceeded", 1100)
    result, _ = graded(outcome(cpu_ms=1150), outcome(cpu_ms=1050))
    assert (result.result.verdict, result.result.time_ms) == ("time_limit_exceeded", 1050)


def test_a_run_that_computed_and_was_ended_by_real_time_is_run_again(graded, outcome):
    starved = outcome(stopped=Stopped.WALL, cpu_ms=700, wall_ms=3400)
    result, box = graded(starved, outcome(b"3", cpu_ms=800))
    assert (result.result.verdict, result.result.time_ms, len(box.runs)) == ("accepted", 800, 2)
    result, _ = graded(starved, starved)
    assert result.result.verdict == "time_limit_exceeded"


def test_a_sleeper_is_not_run_again(graded, outcome):
    result, box = graded(outcome(stopped=Stopped.WALL, cpu_ms=10, wall_ms=3400))
    assert (result.result.verdict, len(box.runs)) == ("time_limit_exceeded", 1)


def test_far_over_the_limit_is_not_run_again(graded, outcome):
    result, box = graded(outcome(cpu_ms=1250))
    assert (result.result.verdict, len(box.runs)) == ("time_limit_exceeded", 1)


def test_a_runtimes_own_memory_is_not_held_against_the_program(graded, outcome):
    assert graded(outcome(b"3", memory_kb=100 << 10), language="java")[0].result.verdict == "accepted"


def test_limits_reach_past_the_time_limit_so_that_a_borderline_run_is_seen():
    limits = limits_of_test(LIMITS)
    assert limits.cpu_ms > 1200
    assert limits.wall_ms > 2 * limits.cpu_ms
    assert (limits.memory_bytes, limits.output_bytes) == (64 << 20, 1 << 20)


def test_data_that_is_gone_is_no_verdict(graded, outcome, tmp_path):
    graded(outcome(b"3"))
    tmp_path.joinpath("1.in").write_bytes(b"longer than it was when the package was read")
    with pytest.raises(OSError, match="larger than 3 bytes"):
        graded(outcome(b"3"))
