"""``python -m bench.boxes FOLDER PROGRAM RUNS [UID]``: times boxes and bare processes, prints JSON.

A process of its own, so that root can measure what a plain user gets: with UID it becomes that user once all
that it imports is loaded, for the files may be closed to it. Figures are milliseconds: "open" (a box is
made), "run" (one test in it, from the call to the outcome), "cold" (the same of a Python program, started
anew), "warm" (forked from an interpreter that stands by), "warm open" (a box is made and its interpreter has
compiled the program), "spawn" (posix_spawn and waitpid of the C program, without any box), "pass" (of
``python3 -c pass``), "bare" (of the Python program).
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.problem import PYTHON
from judgeline.judging.languages import Languages
from judgeline.judging.program import Sources
from judgeline.judging.sandbox import open_sandbox
from judgeline.judging.sandbox.box import Box, Command, Limits, Sandbox

_LIMITS = Limits(cpu_ms=2_000, wall_ms=5_000)
_INPUT = b"20 22\n"
_OUTPUT = b"42\n"
_WARM = 3

Times = dict[str, list[float]]


def main() -> None:
    """Measure and print."""
    folder, program, runs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    if len(sys.argv) > 4:
        _become(int(sys.argv[4]))
    sandbox = open_sandbox(folder)
    times: Times = {"open": _repeat(lambda: sandbox.open().close(), runs // 4, _open_only(sandbox))}
    content = program.read_bytes()
    with sandbox.open() as box:
        box.load({"main": (content, 0o555)})
        times["run"] = _repeat(lambda: _check(box, ["/prog/main"]), runs)
    python = Languages.load().find("python3")
    source = Sources.of_text(python, PYTHON.encode())
    files = {name: (text, 0o444) for name, text in source.files.items()}
    argv = python.run_command(source.entry, "", _LIMITS.memory_bytes >> 20)
    for name, warm in {"cold": None, "warm": python.warm_start()}.items():
        with sandbox.open(binds=python.binds, warm=warm) as box:
            box.load(files)
            times[name] = _repeat(lambda: _check(box, argv), runs // 4)

    def ready() -> float:
        began = time.perf_counter()
        with sandbox.open(binds=python.binds, warm=python.warm_start()) as box:
            box.load(files)
            return (time.perf_counter() - began) * 1000

    times["warm open"] = [ready() for _ in range(max(1, runs // 8))]
    script = Path(folder, f"sum-{os.getpid()}.py")
    script.write_text(PYTHON)
    with Path(folder, f"input-{os.getpid()}").open("w+b", buffering=0) as stdin:
        stdin.write(_INPUT)
        times["spawn"] = _repeat(lambda: _spawn([str(program)], stdin.fileno()), runs)
        times["pass"] = _repeat(lambda: _spawn([argv[0], "-c", "pass"], stdin.fileno()), runs // 4)
        times["bare"] = _repeat(lambda: _spawn([argv[0], str(script)], stdin.fileno()), runs // 4)
    sys.stdout.write(msgspec.json.encode(times).decode() + "\n")


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _repeat(action: Callable[[], None], runs: int, timed: Callable[[], float] | None = None) -> list[float]:
    """The milliseconds of so many runs, after a few that do not count."""
    for _ in range(_WARM):
        action()
    return [timed() if timed else _timed(action) for _ in range(max(1, runs))]


def _timed(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def _open_only(sandbox: Sandbox) -> Callable[[], float]:
    def timed() -> float:
        began = time.perf_counter()
        box = sandbox.open()
        spent = time.perf_counter() - began
        box.close()
        return spent * 1000

    return timed


def _check(box: Box, argv: list[str]) -> None:
    outcome = box.run(Command(argv=argv, limits=_LIMITS), _INPUT)
    if outcome.stdout != _OUTPUT:
        raise RuntimeError(f"it gave {outcome.stdout!r}: {outcome.why} {outcome.stderr!r}")


def _spawn(command: list[str], stdin: int) -> None:
    os.lseek(stdin, 0, os.SEEK_SET)
    pid = os.posix_spawn(
        command[0],
        command,
        {"PATH": "/usr/bin:/bin"},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, stdin, 0),
            (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
        ],
    )
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError("the bare program failed")


if __name__ == "__main__":
    main()
