"""One run: start everything, make trouble while jobs come in, wait for every end, look at the evidence.

The main thread does all that has to do with processes; producers and proxies are threads beside it. Whatever
ends a run (its end, an error, Ctrl-C), no process, socket or file of it stays.
"""

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

import msgspec

from judgeline.chaos.attempts import read_attempts
from judgeline.chaos.errors import ChaosError, with_log
from judgeline.chaos.faults import Done, Faults
from judgeline.chaos.findings import (
    Evidence,
    changed_by_emptying,
    count_faults,
    find_broken,
    find_recoveries,
    sum_up,
)
from judgeline.chaos.fleet import Fleet
from judgeline.chaos.history import read_history
from judgeline.chaos.house import House, open_house
from judgeline.chaos.options import QUEUE, ChaosOptions
from judgeline.chaos.plan import BROUGHT_BACK, Fault, plan_blows, plan_jobs, plan_storm
from judgeline.chaos.processes import send, with_variable
from judgeline.chaos.producer import Producer
from judgeline.chaos.progress import Watcher, silent
from judgeline.chaos.proxy import FaultProxy
from judgeline.chaos.records import read_records, watch
from judgeline.chaos.remains import clear, on_queue
from judgeline.chaos.report import Report, recovery
from judgeline.chaos.server import ChaosServer
from judgeline.config import load_config
from judgeline.queues.engine import Engine
from judgeline.queues.open import open_engine
from judgeline.store import jobs
from judgeline.store.database import Store, open_store
from judgeline.store.migrate import migrate

_STEP_S = 0.05
_LOOK_S = 0.25
_GRACE_S = 5.0
_FEW = 20
"""Jobs that may be left when the storm ends: under it the last ones would take for ever."""
_STILL_S = 15.0
"""It ends, too, when so long nothing was recorded: RQ needs longer than that to find out who was killed."""


class Run:
    """What one run has open. Made by ``_opened``."""

    def __init__(self, options: ChaosOptions, house: House, stack: ExitStack) -> None:
        self.options = options
        self.house = house
        migrate(house.database_url)
        self.database = house.folder / "judgeline.db"
        watch(self.database)
        self.server = ChaosServer(house)
        stack.callback(self.server.end)
        self.server.await_answer()
        self.fleet = Fleet(options, house, self.server.url)
        stack.callback(self.fleet.kill)
        self.proxy = stack.enter_context(FaultProxy(self.server.url, path=house.sockets / "api.sock"))
        self.store: Store = stack.enter_context(closing(open_store(house.database_url)))
        queue = load_config(house.config).queues[QUEUE]
        self.engine: Engine = open_engine(QUEUE, queue, self.server.url)
        """Straight to the server, to look at."""
        plan = plan_jobs(options.seed, options.jobs, options.faults)
        self.producer = Producer(plan, options.rate, self.store, open_engine(QUEUE, queue, self.proxy.url))
        stack.callback(self.producer.stop)
        self.faults = Faults(self.fleet, self.server, [self.proxy])
        self.began = time.monotonic()

    def pending(self) -> int:
        """How many accepted jobs have no record yet."""
        with self.store.reader() as connection:
            return jobs.count_pending(connection).get(QUEUE, 0)


def run(options: ChaosOptions, tell: Watcher = silent) -> Report:
    """Run it and give the report. Raises ChaosError where it cannot be run here."""
    began = time.monotonic()
    with open_house(options) as house:
        with _opened(options, house) as this:
            tell(0, "starting")
            _await_workers(this)
            this.began = time.monotonic()
            _storm(this, tell)
            storm_s = time.monotonic() - this.began
            _calm(this, tell)
            tell(this.options.jobs, "looking at the evidence")
            report = _conclude(this, storm_s, began)
        if options.keep:
            (house.folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)))
        return report


@contextmanager
def _opened(options: ChaosOptions, house: House) -> Iterator[Run]:
    with ExitStack() as stack:
        try:
            yield Run(options, house, stack)
        finally:
            stack.close()
            send(_left(house), signal.SIGKILL)


def _await_workers(this: Run) -> None:
    wanted = this.options.supervisors * this.options.children if this.options.engine == "lists" else 0
    deadline = time.monotonic() + 60
    while this.engine.stats().workers < wanted:
        if time.monotonic() > deadline:
            raise with_log("the workers did not start", this.house.log)
        time.sleep(_STEP_S)


def _storm(this: Run, tell: Watcher) -> None:
    """Submits and faults, until all are accepted, all blows were done, and nearly all jobs have ended."""
    options = this.options
    gusts = plan_storm(options.seed, options.faults)
    gust = next(gusts, None)
    blows = plan_blows(options.seed, options.jobs, options.faults)
    this.producer.start()
    look_at, pending, moved_at = 0.0, 0, time.monotonic()
    while (now := time.monotonic()) - this.began < options.storm_s:
        if this.producer.done and not blows and (pending <= _FEW or now - moved_at > _STILL_S):
            break
        _check_producer(this)
        while gust is not None and gust.at_s <= now - this.began:
            this.faults.blow(gust)
            gust = next(gusts, None)
        if blows and this.producer.counts.accepted >= blows[0].after_jobs and this.faults.strike(blows[0]):
            del blows[0]
        _look_after(this)
        if now >= look_at:
            look_at = now + _LOOK_S
            before, pending = pending, this.pending()
            moved_at = now if pending != before else moved_at
            tell(this.producer.counts.accepted - pending, f"{len(this.faults.done)} faults")
        next_gust = this.began + gust.at_s if gust is not None else float("inf")
        time.sleep(
            max(0.001, min(_STEP_S, next_gust - time.monotonic(), this.faults.due() - time.monotonic()))
        )
    this.producer.stop()
    _check_producer(this)


