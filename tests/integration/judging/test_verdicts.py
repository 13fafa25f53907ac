"""All eight verdicts, from real programs in real boxes."""

from pathlib import Path

import msgspec
import pytest

SUM = "print(sum(map(int, input().split())))"


def find(languages, id_):
    language = next(language for language in languages.all() if language.id == id_)
    if not language.available:
        pytest.skip(language.missing)


@pytest.mark.parametrize(
    ("source", "verdict", "why"),
    [
        ("print(3)", "wrong_answer", "secret/1"),
        ("print(4)", "wrong_answer", "sample/1: line 1, column 1 (token 1): expected 3, got 4"),
        ("while True: pass", "time_limit_exceeded", "sample/1: it used more than 0.5 s of CPU time"),
        ("import time; print(3, flush=True); time.sleep(60)", "time_limit_exceeded", "it waits or sleeps"),
        ("x = [1] * 10**9", "memory_limit_exceeded", "64 MiB"),
        (
            "while True: print('x' * 10**6)",
            "output_limit_exceeded",
            "it wrote more than 1 MB to standard output",
        ),
        ("1 / 0", "runtime_error", "it exited with code 1 (ZeroDivisionError: division by zero)"),
        ("import os; os.kill(os.getpid(), 11)", "runtime_error", "it was killed by SIGSEGV"),
        ("print(3); exit(7)", "runtime_error", "it exited with code 7"),
        ("print('time limit exceeded')", "wrong_answer", "sample/1"),
        ("import sys; sys.stdout.buffer.write(b'\\0' * 1000)", "wrong_answer", "sample/1"),
        ("import sys; sys.stdout.buffer.write(b'3\\n')", "wrong_answer", "secret/1"),
    ],
)
def test_verdicts_in_python(judging, make_package, source, verdict, why):
    judgement = judging.judge(make_package(), "python3", source)
    assert judgement.verdict == verdict
    assert why in judgement.why


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("int *p = 0; *p = 1;", "runtime_error"),
        ("abort();", "runtime_error"),
        ("volatile int zero = 0; return 7 / zero;", "runtime_error"),
        ("for (;;) ;", "time_limit_exceeded"),
        (
            "volatile char *p = malloc(1L << 28); for (long i = 0; i < 1L << 28; i++) p[i] = 1;",
            "memory_limit_exceeded",
        ),
        ('for (;;) puts("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");', "output_limit_exceeded"),
        ('for (;;) fputs("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", stderr);', "output_limit_exceeded"),
    ],
)
def test_verdicts_in_c(judging, make_package, languages, body, verdict):
    find(languages, "c")
    source = "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nint main(void) { %s return 0; }"
    assert judging.judge(make_package(), "c", source.replace("%s", body)).verdict == verdict


def test_a_java_program_that_runs_out_of_memory(judging, make_package, languages):
    find(languages, "java")
    source = "class Main { public static void main(String[] a) { long[][] x = new long[9999][]; "
    source += "for (int i = 0; ; i++) x[i] = new long[1 << 20]; } }"
    judgement = judging.judge(make_package({".timelimit": "5\n"}), "java", source)
    assert judgement.verdict == "memory_limit_exceeded"


def test_nothing_of_a_secret_test_is_told(judging, make_package):
    secret = {"data/secret/1.in": "987 654\n", "data/secret/1.ans": "1641\n"}
    leak = "import sys\nline = input()\nprint(3) if line == '1 2' else sys.exit(line)"
    judgement = judging.judge(make_package(secret), "python3", leak)
    assert (judgement.verdict, judgement.why) == ("runtime_error", "secret/1: it exited with code 1")
    assert "987" not in str(judgement)


def test_answers_are_out_of_reach(judging, make_package):
    peek = (
        "import os\n"
        "for top in set(os.listdir('/')) - {'proc', 'usr'}:\n"
        "    if os.path.islink('/' + top): continue\n"
        "    for folder, _, files in os.walk('/' + top):\n"
        "        print(*[f for f in files if f.endswith(('.ans', '.in', '.py', '.toml'))], end='')\n"
    )
    assert judging.run("python3", peek).stdout == "main.py"


def test_a_problem_that_every_box_shows_is_not_judged(judging, make_package):
    package = msgspec.structs.replace(make_package(), path=Path("/usr/share/problems/aplusb"))
    judgement = judging.judge(package, "python3", SUM)
    assert judgement.verdict == "judge_error"
    assert "every program can read" in judgement.why


def test_nothing_is_left_from_test_to_test(judging, make_package):
    source = "import os\nassert not os.path.exists('mark')\nopen('mark', 'w').close()\n" + SUM
    assert judging.judge(make_package(), "python3", source).verdict == "accepted"


def test_a_run_with_everything(judging):
    source = "import sys\nprint(input()[::-1])\nprint('oops', file=sys.stderr)"
    result = judging.run("python3", source, b"abc\n", expected_output=b"cba")
    assert (result.verdict, result.stdout, result.stderr, result.exit_code) == (
        "accepted",
        "cba\n",
        "oops\n",
        0,
    )
    assert judging.run("python3", source, b"abc\n", expected_output=b"abc").verdict == "wrong_answer"


def test_a_box_made_ahead_judges_as_well(judging, make_package):
    judging.prepare()
    assert judging.judge(make_package(), "python3", SUM).verdict == "accepted"
