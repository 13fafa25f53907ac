"""The small problems that attacks are judged by: two numbers in, their sum out."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from judgeline.judging.attacks.attack import Attack, Kind
from judgeline.judging.packages import Package, PackageLimits, load_package

GRANTED = PackageLimits(
    memory_mib=64,
    output_mib=1,
    code_kib=256,
    compilation_time_s=1,
    compilation_memory_mib=256,
    validation_time_s=1,
    validation_memory_mib=64,
    validation_output_mib=1,
)
"""As little as honest programs can live with: an attack that runs into a limit should not take long."""
_ADD = b'int main(void) { int a, b; scanf("%d%d", &a, &b); printf("%d\\n", a + b); }\n'
INNOCENT = {
    "python3": b"print(sum(map(int, input().split())))\n",
    "c": b"#include <stdio.h>\n" + _ADD,
    "cpp": b"#include <stdio.h>\n" + _ADD,
    "perl": b'my ($a, $b) = split " ", <STDIN>; print $a + $b, "\\n";\n',
}
"""Honest solutions, by language."""
INPUT, ANSWER = "20 22\n", "42\n"

_YAML = "name: Sum\nlicense: cc0\nvalidation: {}\n"


def make_package(root: Path, attack: Attack, places: Mapping[str, str]) -> Package:
    """Write the problem for an attack below ``root`` and read it. Raises PackageError, OSError."""
    checked = attack.kind is Kind.CHECKER
    folder = root / (f"sum-{attack.name}" if checked else f"sum-of-{attack.tests}")
    if not folder.exists():
        _write(folder / "problem.yaml", _YAML.format("custom" if checked else "default"))
        _write(folder / "problem_statement/problem.en.md", "Add.\n")
        for number in range(attack.tests):
            _write(folder / f"data/secret/{number}.in", INPUT)
            _write(folder / f"data/secret/{number}.ans", ANSWER)
        if checked:
            _write(folder / f"output_validators/check/{Path(attack.file).name}", attack.source(places))
    package = load_package(folder)
    limits = msgspec.structs.replace(GRANTED, time_s=attack.time_s)
    return msgspec.structs.replace(package, limits=limits)


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
