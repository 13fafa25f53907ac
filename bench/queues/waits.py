"""From enqueue to the result at a waiting client: of an idle system, and at half of its own capacity.

One worker. A first client enqueues at random times, whether or not anybody keeps up (an open loop), at half
the rate that this worker drained in this round, or that a client enqueued one by one, where that is less. A
second one enqueues a job now and then, waits for its result in the system's own way, and times it from when
it was due.
"""

from bench.harness import Options, percentile
from bench.queues.arena import Arena, Client, Failed
from bench.queues.contender import Contender

_PROBE_RATE, _LEAST_RATE = 60.0, 8.0
_SLOWEST_S = 0.4
_WARM = 5

Figures = dict[str, float]


def wait(contender: Contender, capacity: float, options: Options, seed: int) -> tuple[Figures, str]:
    """Give p50 and p99 in ms, idle and loaded. ``capacity`` is in jobs/s."""
    seconds = 0.6 if options.quick else 2.5
    probe_rate = min(_PROBE_RATE, max(_LEAST_RATE, capacity * 0.05))
    count = max(15, round(probe_rate * seconds))
    with Arena(contender) as arena:
        prober, loader = arena.client(), arena.client()
        arena.team("one")
        _warm_up(prober, probe_rate, seed)
        figures = _shown("idle", _probe(prober, count, probe_rate, seed))
        rate = capacity / 2
        lasts = count / probe_rate + 0.5
        loader.ask("load", rate=rate, seconds=lasts, seed=seed)
        figures |= _shown("loaded", _probe(prober, count, probe_rate, seed + 1))
        told = loader.answer()
        late = float(told["late_s"])
        if late > _SLOWEST_S:
            reached = float(told["sent"]) / (lasts + late)
            return figures, f"one client could enqueue {reached:,.0f}/s only, not {rate:,.0f}"
    return figures, ""


def _warm_up(client: Client, rate: float, seed: int) -> None:
    """A few that do not count; twice, for SAQ's worker may abort a job that it takes as it starts."""
    try:
        _probe(client, _WARM, rate, seed)
    except Failed:
        _probe(client, _WARM, rate, seed)


def _probe(client: Client, count: int, rate: float, seed: int) -> list[float]:
    times = client.order("probe", count=count, rate=rate, seed=seed)["ms"]
    if len(times) != count:
        raise Failed(f"{len(times)} of {count} results came")
    return [float(ms) for ms in times]


def _shown(when: str, times: list[float]) -> Figures:
    return {f"{when} p50": percentile(times, 50), f"{when} p99": percentile(times, 99)}
