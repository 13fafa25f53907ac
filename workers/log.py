"""What the worker processes say, and in which words: the only module here that words an event.

A job's course is logged at debug only: at thousands of jobs a second a line each would cost more than the
job itself.
"""

import os

import structlog

_log = structlog.get_logger()


def supervisor_started(name: str, processes: int, only: str | None) -> None:
    """A supervisor begins."""
    _log.info("supervisor started", supervisor=name, pid=os.getpid(), processes=processes, only=only or "all")


def supervisor_draining(reason: str, running: int, grace_s: float) -> None:
    """No new claims from here."""
    _log.info("draining", reason=reason, running=running, grace_s=grace_s)


def supervisor_stopped(left: int) -> None:
    """The last child is gone; ``left`` could not be settled: their jobs come back as the lease lapses."""
    _log.info("supervisor stopped", left_to_lease=left)


def scaled(processes: int) -> None:
    """SIGTTIN or SIGTTOU moved the number of children."""
    _log.info("scaled", processes=processes)


def child_started(worker: str, pid: int) -> None:
    """A child was forked."""
    _log.debug("child started", worker=worker, pid=pid)


def child_ready(worker: str) -> None:
    """A child's handler is made."""
    _log.debug("child ready", worker=worker)


def child_unready(worker: str, reason: str) -> None:
    """A child cannot work and claims nothing."""
    _log.error("not ready, nothing is claimed", worker=worker, reason=reason)


def child_left(worker: str) -> None:
    """A child ended as it was asked to."""
    _log.debug("child left", worker=worker)


def child_died(worker: str, how: str, job: str, stage: str, output: str) -> None:
    """A child died in the middle."""
    _log.error("child died", worker=worker, how=how, job=job, stage=stage, output=output)


def child_hangs(worker: str, where: str, seconds: float) -> None:
    """A child is killed for what it does not come to an end with, outside of a job's time."""
    _log.error("child hangs, killed", worker=worker, where=where, seconds=round(seconds, 1))


def fork_failed(reason: str) -> None:
    """The host has no room for another child now."""
    _log.error("cannot fork, trying again", reason=reason)


def respawn_held(seconds: float) -> None:
    """Children die as soon as they are born, so the next one waits."""
    _log.warning("children die at once, holding the next one back", seconds=seconds)


def job_settled(job: str, state: str) -> None:
    """The supervisor settled what a dead child held."""
    _log.warning("job settled for its dead child", job=job, state=state)


def job_timed_out(job: str, attempt: int, seconds: float) -> None:
    """An attempt is over its time, or was told that it nearly is, and ends."""
    _log.warning("job timed out", job=job, attempt=attempt, seconds=round(seconds, 3))


def leftovers(worker: str, count: int) -> None:
    """Processes of a broken off attempt do not die."""
    _log.error("processes of a job are still dying", worker=worker, processes=count)


def reloaded(processes: int, handler: str) -> None:
    """queues.toml was read anew: children that follow it take over from those there are."""
    _log.info("reloaded queues.toml", processes=processes, handler=handler)


def reload_refused(reason: str) -> None:
    """queues.toml was read anew and cannot be followed."""
    _log.error("queues.toml not reloaded, going on as before", reason=reason)


def job_failed(job: str, attempt: int, reason: str) -> None:
    """A handler failed."""
    _log.warning("attempt failed", job=job, attempt=attempt, reason=reason)


def box_hostile(job: str, reason: str) -> None:
    """A box reported what cannot be: broken, or an escape that is being tried."""
    _log.warning("hostile report from a box", job=job, reason=reason)


def job_refused(job: str, attempt: int, kind: str) -> None:
    """A finish came too late: the attempt is somebody else's, or the queue was emptied."""
    _log.warning("finish refused, dropped", job=job, attempt=attempt, ending=kind)


def lease_lost(worker: str) -> None:
    """A living child's lease had lapsed."""
    _log.warning("lease had lapsed, what it held is somebody else's", worker=worker)


def queue_away(reason: str) -> None:
    """Redis cannot be reached; said once."""
    _log.error("queue unreachable, trying again", reason=reason)


def queue_back(seconds: float) -> None:
    """Redis is there again."""
    _log.info("queue reachable again", away_s=round(seconds, 1))


def schedule_fired(schedule: str, job: str) -> None:
    """A schedule was due, and this supervisor was the first to see it."""
    _log.info("schedule fired", schedule=schedule, job=job)


def schedule_missed(schedule: str, slots: int) -> None:
    """Slots passed without a job: nobody was there to fire them, or the queue had no room."""
    _log.warning("schedule missed", schedule=schedule, slots=slots)


def schedule_full(schedule: str, job: str) -> None:
    """The queue takes no job now; said once a slot."""
    _log.warning("no room for a schedule's job, trying until the next is due", schedule=schedule, job=job)


def schedules_hindered(reason: str) -> None:
    """The server cannot be asked for schedules; said once."""
    _log.error("schedules wait for the server", reason=reason)


def moved(reaped: int, promoted: int, dead: int, adopted: int) -> None:
    """A tick moved something worth a line."""
    _log.info("tick", reaped=reaped, promoted=promoted, dead=dead, adopted=adopted)
