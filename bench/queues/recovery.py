"""How long a job waits that was in hand when its worker was killed: the child alone, and all of its machine.

A job that takes a minute runs on one worker while another one is idle. The process that runs it is killed
with SIGKILL, or that process with every other one that was started for it; the figure is the time until the
job starts again. RQ's job has ``Retry(max=3)``, for without it RQ gives up a job whose process was killed.
"""

import os
import signal
import time

from bench.harness import Options
from bench.queues import marks
from bench.queues.arena import Arena, Failed
from bench.queues.contender import OURS, Contender
from bench.queues.drains import Figures
from bench.servers import kill_family, until

_LIMIT_S, _QUICK_LIMIT_S = 15.0, 3.0
_HELD = 1_000_000


def recover(contender: Contender, options: Options) -> tuple[Figures, str]:
    """Give the seconds to the next start after each kind of kill; a note where it did not come."""
    notes = []
    figures: Figures = {}
    limit_s = _LIMIT_S
    if options.quick and contender.name != OURS:
        limit_s = _QUICK_LIMIT_S
    for what in ("child", "machine"):
        times = []
        for _ in range(1 if options.quick or what == "machine" else 3):
            if (took := _once(contender, what, limit_s)) is None:
                notes.append(f"{what}: not within {limit_s:.0f} s")
                break
            times.append(took)
        if times:
            figures[what] = max(times)
    return figures, "; ".join(notes)


def _once(contender: Contender, what: str, limit_s: float) -> float | None:
    with Arena(contender) as arena:
        client = arena.client()
        command = contender.team("one", arena.url)[0]
        victim = arena.start(command)
        client.order("hold", number=_HELD)
        arena.first_mark()
        (_, executor, _), *_ = marks.read(arena.marks)
        other = arena.start(command)
        client.fill(0, 3, bulk=False)  # the first worker is busy, so these show that the second one works
        until(lambda: marks.count(arena.marks) == 4, "the second worker")
        began = time.monotonic()
        if what == "child":
            os.kill(executor, signal.SIGKILL)
        else:
            kill_family(victim.pid)
        while len(starts := _starts(arena)) < 2:
            if time.monotonic() - began > limit_s:
                return None
            if other.poll() is not None:
                raise Failed(f"the other worker ended: {arena.last_words()}")
            time.sleep(0.002)
        return starts[1] - began


def _starts(arena: Arena) -> list[float]:
    """When the held job was started (s, monotonic)."""
    return [at / 1e9 for number, _, at in marks.read(arena.marks) if number == _HELD]
