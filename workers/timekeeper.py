"""Firing what schedules have due: each supervisor looks, once a second; the server decides who is first."""

import time
from collections.abc import Callable, Sequence

from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.schedules import Fired, Firing, Schedule, Timetable, due
from workers import log

LOOK_S = 0.5
"""Not sooner again than this: a supervisor has beats of its own."""


class Timekeeper:
    """Keeps the schedules of one queue."""

    def __init__(
        self, timetable: Timetable, schedules: Sequence[Schedule], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._timetable = timetable
        self._schedules = schedules
        self._clock = clock
        self._looked_at = float("-inf")
        self._hindered = False
        self._full: dict[str, int] = {}
        """Schedule -> the slot that the queue had no room for, told of once."""

    def keep(self) -> None:
        """Fire what is due. A server that cannot be asked now is asked again the next time."""
        if not self._schedules or self._clock() - self._looked_at < LOOK_S:
            return
        self._looked_at = self._clock()
        try:
            self._look()
        except QueueUnavailable as error:
            if not self._hindered:
                log.schedules_hindered(str(error))
            self._hindered = True
        else:
            self._hindered = False

    def _look(self) -> None:
        marks = self._timetable.marks([schedule.mark for schedule in self._schedules])
        for schedule, marker in zip(self._schedules, marks.slots_ms, strict=True):
            firing = due(schedule, marks.now_ms, marker)
            if firing is not None:
                self._tell(schedule, firing, self._timetable.fire(firing))

    def _tell(self, schedule: Schedule, firing: Firing, fired: Fired) -> None:
        if fired is Fired.FULL:
            if self._full.get(schedule.name) != firing.slot_ms:
                log.schedule_full(schedule.name, firing.job.id)
            self._full[schedule.name] = firing.slot_ms
        elif fired is Fired.FIRED:
            log.schedule_fired(schedule.name, firing.job.id)
        missed = firing.passed_over if fired is Fired.FIRED else firing.passed_over + 1
        if missed and fired in (Fired.FIRED, Fired.MISSED):
            log.schedule_missed(schedule.name, missed)
