"""A dispatch costs the server the same commands whatever waits: counted, not timed."""

import pytest
from redis import Redis

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import NewJob
from judgeline.queues.lists import ListsConsumer, ListsEngine
from judgeline.queues.options import QueueOptions

LEVELS = (10, 10_000)


def commands(client: Redis) -> dict[str, int]:
    """Give how often each command ran; those that only read the counts left out."""
    counted = {name: stat["calls"] for name, stat in client.info("commandstats").items()}
    return {name: calls for name, calls in counted.items() if name != "cmdstat_info"}


def queue_of(client, name, **options):
    chosen = QueueOptions(handler="noop", max_queued_per_user=20_000, **options)
    return ListsEngine(client, name, chosen), ListsConsumer(client, client, name, chosen)


def fill(engine, count, user, priority="low"):
    for start in range(0, count, 100):
        engine.enqueue(
            [
                NewJob(id=f"{priority}-{user}-{n}", priority=priority, user=user, payload=b"{}")
                for n in range(start, min(start + 100, count))
            ]
        )


@pytest.mark.parametrize("options", [{}, {"max_running_per_user": 50}])
def test_a_claim_and_a_finish_take_as_many_commands_behind_ten_thousand_as_behind_ten(redis_client, options):
    spent = []
    for waiting in LEVELS:
        engine, consumer = queue_of(redis_client, f"q{waiting}", **options)
        for user in ("many", "more"):
            fill(engine, waiting // 2, user)
        fill(engine, 5, "one")
        fill(engine, 5, "one", "high")
        before = commands(redis_client)
        claim, users = consumer.claim("w", 1), []
        for sequence in range(2, 10):
            users.append(claim.user)
            _, claim = consumer.finish(claim, Ending(kind=Finish.DONE), next_sequence=sequence)
        after = commands(redis_client)
        assert users.count("one") >= 4
        spent.append(
            {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
        )
        spent[-1].pop("cmdstat_hkeys", None)  # once in five seconds old slots of the rates are looked for
        spent[-1].pop("cmdstat_script|load", None)
    assert spent[0] == spent[1]
    assert sum(spent[0].values()) < 9 * 45


def test_a_dispatch_past_a_user_at_the_bound_takes_as_many_commands_however_long_the_line(redis_client):
    spent = []
    for waiting in LEVELS:
        engine, consumer = queue_of(redis_client, f"q{waiting}", max_running_per_user=1)
        fill(engine, waiting, "many")
        fill(engine, 3, "one")
        consumer.claim("u", 1)
        before = commands(redis_client)
        assert [consumer.claim(worker, 1).user for worker in "v"] == ["one"]
        assert consumer.claim("w", 1) is None
        after = commands(redis_client)
        spent.append({name: after[name] - before.get(name, 0) for name in after})
        spent[-1].pop("cmdstat_script|load", None)
    assert {k: v for k, v in spent[0].items() if v} == {k: v for k, v in spent[1].items() if v}
