"""A program does the same warm, cold and under plain python3: what it prints, and how it ends.

The programs are in ``fidelity/*.cases``: ``=== name``, then lines ``key: value`` (see KEYS), then the code.
Each runs twice warm in one box, so that it would also see what its own first run had changed.
"""

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest

from judgeline.judging.sandbox.box import Command, Limits
from judgeline.judging.sandbox.request import ENVIRONMENT

CASES = Path(__file__).parent / "fidelity"
LIMITS = Limits(cpu_ms=10_000, wall_ms=30_000, memory_bytes=1 << 30)
FOLDERS = ("/usr/local/bin", "/usr/bin")
KEYS = {
    "stdin": "the input, a Python literal of text or bytes",
    "code": "the whole program, as such a literal",
    "box_only": "why plain python3 outside of a box differs",
    "warm_stderr": "how standard error differs warm",
    "warm_differs": "how the rest does",
}


def read_cases(path):
    """(name, code, the other keys) of each case in a file."""
    for part in re.split(r"^=== ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        name, _, code = part.partition("\n")
        keys = {}
        while (line := re.match(r"(\w+): (.*)\n", code)) and line[1] in KEYS:
            keys[line[1]] = line[2]
            code = code[line.end() :]
        yield name, as_bytes(keys.pop("code", repr(code))), keys


def as_bytes(literal):
    value = ast.literal_eval(literal)
    return value if isinstance(value, bytes) else value.encode()


def interpreters():
    """Every CPython that boxes show."""
    names = ["python3", *(f"python3.{minor}" for minor in range(8, 20))]
    found = [Path(folder, name) for folder in FOLDERS for name in names]
    return sorted({str(path.resolve()) for path in found if path.exists()})


ALL = {name: (code, keys) for path in sorted(CASES.glob("*.cases")) for name, code, keys in read_cases(path)}
PYTHONS = interpreters()


@pytest.fixture(scope="module", params=PYTHONS or ["none"])
def python(request):
    if not PYTHONS:
        if os.environ.get("CI") == "true":
            pytest.fail("no CPython that boxes show")
        pytest.skip(f"no python3 in {' or '.join(FOLDERS)}")
    return request.param


def in_box(sandbox, argv, code, stdin, *, warm, times):
    with sandbox.open(warm=argv if warm else None) as box:
        box.load({"main.py": (code, 0o444)})
        assert box.warm is warm
        outcomes = [box.run(Command(argv=argv, limits=LIMITS), stdin) for _ in range(times)]
    return [
        (
            outcome.exit_code,
            outcome.signal,
            str(outcome.stopped),
            plain(outcome.stdout),
            plain(outcome.stderr),
        )
        for outcome in outcomes
    ]


def plain(said):
    """Without the addresses of objects, which differ from one start to the next."""
    return re.sub(rb"0x[0-9a-f]{6,}", b"0x...", said)


def outside(python, code, stdin, folder):
    """The same program run by plain python3, as the user's own terminal would."""
    program, work = folder / "prog", folder / "work"
    program.mkdir()
    work.mkdir()
    (program / "main.py").write_bytes(code)
    (folder / "stdin").write_bytes(stdin)
    with (
        (folder / "stdin").open("rb") as source,
        (folder / "out").open("wb") as out,
        (folder / "err").open("wb") as err,
    ):
        command = [python, str(program / "main.py")]
        environment = {**ENVIRONMENT, "TMPDIR": str(work)}
        ended = subprocess.run(
            command, stdin=source, stdout=out, stderr=err, cwd=work, env=environment, check=False, timeout=60
        )
    said = [
        (folder / name).read_bytes().replace(bytes(program), b"/prog").replace(bytes(work), b"/tmp")
        for name in ("out", "err")
    ]
    code_or_signal = (None, -ended.returncode) if ended.returncode < 0 else (ended.returncode, None)
    return (*code_or_signal, "no", *map(plain, said))


@pytest.mark.parametrize("name", ALL)
def test_a_program_does_the_same(name, python, own_sandbox, tmp_path):
    code, keys = ALL[name]
    stdin = as_bytes(keys.get("stdin", "''"))
    argv = (python, "/prog/main.py")
    (cold,) = in_box(own_sandbox, argv, code, stdin, warm=False, times=1)
    first, again = in_box(own_sandbox, argv, code, stdin, warm=True, times=2)
    assert first == again
    if "warm_differs" in keys:
        assert first != cold
    elif "warm_stderr" in keys:
        assert first[:4] == cold[:4]
    else:
        assert first == cold
    if "box_only" not in keys:
        assert cold == outside(python, code, stdin, tmp_path)
