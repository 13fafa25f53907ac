"""The drain with a network between worker and server that takes 1 ms each way.

Our own fault proxy carries the workers' connections (clients and the server stay where they are). What counts
is how many round trips a job takes, and how many of them a system has under way at once.
"""

from bench.harness import Options
from bench.queues import marks
from bench.queues.arena import Arena, watch
from bench.queues.contender import Contender
from bench.queues.drains import Figures, jobs, rate
from judgeline.chaos.proxy import FaultProxy

DELAY_S = 0.001
_WINDOW_S, _QUICK_WINDOW_S = 2.0, 1.0


def delayed(contender: Contender, kind: str, options: Options) -> tuple[Figures, str]:
    """Give jobs/s of a set-up behind the slow network."""
    with Arena(contender) as arena:
        count = min(4_000, jobs(contender, kind, options))
        arena.client().fill(0, count, bulk=True)
        with FaultProxy(arena.url) as proxy:
            proxy.delay(requests_s=DELAY_S, replies_s=DELAY_S)
            arena.team(kind, proxy.url)
            for _ in watch(arena, count, _QUICK_WINDOW_S if options.quick else _WINDOW_S):
                pass
            return {"rate": rate(marks.read(arena.marks))}, ""
