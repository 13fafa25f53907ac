"""One priority: its ring of waiting ids, and the users' lines behind it. No locks, no clock: bookkeeping."""

from collections import Counter, deque


class Lane:
    """Ids that wait at one priority, users taking turns.

    As on Redis: the ring holds the head of each user's line, so a turn costs the same however long they are.
    """

    def __init__(self, *, fair: bool) -> None:
        self.fair = fair
        self.ring: deque[str] = deque()
        """Next in line at the right."""
        self.behind: dict[str, deque[str]] = {}
        self.turns: dict[str, int] = {}
        """User -> ids of that user in the ring; 0 where their line is held back, off the ring."""
        self.delayed = 0
        """Jobs of this priority that wait for a time, not in line."""
        self.fresh: Counter[str] = Counter()
        """User -> those of them that were enqueued so."""
        self.waiting_bytes = 0
        """Payload bytes of what waits, delayed ones too."""
        self.paused = False
        self.credit = 0

    def __len__(self) -> int:
        return len(self.ring) + sum(map(len, self.behind.values()))

    def of(self, user: str) -> int:
        """How many of a user's ids wait, for their turn or their time."""
        return self.turns.get(user, 0) + len(self.behind.get(user, ())) + self.fresh[user]

    def join(self, job_id: str, user: str) -> None:
        """Put an id at the end of the line."""
        if self._must_wait(user):
            self.behind.setdefault(user, deque()).appendleft(job_id)
        else:
            self.ring.appendleft(job_id)
            self._count(user, 1)

    def return_first(self, job_id: str, user: str) -> None:
        """Put an id first of all."""
        self.ring.append(job_id)
        self._count(user, 1)

    def come_back(self, job_id: str, user: str) -> None:
        """Put an id first in its user's line; first of all if the user has nothing in the ring."""
        if self._must_wait(user):
            self.behind.setdefault(user, deque()).append(job_id)
        else:
            self.return_first(job_id, user)

    def put_off(self, user: str) -> None:
        """Count a job that is to join the line later."""
        self.delayed += 1
        self.fresh[user] += 1

    def no_longer_fresh(self, user: str) -> None:
        """One that was put off is so no more."""
        self.fresh[user] -= 1
        if not self.fresh[user]:
            del self.fresh[user]

    def take(self) -> str:
        """Take the next id. Its user's turn is over: ``pass_turn``."""
        return self.ring.pop()

    def pass_turn(self, user: str) -> None:
        """One of a user's ids has left the ring: the user's next one joins its end."""
        self._count(user, -1)
        line = self.behind.get(user)
        if line and user not in self.turns:
            self.ring.appendleft(line.pop())
            self._count(user, 1)
            if not line:
                del self.behind[user]

    def hold_back(self, job_id: str, user: str) -> None:
        """Take a head that was just taken back to its line, which waits off the ring from now on."""
        self.behind.setdefault(user, deque()).append(job_id)
        self.turns[user] = max(0, self.turns.get(user, 0) - 1)

    def let_in(self, user: str) -> None:
        """Let a line that was held back have its head on the ring again, at its end."""
        if self.turns.get(user) == 0:
            self.pass_turn(user)

    def remove(self, job_id: str, user: str) -> None:
        """Take an id off, wherever it waits."""
        line = self.behind.get(user)
        if line and job_id in line:
            line.remove(job_id)
            if not line:
                del self.behind[user]
        elif job_id in self.ring:
            self.ring.remove(job_id)
            self.pass_turn(user)

    def ahead_of(self, job_id: str, user: str) -> int:
        """About how many ids of this lane start before this one."""
        if job_id in self.ring:
            return len(self.ring) - 1 - self.ring.index(job_id)
        line = self.behind[user]
        return min(len(self) - 1, (len(line) - line.index(job_id)) * len(self.ring))

    def _must_wait(self, user: str) -> bool:
        return self.fair and user != "" and user in self.turns

    def _count(self, user: str, delta: int) -> None:
        if user:
            self.turns[user] = self.turns.get(user, 0) + delta
            if self.turns[user] <= 0:
                del self.turns[user]


def choose(lanes: dict[str, Lane], weights: dict[str, int], only: str | None) -> str | None:
    """Choose the lane to serve: smooth weighted round robin over those with work. Pays for the choice.

    A lane without work starts anew: what it owed is forgotten.
    """
    able = [
        name
        for name, lane in lanes.items()
        if lane.ring and not lane.paused and (only is None or only == name)
    ]
    if not able or only is not None:
        return able[0] if able else None
    for name in lanes.keys() - set(able):
        lanes[name].credit = 0
    surplus = sum(lanes[name].credit for name in able) // len(able)
    for name in able:
        lanes[name].credit += weights[name] - surplus
    best = max(able, key=lambda name: lanes[name].credit)
    lanes[best].credit -= sum(weights[name] for name in able)
    return best
