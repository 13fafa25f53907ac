"""A queue that a test may spoil by hand, and its auditor."""

import pytest

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import NewJob
from judgeline.queues.keys import Keys
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.lists.audit import Auditor
from judgeline.queues.lists.scripts import Scripts
from judgeline.queues.lists.settings import settings_of
from judgeline.queues.options import QueueOptions

QUEUE = "audited"
KEYS = Keys(QUEUE)


class TwiceScripts(Scripts):
    """Runs each repair twice, as a client does that lost the reply; the second finds nothing."""

    def run(self, name, *arguments):
        answer = super().run(name, *arguments)
        if name == "repair":
            assert not any(super().run(name, *arguments))
        return answer


class Rig:
    """A queue, its auditor, and hands that may do what no script does."""

    def __init__(self, client, **options):
        self.client = client
        self.options = QueueOptions(handler="noop", **options)
        self.engine = ListsEngine(client, QUEUE, self.options)
        self.consumer = ListsConsumer(client, client, QUEUE, self.options, chance=lambda: 0.5)
        self.auditor = Auditor(client, QUEUE, self.options, between_s=0)

    def put(self, *ids, priority="low", user=""):
        self.engine.enqueue(
            [NewJob(id=job_id, priority=priority, user=user, payload=b"{}") for job_id in ids]
        )

    def lose_replies(self):
        """Have each repair asked for twice from now on."""
        self.auditor._scripts = TwiceScripts(self.client, KEYS.prefix, settings_of(self.options))

    def run_all(self):
        """Work until nothing waits, is delayed or held; give the ids that ended done."""
        done, sequence = [], 0
        while True:
            sequence += 1
            if claim := self.consumer.claim("all", sequence):
                accepted, _ = self.consumer.finish(claim, Ending(kind=Finish.DONE, result=b"1"))
                assert accepted
                done.append(claim.id)
                continue
            for name in ("delayed", "workers"):  # all is due, every lease has lapsed
                for member, _ in self.client.zscan_iter(KEYS.named(name)):
                    self.client.zadd(KEYS.named(name), {member: 1})
            moved = self.consumer.tick()
            if not (moved.reaped or moved.promoted):
                break
        self.consumer.leave("all")
        return sorted(done)


@pytest.fixture
def make_rig():
    return Rig


@pytest.fixture
def rig(redis_client):
    return Rig(redis_client, max_running_per_user=3)
