"""Jobs a second: jobs that do nothing, waiting on the queue, drained; and enqueued by one client beforehand.

A rate is counted by the marks the jobs leave, from the moment when all processes of the set-up are at work
(start-up is not in it) to the last job. Slow systems get fewer jobs, about as many as they do in a second and
a half.
"""

import subprocess
from collections import Counter
from collections.abc import Sequence

from redis import Redis

from bench.harness import Options
from bench.processes import cpu_s, family
from bench.queues import marks
from bench.queues.arena import Arena, Client, Failed, watch
from bench.queues.contender import OURS, Contender

_FULL = 20_000
_WINDOW_S, _QUICK_WINDOW_S = 5.0, 2.0
_FEW = 16
_ONE_BY_ONE = 2_000

Figures = dict[str, float]


def drain(contender: Contender, kind: str, options: Options) -> tuple[Figures, str]:
    """Drain a preloaded queue with "one" worker, "two" or the "best" set-up; give jobs/s, and a note."""
    count = jobs(contender, kind, options)
    with Arena(contender) as arena:
        client = arena.client()
        figures = _enqueue(client, count) if kind == "one" else {}
        if not figures:
            client.fill(0, count, bulk=True)
        meter = _Meter(arena, arena.team(kind))
        for _ in watch(arena, count, _QUICK_WINDOW_S if options.quick else _WINDOW_S):
            meter.begin()
        if kind == "one" and contender.kill != "parent":  # where each job has a process, its CPU goes with it
            figures |= meter.read()
        found = marks.read(arena.marks)
        return figures | {"rate": rate(found)}, _doubled(found)


def jobs(contender: Contender, kind: str, options: Options) -> int:
    """How many jobs it gets: what it does in a second and a half, at most 20,000."""
    pace = contender.pace[0 if kind == "one" else 1]
    if options.quick:
        return max(60, min(4_000, int(pace * 0.5)))
    if contender.name == OURS or contender.name.startswith("floor"):
        return _FULL
    return max(120, min(_FULL, int(pace * 1.5)))


def rate(found: list[marks.Mark]) -> float:
    """Jobs/s from when the last process of the set-up had begun. Raises Failed for too few marks."""
    if len(found) < 10:
        raise Failed(f"only {len(found)} jobs ran")
    times = sorted(at for _, _, at in found)
    firsts: dict[int, int] = {}
    for _, pid, at in found:
        firsts[pid] = min(at, firsts.get(pid, at))
    began = max(firsts.values()) if len(firsts) <= _FEW else times[len(times) // 5]
    counted = [at for at in times if at >= began]
    if len(counted) < len(times) * 0.3:  # a process that came when nearly all was done says nothing
        counted = times
    return (len(counted) - 1) / (counted[-1] - counted[0]) * 1e9


def _enqueue(client: Client, count: int) -> Figures:
    """Fill the queue as both figures want it: one by one, and in the system's own call for many."""
    one_by_one = min(count if not client.has_bulk else count // 2, _ONE_BY_ONE)
    figures = {"one by one": client.fill(0, one_by_one, bulk=False)}
    rest = client.fill(one_by_one, count - one_by_one, bulk=True)
    if client.has_bulk:
        figures["bulk"] = rest
    return figures


class _Meter:
    """CPU a job, of the workers and of the server, between two looks at how many jobs have run."""

    def __init__(self, arena: Arena, team: Sequence["subprocess.Popen[bytes]"]) -> None:
        self._arena = arena
        self._team = team
        self._before: tuple[int, float, float] | None = None

    def begin(self) -> None:
        """Count from here, at the first call."""
        self._before = self._before or self._look()

    def read(self) -> Figures:
        """Give us a job since; nothing where no job has run since."""
        after = self._look()
        if self._before is None or after[0] <= self._before[0]:
            return {}
        ran, worker_s, server_s = (now - then for now, then in zip(after, self._before, strict=True))
        return {"worker us": worker_s / ran * 1e6, "server us": server_s / ran * 1e6}

    def _look(self) -> tuple[int, float, float]:
        workers = [pid for worker in self._team for pid in family(worker.pid)]
        with Redis.from_url(self._arena.url) as client:
            spent = client.info("cpu")
        server_s = float(spent["used_cpu_user"]) + float(spent["used_cpu_sys"])
        return marks.count(self._arena.marks), cpu_s(workers), server_s


def _doubled(found: list[marks.Mark]) -> str:
    twice = sum(times > 1 for times in Counter(number for number, _, _ in found).values())
    return f"{twice} jobs ran twice" if twice else ""
