"""A queue in three parts on a cluster, whose parts lose a server while jobs run."""

import pytest

from judgeline.events import EventListener, Wake
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.sharded import shard_names, shard_of


def test_a_lost_server_holds_up_its_shards_only_and_its_replica_takes_over(
    doubled, start_workers, eventually
):
    workers = start_workers(doubled.url, 'shards = 3\ndurability = "replica"')
    tags = shard_names("submissions", 3)
    owners = [doubled.owner(tag) for tag in tags]
    lost = owners[0]
    struck = [index for index in range(3) if owners[index] is lost]
    replica = doubled.replicas[doubled.primaries.index(lost)]
    ids = {index: [name for name in map(str, range(300)) if shard_of(name, 3) == index] for index in range(3)}
    well = next((index for index in range(3) if index not in struck), None)
    assert well is not None, "this queue's three shards lie on one node: give the test another name"

    early = [job_id for index in range(3) for job_id in ids[index][:5]]
    for job_id in early:
        workers.put(job_id, b'{"sleep_ms": 10}')
    listener = EventListener(doubled.url)
    try:
        with listener.watch(workers.engine.channel(ids[struck[0]][10])) as watch:
            assert watch.confirmed.is_set()
            replica.pause()  # nobody takes over until it goes on
            lost.kill()
            late = ids[well][5:25]
            for job_id in late:
                workers.put(job_id)
            eventually(lambda: all(workers.state(job_id) is JobState.DONE for job_id in late), "the others")
            with pytest.raises(QueueUnavailable):
                workers.engine.enqueue([NewJob(id=ids[struck[0]][5], priority="low", payload=b"{}")])
            replica.go_on()
            eventually(lambda: replica.role() == "master", "the replica to take over")
            assert watch.wait(30) is Wake.CATCH_UP
            last = ids[struck[0]][10]
            workers.put(last, unconfirmed=True)
            eventually(lambda: workers.state(last) is JobState.DONE, "a job of the shard that was lost")
            eventually(lambda: all(workers.state(job_id) is JobState.DONE for job_id in early), "every job")
            states = [one.state for one in iter(lambda: watch.wait(1), None) if one is not Wake.CATCH_UP]
            assert states[-1] is JobState.DONE
    finally:
        listener.stop()
