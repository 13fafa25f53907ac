"""The same drain while every 250 ms a process that works jobs is killed with SIGKILL.

Two workers. A victim is a process that has run at least one job; where a parent of its own starts it anew,
that is left to it, and what was started by us and is gone is started again at once, as a service manager
does. It ends when every job has run, or after a fixed time: what waits for a visibility timeout of minutes
then counts as not finished within it.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections import Counter

from bench.harness import Options
from bench.queues import marks
from bench.queues.arena import Arena
from bench.queues.contender import Contender
from bench.queues.drains import Figures

_EVERY_S = 0.25
_LIMIT_S, _QUICK_LIMIT_S = 12.0, 3.0
_LASTS_S, _QUICK_LASTS_S = 3.0, 1.0
_MOST = 20_000


def survive(contender: Contender, options: Options) -> tuple[Figures, str]:
    """Give jobs, missing ones, ones run more than once, kills, and the time to the end in s."""
    limit_s = _QUICK_LIMIT_S if options.quick else _LIMIT_S
    lasts_s = _QUICK_LASTS_S if options.quick else _LASTS_S
    count = min(_MOST, int(contender.pace[0] * lasts_s))
    with Arena(contender) as arena:
        arena.client().fill(0, count, bulk=True)
        commands = contender.team("two", arena.url)
        gang = _Gang(arena, contender.kill)
        team = [arena.start(command) for command in commands]
        arena.first_mark()
        began = last = time.monotonic()
        done = 0
        while done < count and time.monotonic() - began < limit_s:
            for place, worker in enumerate(team):
                if worker.poll() is not None:
                    team[place] = arena.start(commands[place])
            if time.monotonic() - last >= _EVERY_S and gang.strike(team):
                last = time.monotonic()
            time.sleep(0.01)
            if marks.count(arena.marks) >= count:
                done = len({number for number, _, _ in marks.read(arena.marks)})
        spent = time.monotonic() - began
        runs = Counter(number for number, _, _ in marks.read(arena.marks))
    missing = count - len(runs)
    figures = {
        "jobs": float(count),
        "missing": float(missing),
        "twice": float(sum(times > 1 for times in runs.values())),
        "kills": float(gang.kills),
        "limit": limit_s,
    }
    if not missing:
        figures["time"] = spent
    return figures, ""


class _Gang:
    """Kills."""

    def __init__(self, arena: Arena, whom: str) -> None:
        self._arena = arena
        self._whom = whom
        self._seen = 0
        self._turn = 0
        self._dead: set[int] = set()

    @property
    def kills(self) -> int:
        """How many it killed."""
        return len(self._dead)

    def strike(self, team: list["subprocess.Popen[bytes]"]) -> bool:
        """Kill the one that worked last; False where that one is dead, or nobody worked since."""
        mark, count = marks.last(self._arena.marks), marks.count(self._arena.marks)
        if mark is None or count == self._seen:
            return False
        victim = mark[1]
        if self._whom == "parent":  # a process a job: the one that started it is the worker
            self._turn = (self._turn + 1) % len(team)
            victim = team[self._turn].pid
        if victim in self._dead:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            self._dead.add(victim)
            self._seen = count
            return True
        return False
