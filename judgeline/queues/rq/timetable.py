"""The schedules of a queue on RQ: the same markers, the jobs enqueued as any other."""

from redis import Redis

from judgeline.queues.errors import JobConflict, QueueFull
from judgeline.queues.lists.timetable import ListsTimetable
from judgeline.queues.options import QueueOptions
from judgeline.queues.rq.engine import RqEngine
from judgeline.queues.schedules import Fired, Firing


class RqTimetable(ListsTimetable):
    """A queue's schedules. More than one step, but each may be repeated: the id is the slot's."""

    def __init__(self, client: Redis, name: str, options: QueueOptions) -> None:
        super().__init__(client, name, options)
        self._engine = RqEngine(client, name, options)

    def fire(self, firing: Firing) -> Fired:
        """Enqueue a slot's job unless its marker has passed, then move the marker."""
        asked = self._fire(firing, "ask")
        if asked is not Fired.FIRED:
            return asked
        try:
            self._engine.enqueue_for_schedule(firing.job)
        except QueueFull:
            return self._fire(firing, "full")
        except JobConflict:  # fired, and then its payload was changed, before the marker was
            pass
        return self._fire(firing, "done")