def _check_producer(this: Run) -> None:
    if this.producer.failed is not None:
        raise ChaosError(f"a producer failed: {this.producer.failed!r}") from this.producer.failed


def _look_after(this: Run) -> None:
    this.faults.end_due(time.monotonic())
    this.server.look_after()
    this.server.answers()
    this.fleet.look_after()


def _calm(this: Run, tell: Watcher) -> None:
    """No more faults: everything accepted must end, and be recorded, while anything moves at all."""
    this.faults.end_due()
    for post in this.fleet:
        post.proxy.heal()
    this.proxy.heal()
    this.server.await_answer()
    last, moved_at = -1, time.monotonic()
    while (left := this.pending()) > 0:
        if left != last:
            last, moved_at = left, time.monotonic()
        if time.monotonic() - moved_at > this.options.patience_s:
            return
        _look_after(this)
        tell(this.producer.counts.accepted - left, f"calm, {left} to go")
        time.sleep(_STEP_S)


def _conclude(this: Run, storm_s: float, began: float) -> Report:
    server, options = this.server, this.options
    accepted = this.producer.accepted
    records = read_records(this.database)
    pending = [job_id for job_id in accepted if records.rows[job_id].state == "pending"]
    still_there = on_queue(this.engine, pending)
    totals = this.engine.stats().totals
    version = server.version()
    processes = this.fleet.falls + ([] if this.fleet.drain() else ["a process did not obey SIGTERM"])
    leaked = (
        clear(server.client, this.engine, this.house) if options.engine == "lists" and not pending else []
    )
    server.end()
    processes += [f"pid {pid}" for pid in _left(this.house)]
    evidence = Evidence(
        accepted=accepted,
        attempts=read_attempts(this.house.attempts),
        history=read_history(server.history(), QUEUE),
        records=records,
        faults=this.faults.done,
        on_queue=still_there,
        wall_offset_s=time.time() - time.monotonic(),
        leaked_keys=leaked,
        processes=processes,
    )
    if options.keep:
        (this.house.folder / "faults.jsonl").write_bytes(
            msgspec.json.Encoder().encode_lines(this.faults.done)
        )
    return _report(this, evidence, version, totals, (storm_s, time.monotonic() - began))


def _report(
    this: Run, evidence: Evidence, version: str, totals: dict[str, int], spans: tuple[float, float]
) -> Report:
    options, attempts, rows = this.options, evidence.attempts, evidence.records.rows
    ours = {job_id: done for job_id, done in attempts.by_job.items() if job_id in evidence.accepted}
    duplicates = [job_id for job_id, done in ours.items() if len(done) > 1]
    recovered, recoveries = sum_up(find_recoveries(evidence), evidence.faults)
    counts = this.producer.counts
    states = [rows[job_id].state for job_id in evidence.accepted]
    ended = [rows[job_id] for job_id in evidence.accepted if rows[job_id].state != "pending"]
    return Report(
        seed=options.seed,
        engine=options.engine,
        server=f"{version}, appendfsync always",
        supervisors=options.supervisors,
        children=options.children,
        jobs=len(evidence.accepted),
        ended={state: states.count(state) for state in ("done", "dead", "cancelled", "pending")},
        seconds=round(spans[1], 1),
        storm_s=round(spans[0], 1),
        waited=recovery([(row.finished_ms - row.created_ms) / 1000 for row in ended]),
        executed=attempts.begun,
        broken_off=attempts.begun - attempts.ended,
        duplicates=len(duplicates),
        by_themselves=sum(evidence.accepted[job_id].kind in BROUGHT_BACK for job_id in duplicates),
        most_attempts=max(map(len, ours.values()), default=0),
        completed_twice=sum(
            sum(one.ended is not None for one in ours[job_id]) > 1
            for job_id in duplicates
            if evidence.accepted[job_id].kind not in BROUGHT_BACK
        ),
        most_finishes=max(map(evidence.history.most_ends, evidence.history.ends), default=0),
        most_records=max(evidence.records.recorded.values(), default=0),
        changed_by_emptying=changed_by_emptying(evidence),
        submits={
            "refused by a full queue": counts.refused,
            "without a server": counts.unreachable,
            "died after COMMIT": counts.unsent,
            "left to the sweeper": counts.left,
            "sent twice": counts.twice,
            "cancels": counts.cancels,
        },
        faults=count_faults(evidence.faults),
        kills_a_second=round(_kills(evidence.faults) / max(spans[0], 0.001), 2),
        recovered=recovered,
        recoveries=recoveries,
        server_away=recovery(this.server.away_s),
        totals=totals,
        broken=find_broken(evidence),
    )


def _kills(faults: Sequence[Done]) -> int:
    return sum(fault.fault in (Fault.CHILD, Fault.SUPERVISOR) for fault in faults)


def _left(house: House) -> list[int]:
    """Processes of ours that are still there, after a moment in which they may go."""
    deadline = time.monotonic() + _GRACE_S
    while (left := with_variable("JUDGELINE_HOME", str(house.folder))) and time.monotonic() < deadline:
        time.sleep(_STEP_S)
    return left
