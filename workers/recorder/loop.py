"""A recorder's life: record, sweep now and then, show a sign of life, survive what is away.

The engine offers no wait for ended jobs, and none is needed: a result is readable from the queue at once, the
store only archives it. So a recorder asks at intervals, short while jobs end (and then a batch shares one
commit), longer while nothing happens: four questions a second and queue when idle.
"""

import time
from collections.abc import Callable, Sequence

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text

from judgeline.config import StoreConfig
from judgeline.errors import JudgelineError
from judgeline.queues.engine import Engine
from judgeline.recorders import sign_alive, take_sweep
from judgeline.store.database import Store
from judgeline.store.recording import MAX_RECORDED
from workers.recorder import log
from workers.recorder.recording import record_ended
from workers.recorder.stopping import Stop, Stopping
from workers.recorder.sweeping import Sweeper

SHORTEST_S = 0.02
LONGEST_S = 0.25
SIGN_S = 1.0
"""How often to show a sign of life, and to look whether Redis was emptied."""
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Waits after failures, one by one; the last one repeats."""


class Recorder:
    """Records the ended jobs of some queues. Any number of them may run side by side."""

    def __init__(
        self, store: Store, engines: Sequence[Engine], client: Redis, config: StoreConfig, stop: Stop
    ) -> None:
        self.recorded = 0
        """Ended jobs that passed through here."""
        self._store = store
        self._engines = engines
        self._client = client
        self._config = config
        self._stop = stop
        self._health = Health()
        self._to_sweep: dict[str, bool] = {}
        """Queues to sweep, until that has come to its end -> whether all of it (Redis was emptied)."""
        self._sweep_at = 0.0
        self._looked_at = float("-inf")
        self._signed_at = float("-inf")

    def run(self) -> None:
        """Work until told to stop."""
        pause = SHORTEST_S
        while not self._stop.requested:
            try:
                most = self.work()
            except (RedisError, JudgelineError) as error:
                pause = self._health.failed(error)
            else:
                self._health.worked()
                pause = _next_pause(pause, most)
            self._stop.wait(pause)

    def work(self) -> int:
        """One round over all queues; the most jobs that one of them gave."""
        if time.monotonic() - self._looked_at >= SIGN_S:
            self._look()
        most = 0
        for engine in self._engines:
            self._break_off_if_stopping()
            count = record_ended(self._store, engine)
            self.recorded += count
            most = max(most, count)
        self._show_sign()
        return most

    def _look(self) -> None:
        """Find out whether Redis was emptied, and sweep if that, or time, asks for it."""
        for engine in self._engines:
            if engine.mark_epoch():
                log.emptied(engine.name)
                self._to_sweep[engine.name] = True
        if time.monotonic() >= self._sweep_at and take_sweep(self._client, self._config.sweep_s):
            self._sweep_at = time.monotonic() + self._config.sweep_s
            for engine in self._engines:
                self._to_sweep.setdefault(engine.name, False)
        for engine in self._engines:
            if engine.name in self._to_sweep:
                self._sweep(engine, everything=self._to_sweep[engine.name])
        self._looked_at = time.monotonic()

    def _sweep(self, engine: Engine, *, everything: bool) -> None:
        sweeper = Sweeper(self._store, engine, self._config.pending_grace_s, self._between)
        swept = sweeper.sweep(everything=everything)
        if swept.enqueued or swept.recorded:
            log.swept(engine.name, swept.enqueued, swept.recorded, left=swept.left)
        if not swept.left:  # else again at the next look: the queue drains meanwhile
            del self._to_sweep[engine.name]

    def _between(self) -> None:
        """Between the steps of a long sweep."""
        self._break_off_if_stopping()
        if self._health.well:  # else the whole round must succeed first
            self._show_sign()

    def _break_off_if_stopping(self) -> None:
        if self._stop.requested:
            raise Stopping

    def _show_sign(self) -> None:
        if time.monotonic() - self._signed_at >= SIGN_S:
            with self._store.reader() as connection:
                connection.execute(text("SELECT 1 FROM jobs WHERE id = ''"))
            sign_alive(self._client)
            self._signed_at = time.monotonic()


class Health:
    """Whether it goes well, and one line in the log when that changes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._since = 0.0
        self._said = ""

    @property
    def well(self) -> bool:
        """Whether the last round went well, or none has been yet."""
        return not self._failures

    def failed(self, error: Exception) -> float:
        """Note a failure; how many seconds to wait before the next try."""
        kind = type(error).__name__
        if not self._failures:
            self._since = self._clock()
        if kind != self._said:
            log.hindered(f"{kind}: {error}")
            self._said = kind
        self._failures += 1
        return BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1]

    def worked(self) -> None:
        """Note that it goes well."""
        if self._failures:
            log.well_again(self._clock() - self._since)
        self._failures = 0
        self._said = ""


def _next_pause(last: float, most: int) -> float:
    """How long to wait after a round in which a queue gave at most ``most`` jobs."""
    if most >= MAX_RECORDED:
        return 0.0
    return SHORTEST_S if most else min(LONGEST_S, max(SHORTEST_S, last * 2))
