"""The children of one supervisor: born, told, killed and reaped here."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator

from judgeline.queues.engine import Ending, Finish
from workers import kernel, log
from workers.control import Cancel, Release, Stop, Warn
from workers.death import Death, Sentence
from workers.process import ChildProcess, Life, spawn
from workers.restraint import Restraint
from workers.slot import Snapshot

MOST = 256
_OBEY_S = 5.0
_BEGIN_S = 10.0
_FORK_AGAIN_S = 1.0


class Brood:
    """Keeps ``target`` children alive, each under a name that is used once."""

    def __init__(
        self, supervisor: str, target: int, life: Life, forget: Callable[[], None], *, warning_s: float = 0.0
    ) -> None:
        self._supervisor = supervisor
        self._life = life
        self._warning_s = warning_s
        self._forget = forget
        self._target = self._before = target
        self._born = 0
        self._hold_until = 0.0
        self._restraint = Restraint()
        self._children: dict[int, ChildProcess] = {}
        self.orphaned = False
        """Whether processes that a dead child left are still dying."""
        kernel.adopt_orphans()

    def __iter__(self) -> Iterator[ChildProcess]:
        return iter(list(self._children.values()))

    def __len__(self) -> int:
        return len(self._children)

    @property
    def target(self) -> int:
        """How many children there should be."""
        return self._target

    @property
    def busy(self) -> int:
        """Children with a job in hand."""
        return sum(bool(child.now().job) for child in self)

    def scale(self, by: int) -> None:
        """Want more or fewer children (1 to 256); one too many leaves after its job."""
        target = max(1, min(MOST, self._target + by))
        if target == self._target:
            return
        self._target = target
        log.scaled(target)
        staying = [child for child in self if not child.leaving]
        for child in staying[target:]:
            _tell_to_leave(child)

    def replace(self, target: int, life: Life, warning_s: float) -> None:
        """Have children that live another life: those there are leave after their job."""
        self._before, self._target = self._target, target
        self._life, self._warning_s = life, warning_s
        self._hold_until = 0.0
        for child in self:
            if not child.leaving:
                _tell_to_leave(child)

    def dismiss(self) -> None:
        """Want none any more: no new claims from now on."""
        self._target = 0
        for child in self:
            if not child.leaving:
                _tell_to_leave(child)

    def remind(self) -> None:
        """Tell those that are to leave once more: ten words unheard, and Linux drops the next."""
        for child in self:
            if child.leaving:
                child.tell(Stop())

    def grow(self, now: float) -> None:
        """Bear the children that are missing, unless the last ones died at once."""
        if now < self._hold_until:
            return
        for _ in range(self._missing()):
            self._born += 1
            try:
                child = spawn(f"{self._supervisor}-{self._born}", self._life, self._let_go)
            except OSError as error:  # no process or memory left: those that live go on
                self._hold_until = now + _FORK_AGAIN_S
                log.fork_failed(str(error))
                return
            self._children[child.pid] = child
            log.child_started(child.worker, child.pid)

    def _missing(self) -> int:
        """How many to bear. Beside those that leave, but never more than this generation and the last had.

        Else each reload, and each SIGTTOU with its SIGTTIN, would add as many as have long jobs.
        """
        staying = sum(not child.leaving for child in self)
        return min(self._target - staying, self._before + self._target - len(self))

    def due(self) -> float:
        """When something is to be done about a child next (``time.monotonic()``; infinity: never)."""
        times = [self._due(child) for child in self if not child.killed]
        if self._missing() > 0:
            times.append(self._hold_until)
        return min(times, default=float("inf"))

    def _due(self, child: ChildProcess) -> float:
        """When a child is to be warned of its deadline, or killed at it; infinity while it has none."""
        seen = child.now()
        if not seen.deadline or not seen.steady:
            return float("inf")
        told = not seen.job or child.warned == (seen.job, seen.attempt)
        return seen.deadline if told else self._warn_at(seen)

    def _warn_at(self, seen: Snapshot) -> float:
        return seen.deadline - min(self._warning_s, seen.limit_s / 10)

    def enforce(self, now: float) -> None:
        """Warn children whose job's time is nearly up; kill them when it is, or when they obey no cancel."""
        for child in self:
            seen = child.now()
            if child.killed or not seen.deadline or not seen.steady:
                continue
            if not seen.job:
                if now >= seen.deadline:
                    log.child_hangs(child.worker, seen.stage, seen.limit_s)
                    child.kill()
            elif now >= seen.deadline:
                log.job_timed_out(seen.job, seen.attempt, seen.limit_s)
                child.kill(_sentence(seen, Finish.DEAD, seen.timed_out))
            elif now >= self._warn_at(seen) and child.warned != (seen.job, seen.attempt):
                child.warned = (seen.job, seen.attempt)
                child.tell(Warn(seen.job, seen.attempt))
            elif child.asked is not None:
                *asked, since = child.asked
                if asked == [seen.job, seen.attempt] and now >= since + _OBEY_S:
                    child.kill(_sentence(seen, Finish.CANCELLED, "cancelled while it ran"))

    def cancel(self, child: ChildProcess, job: str, now: float) -> None:
        """Tell a child that its job was cancelled, each time anew: it may have been too early before."""
        seen = child.now()
        asked = (job, seen.attempt)
        if seen.job == job and (child.asked is None or child.asked[:2] != asked):
            child.asked = (*asked, now)
        child.tell(Cancel(job))

    def confront(self, child: ChildProcess, seen: Snapshot, held: list[str], now: float) -> None:
        """Kill a child that holds a job in the queue's view and does not begin it; it goes back unspent.

        A lost reply is asked for again within seconds; who holds a job for longer hangs, or is stopped.
        """
        if not held or (seen.job and seen.steady):
            child.stuck = None
        elif child.stuck is None or child.stuck[:2] != (held, seen.jobs):
            child.stuck = (held, seen.jobs, now)
        elif now >= child.stuck[2] + _BEGIN_S and not child.killed:
            log.child_hangs(child.worker, "claim", now - child.stuck[2])
            child.kill()

    def release(self) -> None:
        """Have every child put its job back unspent."""
        for child in self:
            child.tell(Release())

    def kill(self) -> None:
        """Kill every child; the jobs they hold go back unspent."""
        for child in self:
            child.kill()

    def reap(self) -> list[Death]:
        """Give the deaths since, after killing what the dead left behind."""
        deaths = [death for child in self if (death := child.reap()) is not None]
        for death in deaths:
            del self._children[death.pid]
            if death.expected:
                log.child_left(death.worker)
                continue
            log.child_died(death.worker, death.how, death.last.job, death.last.stage, death.output)
            wait_s = self._restraint.died(death.lived_s, death.last.jobs, self._target)
            if wait_s:
                log.respawn_held(wait_s)
                self._hold_until = time.monotonic() + wait_s
        self.orphaned = (bool(deaths) or self.orphaned) and self._kill_orphans()
        return deaths

    def _kill_orphans(self) -> bool:
        """Kill what a dead child's job left: each child adopts its job's processes, and we adopt the child's.

        True while some are still dying (their own children come up when they have: SIGCHLD tells).
        """
        orphans = [pid for pid in kernel.children() if pid not in self._children]
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
        return bool(orphans)

    def _let_go(self) -> None:
        """In a new child: close the copies of what belongs to its siblings and to the supervisor."""
        for child in self:
            child.close()
        self._forget()


def _sentence(seen: Snapshot, kind: Finish, reason: str) -> Sentence:
    return Sentence(job=seen.job, attempt=seen.attempt, ending=Ending(kind=kind, reason=reason))


def _tell_to_leave(child: ChildProcess) -> None:
    child.leaving = True
    child.tell(Stop())
