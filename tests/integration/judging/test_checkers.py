"""Checkers of packages, in real boxes: right ones, and every way in which one can fail."""

import pytest

CUSTOM = """name: x
validation: custom
validator_flags: two
limits:
  validation_time: 1
  validation_output: 1
"""
RIGHT = """
import sys
judge_input, answer, feedback, *flags = sys.argv[1:]
assert flags == ["two"] and feedback.endswith("/")
a, b = map(int, open(judge_input).read().split())
assert open(answer).read()
words = sys.stdin.read().split()
if words == [str(a + b), str(a - b)]:
    sys.exit(42)
open(feedback + "judgemessage.txt", "w").write(f"wanted {a + b} {a - b}")
open(feedback + "teammessage.txt", "w").write("two numbers, please")
sys.exit(43)
"""
RIGHT_CPP = """
#include "lib.h"
#include <fstream>
#include <iostream>
int main(int argc, char **argv) {
    std::ifstream in(argv[1]);
    int a, b, sum, difference;
    in >> a >> b;
    if (std::cin >> sum >> difference && same(sum, a + b) && same(difference, a - b)) return 42;
    std::ofstream(std::string(argv[3]) + "judgemessage.txt", std::ios::app) << "no";
    return 43;
}
"""
BOTH = "a, b = map(int, input().split()); print(a + b, a - b)"


def package_with(make_package, checker, name="check/check.py"):
    return make_package({"problem.yaml": CUSTOM, f"output_validators/{name}": checker})


def test_a_checker_in_python(judging, make_package):
    package = package_with(make_package, RIGHT)
    assert judging.judge(package, "python3", BOTH).verdict == "accepted"
    wrong = judging.judge(package, "python3", "print(1)")
    assert (wrong.verdict, wrong.why) == ("wrong_answer", "sample/1: two numbers, please")


def test_a_checker_of_several_files_in_cpp(judging, make_package, languages):
    if "cpp" not in [language.id for language in languages.available()]:
        pytest.skip("g++ is not here")
    files = {
        "problem.yaml": CUSTOM,
        "output_validators/check/check.cpp": RIGHT_CPP,
        "output_validators/check/lib.h": "bool same(int a, int b);\n",
        "output_validators/check/lib.cpp": "bool same(int a, int b) { return a == b; }\n",
    }
    package = make_package(files)
    assert judging.judge(package, "python3", BOTH).verdict == "accepted"
    wrong = judging.judge(package, "python3", "print(1)")
    assert (wrong.verdict, wrong.why) == ("wrong_answer", "sample/1: no")


@pytest.mark.parametrize(
    ("checker", "why"),
    [
        ("import sys; sys.exit(7)", "the checker exited with code 7"),
        ("", "the checker exited with code 0"),
        ("1 / 0", "the checker exited with code 1"),
        ("while True: pass", "the checker used more than 1 s"),
        ("while True: print('x' * 10**6)", "the checker printed more than 1 MiB"),
        ("import os; os.abort()", "the checker was killed by SIGABRT"),
        ("import os; os.kill(os.getpid(), 9)", "the checker was killed by SIGKILL"),
        ("import sys\nsys.stderr.write('x' * (2 << 20))", "the checker printed more than 1 MiB"),
        ("import os\nwhile True: os.fork()", "the checker "),
    ],
)
def test_a_checker_that_fails_is_a_judge_error_that_says_why(judging, make_package, checker, why):
    judgement = judging.judge(package_with(make_package, f"#\n{checker}\n"), "python3", BOTH)
    assert judgement.verdict == "judge_error"
    assert why in judgement.why
    assert judging.judge(package_with(make_package, RIGHT), "python3", BOTH).verdict == "accepted"


def test_a_checker_that_does_not_compile_says_where(judging, make_package):
    judgement = judging.judge(package_with(make_package, "print("), "python3", BOTH)
    assert judgement.verdict == "judge_error"
    assert "output_validators/check: the compiler refused the source" in judgement.why


def test_a_checker_that_writes_a_great_deal_and_reads_nothing(judging, make_package):
    checker = "import sys\nfor name in ('judgemessage', 'teammessage'):\n"
    checker += "    open(sys.argv[3] + name + '.txt', 'w').write('x' * (25 << 20))\nsys.exit(43)\n"
    judgement = judging.judge(package_with(make_package, checker), "python3", "print('1 ' * 400_000)")
    assert judgement.verdict == "wrong_answer"
    assert judgement.why.startswith("sample/1: xxx")
    assert len(judgement.why) < 600


def test_a_feedback_folder_that_leads_elsewhere_is_not_followed(judging, make_package):
    checker = "import os, sys\nos.chdir('/tmp')\nos.rename('feedback', 'moved')\n"
    checker += "open('teammessage.txt', 'w').write('no')\nos.symlink('.', 'feedback')\nsys.exit(43)\n"
    judgement = judging.judge(package_with(make_package, checker), "python3", BOTH)
    assert (judgement.verdict, judgement.why) == ("wrong_answer", "sample/1")


def test_a_message_that_is_a_link_is_not_followed(judging, make_package):
    checker = "import os, sys\nos.chdir(sys.argv[3])\n"
    checker += "os.remove('teammessage.txt'); os.symlink('/etc/passwd', 'teammessage.txt')\nsys.exit(43)\n"
    judgement = judging.judge(package_with(make_package, checker), "python3", BOTH)
    assert (judgement.verdict, judgement.why) == ("wrong_answer", "sample/1")
