"""Judging: from a POST to the verdict on an idle system, and what a box costs.

The whole system runs: HTTP front, server, supervisor with two children, recorder. A client submits an
accepted solution of ten tests, waits with ``GET ...?wait=``, and pauses before the next one. No two Python
sources are alike; the C++ one is the same each time, and was compiled before.

Beside it one C program (static) and one Python program run in a box of their own, as root where we are root
and as a plain user, against the same binary without any box (posix_spawn and waitpid).
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec

from bench.harness import ROOT, Goal, Options, Rounds, Row, main, percentile, progress, turns
from bench.problem import CPP, PYTHON, SLUG, TESTS, C, write_problem
from bench.servers import folder, free_port, gunicorn, prepared, python, until, valkey, workers
from judgeline.client import Client
from judgeline.judging.sandbox.native import find_compiler

TITLE = "Judging"
CONFIG = """
[queues.submissions]
handler = "judge"
processes = 2

[queues.emails]
handler = "email"

[api]
per_minute = 100_000
"""
PLAIN_UID = 65_534
_PAUSE_S = 0.1
_PATIENCE_S = 30.0

SYSTEM = "system"


def measure(options: Options) -> list[Row]:
    """Submit a series to the system, and run a series in boxes, once a round."""
    rounds = Rounds()
    users = ["root", "plain user"] if os.geteuid() == 0 else ["plain user"]
    with ExitStack() as stack:
        home = stack.enter_context(folder())
        program = _compiled(home, C)
        client = stack.enter_context(_system())
        _submissions(client, 3, "warm")
        _submissions(client, 3, "", "cpp")
        for number, name in turns([SYSTEM, *users], options):
            progress(f"{TITLE}: round {number + 1} of {options.rounds}, {name}")
            if name == SYSTEM:
                times = _submissions(client, options.size(30, 10), f"round {number}")
                rounds.add("system p50", percentile(times, 50))
                rounds.add("system p99", percentile(times, 99))
                times = _submissions(client, options.size(30, 10), "", "cpp")
                rounds.add("system cpp", percentile(times, 50))
            else:
                measured = _boxes(home, program, options.size(400, 100), name)
                for what, figures in measured.items():
                    rounds.add(f"{name} {what}", percentile(figures, 50))
    rows = [
        rounds.row("system p50", "ms", Goal(at_most=40), "POST to verdict, Python, 10 tests, p50"),
        rounds.row("system p99", "ms", what="POST to verdict, Python, 10 tests, the slowest"),
        rounds.row(
            "system cpp", "ms", Goal(at_most=25), "POST to verdict, C++ compiled before, 10 tests, p50"
        ),
    ]
    for user in users:
        rows += [
            rounds.row(f"{user} run", "ms", Goal(at_most=0.8), f"a C test in the box, {user}"),
            rounds.row(f"{user} spawn", "ms", what=f"floor: the same binary by posix_spawn, {user}"),
            rounds.ratio(f"box : floor, {user}", f"{user} run", f"{user} spawn", Goal(at_most=2)),
            rounds.row(f"{user} warm", "ms", Goal(at_most=2), f"a Python test in the box, warm, {user}"),
            rounds.row(f"{user} cold", "ms", what=f"the same, cold, {user}"),
            rounds.row(f"{user} bare", "ms", what=f"floor: the same by python3, no box, {user}"),
            rounds.ratio(f"cold : warm, {user}", f"{user} cold", f"{user} warm", Goal(at_least=6)),
            rounds.row(f"{user} open", "ms", Goal(at_most=5), f"making a box, {user}"),
            rounds.row(f"{user} warm open", "ms", what=f"making a warm box, its program compiled, {user}"),
            rounds.ratio(
                f"warm box : python3 -c pass, {user}", f"{user} warm open", f"{user} pass", Goal(at_most=1.5)
            ),
        ]
    return rows


@contextmanager
def _system() -> Iterator[Client]:
    """Run the parts of the system, with an API key's client in front."""
    with ExitStack() as stack:
        url, home = stack.enter_context(valkey()), stack.enter_context(folder())
        write_problem(home / "problems")
        key = prepared(home, url, CONFIG)
        port = free_port()
        stack.enter_context(workers("recorder", url, home))
        stack.enter_context(workers("submissions", url, home))
        stack.enter_context(gunicorn("api.gunicorn_conf", "api.wsgi:app", url, home, port))
        client = stack.enter_context(closing(Client(f"http://127.0.0.1:{port}", key)))
        until(lambda: client.get("v1/queues")["queues"][0]["workers"] >= 2, "two workers")
        yield client


def _submissions(client: Client, count: int, mark: str, language: str = "python3") -> list[float]:
    """The milliseconds from each POST to its verdict. Raises RuntimeError for any verdict but accepted."""
    times = []
    for number in range(count):
        source = f"{PYTHON}# {mark}, {number}\n" if language == "python3" else CPP
        began = time.perf_counter()
        links = client.submit(problem=SLUG, language=language, source=source)["links"]
        seen = client.get(f"{links['self']}?wait=20")
        while seen["verdict"] is None and time.perf_counter() - began < _PATIENCE_S:
            seen = client.get(f"{links['self']}?wait=20")
        times.append((time.perf_counter() - began) * 1000)
        if seen["verdict"] != "accepted" or len(seen["tests"]) != TESTS:
            raise RuntimeError(f"not accepted: {seen}")
        time.sleep(_PAUSE_S)
    return times


def _boxes(home: Path, program: Path, runs: int, user: str) -> dict[str, list[float]]:
    cache = home / user.replace(" ", "-")
    cache.mkdir(exist_ok=True, mode=0o700)
    command = python("bench.boxes", str(cache), str(program), str(runs))
    if user != "root" and os.geteuid() == 0:
        os.chown(cache, PLAIN_UID, PLAIN_UID)
        command.append(str(PLAIN_UID))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"boxes of {user}: {done.stderr[-2000:]}")
    return msgspec.json.decode(done.stdout, type=dict[str, list[float]])


def _compiled(home: Path, source: str) -> Path:
    program = home / "program"
    (home / "program.c").write_text(source)
    command: list[str | Path] = [find_compiler(), "-O2", "-static", "-o", program, home / "program.c"]
    subprocess.run(command, check=True, timeout=60)
    program.chmod(0o755)
    return program


if __name__ == "__main__":
    main(TITLE, measure, __doc__ or "")
