"""A package against itself, and the packages that ship."""

from pathlib import Path

import pytest

from judgeline.judging.packages import Library
from judgeline.judging.verify import derive_time_limit, verify

PROBLEMS = Path(__file__).parents[3] / "problems"
SUM = "print(sum(map(int, input().split())))\n"


def test_a_package_with_one_of_each(judging, make_package):
    package = make_package(
        {
            "submissions/accepted/a.py": SUM,
            "submissions/wrong_answer/b.py": "print(3)\n",
            "submissions/time_limit_exceeded/c.py": "while True: pass\n",
            "submissions/run_time_error/d.py": "1 / 0\n",
            "submissions/rejected/e.py": "print(1)\n",
            "submissions/mixed/f.py": "# @EXPECTED_RESULTS@: WRONG-ANSWER, RUN-ERROR\n1 / 0\n",
            "submissions/compiler_error/g.py": "print(\n",
            "submissions/accepted/h.py": "print(0)\n",
            "submissions/accepted/i.py": "print raw_input()\n",
            "input_validators/valid.py": "import sys\nsys.exit(42 if len(sys.stdin.read()) == 4 else 1)\n",
            "input_validators/picky.py": "import sys\nsys.exit(42 if input() == '1 2' else 'not 1 2')\n",
        }
    )
    rows = {row.name: row for row in verify(package, judging)}
    assert {name: row.state for name, row in rows.items()} == {
        "input_validators/picky.py": "surprise",
        "input_validators/valid.py": "held",
        "accepted/a.py": "held",
        "accepted/h.py": "surprise",
        "accepted/i.py": "skipped",
        "compiler_error/g.py": "held",
        "mixed/f.py": "held",
        "rejected/e.py": "held",
        "run_time_error/d.py": "held",
        "time_limit_exceeded/c.py": "held",
        "wrong_answer/b.py": "held",
    }
    assert rows["input_validators/picky.py"].why == "secret/1: it exited with code 1 (not 1 2)"


def test_a_time_limit_is_derived(judging, make_package):
    package = make_package({".timelimit": None, "submissions/accepted/a.py": SUM})
    assert package.limits.time_from == "default"
    assert derive_time_limit(package, judging) == 1.0


@pytest.mark.parametrize("slug", sorted(path.parent.name for path in PROBLEMS.glob("*/problem.yaml")))
def test_the_packages_that_ship_hold(judging, slug):
    package = Library(PROBLEMS).find(slug)
    surprises = [
        f"{row.name}: {row.got}: {row.why}" for row in verify(package, judging) if row.state == "surprise"
    ]
    assert not surprises
