"""The sample problem that the measurements submit to: two numbers, ten tests, the default checker."""

from pathlib import Path

SLUG = "ten"
TESTS = 10
PYTHON = "print(sum(map(int, input().split())))\n"
C = """
#include <stdio.h>
int main(void) { long a, b; if (scanf("%ld %ld", &a, &b) == 2) printf("%ld\\n", a + b); return 0; }
"""
CPP = """
#include <iostream>
int main() { long a, b; if (std::cin >> a >> b) std::cout << a + b << "\\n"; }
"""


def write_problem(folder: Path) -> None:
    """Write the package into a folder of problems."""
    files = {
        "problem.yaml": "name: Ten sums\nvalidation: default\n",
        "problem_statement/problem.en.tex": "\\problemname{Ten sums}\nAdd two numbers.\n",
    }
    for number in range(1, TESTS + 1):
        files[f"data/secret/{number:02}.in"] = f"{number} {number * number}\n"
        files[f"data/secret/{number:02}.ans"] = f"{number + number * number}\n"
    for name, content in files.items():
        path = folder / SLUG / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
