"""A repair beside workers at full work finds what moves, and changes nothing."""

import threading
from typing import ClassVar

from redis import Redis

from judgeline.queues.engine import Ending, Finish
from judgeline.queues.lists.audit.survey import Survey, Suspect


class Load:
    """Workers that claim, retry, crash and release, somebody who enqueues and cancels, and a repair."""

    jobs = 600
    options: ClassVar = {"crash_backoff_s": [0], "max_crashes": 50, "max_running_per_user": 1}

    def __init__(self, url, make_rig):
        self.url = url
        self.make_rig = make_rig
        self.stop = threading.Event()
        self.wrong = []
        self.faults = []
        self.suspects = 0

    def thread(self, work):
        def run():
            try:
                with Redis.from_url(self.url) as client:
                    work(self.make_rig(client, **self.options))
            except BaseException as error:
                self.wrong.append(error)
                raise

        return threading.Thread(target=run)

    def submit(self, rig):
        for number in range(0, self.jobs, 5):
            for step in range(5):
                rig.put(f"j{number + step}", priority="high" if number % 2 else "low", user=f"u{step % 3}")
            if number % 50 == 0:
                rig.engine.cancel(f"j{number}")

    def work(self, rig):
        name, sequence, done = f"w{threading.get_ident()}", 0, 0
        while not self.stop.is_set():
            sequence += 1
            claim = rig.consumer.claim(name, sequence)
            if claim is None:
                rig.consumer.tick()
                continue
            done += 1
            kind = (Finish.DONE, Finish.DONE, Finish.RETRY, Finish.RELEASE, None)[done % 5]
            if kind is None:
                rig.consumer.crashed(name, b"{}", blame=False)
                name = f"w{threading.get_ident()}-{done}"
            else:
                rig.consumer.finish(claim, Ending(kind=kind, delay_ms=1))

    def repair(self, rig):
        everything = {Suspect("job", f"j{number}") for number in range(self.jobs)}
        everything |= {Suspect("turns", f"{part}:u{user}") for part in ("high", "low") for user in range(3)}
        everything |= {Suspect("running", f"u{user}") for user in range(3)}
        while not self.stop.is_set():
            self.suspects += len(rig.auditor._survey().suspects)
            self.faults.extend(rig.auditor.mend().faults)
            self.faults.extend(rig.auditor._examine("repair", Survey(suspects=everything), "low"))


def test_repairing_under_load_changes_nothing_that_is_healthy(redis_url, redis_client, make_rig):
    load = Load(redis_url, make_rig)
    submitter, *others = (load.thread(part) for part in (load.submit, load.work, load.work, load.repair))
    for thread in (submitter, *others):
        thread.start()
    submitter.join()
    rig = make_rig(redis_client, **load.options)
    while not load.wrong:
        stats = rig.engine.stats()
        if not (stats.running or stats.delayed or sum(one.queued for one in stats.priorities.values())):
            break
    load.stop.set()
    for thread in others:
        thread.join()
    assert load.wrong == []
    assert load.faults == []
    assert load.suspects > 0  # what was in motion did look wrong
    rig.run_all()
    states = [rig.engine.exists([f"j{number}"])[0] for number in range(load.jobs)]
    assert all(state is not None and state.terminal for state in states)
    totals = rig.engine.stats().totals
    assert totals["done"] + totals["cancelled"] + totals.get("dead", 0) == load.jobs
    assert totals.get("lost", 0) == 0
