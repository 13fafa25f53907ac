"""The verdicts of a running system, each got in all three ways: by poll, ``?wait=`` and event stream."""

from concurrent.futures import ThreadPoolExecutor

import pytest

CASES = [
    ("python3", "aplusb", "accepted/sum.py", "accepted"),
    ("python3", "aplusb", "wrong_answer/float.py", "wrong_answer"),
    ("python3", "birds", "time_limit_exceeded/quadratic.py", "time_limit_exceeded"),
    ("python3", "aplusb", "run_time_error/two_lines.py", "runtime_error"),
    ("python3", "aplusb", "print(", "compile_error"),
    ("cpp", "aplusb", "accepted/sum.cpp", "accepted"),
    ("cpp", "aplusb", "wrong_answer/difference.cpp", "wrong_answer"),
    ("cpp", "birds", "time_limit_exceeded/quadratic.cpp", "time_limit_exceeded"),
    ("cpp", "birds", "run_time_error/below_zero.cpp", "runtime_error"),
    ("cpp", "aplusb", "int main() { return x; }", "compile_error"),
]


def poll(house, path):
    """Ask until it has ended, as a client without patience does."""
    return house.until(lambda: (seen := house.get(path))["status"] == "done" and seen)


@pytest.mark.parametrize(
    ("language", "problem", "source", "verdict"), CASES, ids=[f"{case[0]}-{case[3]}" for case in CASES]
)
def test_a_verdict_by_poll_wait_and_stream(house, language, problem, source, verdict):
    text = house.submission(problem, source) if "/" in source else source
    path = house.submit(text, language, problem)
    with ThreadPoolExecutor(3) as three:
        polled, waited, followed = (
            three.submit(poll, house, path),
            three.submit(house.ended, path),
            three.submit(house.events, path),
        )
    assert polled.result() == waited.result() == followed.result()[-1].data
    result = polled.result()
    assert (result["status"], result["verdict"], result["attempt"]) == ("done", verdict, 1)
    if verdict == "compile_error":
        assert result["compile_output"]
        assert result["tests"] == []
    else:
        last = result["tests"][-1]["verdict"]
        assert last == verdict
        assert all(test["verdict"] == "accepted" for test in result["tests"][:-1])
        assert (len(result["tests"]) == result["tests_total"]) == (verdict == "accepted")


def test_the_stream_shows_progress_test_by_test(house):
    slow = "import time; time.sleep(0.05); print(sum(map(int, input().split())))"
    events = house.events(house.submit(slow))
    names = [event.name for event in events]
    assert names[-1] == "verdict"
    assert names.index("running") < names.index("progress")
    tests = [event.data["test"] for event in events if event.name == "progress" and event.data["tests_total"]]
    total = len(events[-1].data["tests"])
    assert tests == sorted(set(tests))
    assert len(tests) >= total - 1, tests
    assert {event.data["tests_total"] for event in events if event.name == "progress"} >= {total}


def test_the_command_line_shows_the_same(house):
    file = house.folder / "problems" / "aplusb" / "submissions" / "accepted" / "sum.c"
    done = house.judgeline("submit", "aplusb", str(file))
    assert (done.returncode, done.stdout.splitlines()[-1][:24]) == (0, "accepted: 15 of 15 tests")
