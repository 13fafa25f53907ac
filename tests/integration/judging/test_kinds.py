"""Packages that score, include files, or test their own validators, in real boxes."""

import pytest

from judgeline.judging.verify import verify

SUM = "print(sum(map(int, input().split())))\n"
NEWER = {
    "problem.yaml": "problem_format_version: 2025-09\nname: x\nuuid: x\nlimits: {memory: 64}\n",
    "problem_statement/problem.en.md": None,
    "statement/problem.en.md": "Add.\n",
}
SCORING = {
    **NEWER,
    "problem.yaml": NEWER["problem.yaml"] + "type: scoring\n",
    "data/secret/1.in": None,
    "data/secret/1.ans": None,
    "data/secret/1-small/a.in": "3 4\n",
    "data/secret/1-small/a.ans": "7\n",
    "data/secret/1-small/test_group.yaml": "max_score: 30\n",
    "data/secret/2-large/a.in": "300 400\n",
    "data/secret/2-large/a.ans": "700\n",
    "data/secret/2-large/b.in": "400 500\n",
    "data/secret/2-large/b.ans": "900\n",
    "data/secret/2-large/test_group.yaml": "max_score: 70\nscore_aggregation: sum\n",
}
CHECK = """
import sys
right = int(open(sys.argv[2]).read())
said = sys.stdin.read().split()
if not said or not said[0].isdigit() or abs(int(said[0]) - right) > 1:
    sys.exit(43)
if "2-large" in sys.argv and int(said[0]) != right:
    open(sys.argv[3] + "score_multiplier.txt", "w").write("0.5")
sys.exit(42)
"""


def test_a_score_by_group(judging, make_package):
    package = make_package(SCORING)
    best = judging.judge(package, "python3", SUM)
    assert (best.verdict, best.score, best.max_score) == ("accepted", 100, 100)
    some = judging.judge(package, "python3", "print(min(700, sum(map(int, input().split()))))")
    assert (some.verdict, some.score, some.why.partition(":")[0]) == ("wrong_answer", 65, "secret/2-large/b")
    assert [(group.name, group.verdict, group.score, group.max_score) for group in some.groups] == [
        ("secret/1-small", "accepted", 30, 30),
        ("secret/2-large", "wrong_answer", 35, 70),
    ]
    assert [test.score for test in some.tests] == [None, 0, 35, 0]


def test_a_checker_that_scores(judging, make_package):
    checked = {
        **SCORING,
        "output_validator/check.py": CHECK,
        "data/secret/2-large/test_group.yaml": "max_score: 70\nscore_aggregation: sum\n"
        "output_validator_args: [2-large]\n",
    }
    judgement = judging.judge(make_package(checked), "python3", SUM.replace("sum", "1 + sum"))
    assert (judgement.verdict, judgement.score) == ("accepted", 65)
    wrong = CHECK.replace('"0.5"', '"1.5"')
    broken_package = make_package({**checked, "output_validator/check.py": wrong})
    broken = judging.judge(broken_package, "python3", SUM.replace("sum", "1 + sum"))
    assert broken.verdict == "judge_error"
    assert "secret/2-large/a: the checker gave 1.5 in score_multiplier.txt" in broken.why
    assert broken.score is None


def test_files_beside_an_input_stand_in_the_programs_folder(judging, make_package):
    package = make_package({**NEWER, "data/secret/1.files/more/words.txt": "7\n"})
    source = "a, b = map(int, input().split())\ntry: print(open('more/words.txt').read())\n"
    source += "except FileNotFoundError: print(a + b)\n"
    assert judging.judge(package, "python3", source).verdict == "accepted"


ADD = "def add(a, b): return a + b\n"
CALL = "print({}.add(*map(int, input().split())))\n"


@pytest.mark.parametrize(
    ("include", "source"),
    [
        ({"python3/helper.py": ADD}, "import helper\n" + CALL.format("helper")),
        ({"python3/main.py": "import solution\n" + CALL.format("solution")}, ADD),
        ({"default/data.txt": "", "python3/helper.py": ADD}, "import helper\n" + CALL.format("helper")),
    ],
)
def test_included_files(judging, make_package, include, source):
    files = {f"include/{name}": content for name, content in include.items()}
    judgement = judging.judge(make_package({**NEWER, **files}), "python3", source)
    assert judgement.verdict == "accepted", judgement


def test_verify_holds_every_kind_of_row(judging, make_package):
    package = make_package(
        {
            **SCORING,
            "input_validators/valid.py": "import sys\nsys.exit(42 if len(input().split()) == 2 else 'two')\n",
            "data/invalid_input/one.in": "1\n",
            "data/invalid_input/two.in": "1 2\n",
            "data/invalid_output/wrong.in": "1 2\n",
            "data/invalid_output/wrong.ans": "3\n",
            "data/invalid_output/wrong.out": "4\n",
            "data/valid_output/spaced.in": "1 2\n",
            "data/valid_output/spaced.ans": "3\n",
            "data/valid_output/spaced.out": "  3\n",
            "submissions/accepted/sum.py": SUM,
            "submissions/mixed/low.py": "print(min(700, sum(map(int, input().split()))))\n",
            "submissions/mixed/none.py": "print(0)\n",
            "submissions/submissions.yaml": "mixed/low.py:\n  permitted: [AC, WA]\n  score: 65\n"
            "  secret/1-small: {permitted: [AC], score: 30}\n  secret/2-*: {required: [WA]}\n"
            "mixed/none.py: {score: [1, 100]}\n",
        }
    )
    rows = {row.name: row for row in verify(package, judging)}
    assert {name: (row.state, row.got) for name, row in rows.items()} == {
        "input_validators/valid.py": ("held", "6 accepted"),
        "data/invalid_input": ("surprise", "1 accepted"),
        "data/invalid_output": ("held", "1 refused"),
        "data/valid_output": ("held", "1 accepted"),
        "accepted/sum.py": ("held", "accepted, 100 of 100 points"),
        "mixed/low.py": ("held", "wrong_answer, 65 of 100 points"),
        "mixed/none.py": ("surprise", "wrong_answer, 0 of 100 points"),
    } | {name: (row.state, row.got) for name, row in rows.items() if row.kind == "package"}
    assert rows["data/invalid_input"].why == "invalid_input/two: no validator refuses it"
    assert "the score is 0.0, expected 1 to 100" in rows["mixed/none.py"].why
