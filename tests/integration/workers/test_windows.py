"""Windows that need whole processes: a supervisor cut off from the server while its child works on."""

from judgeline.chaos.proxy import FaultProxy
from judgeline.queues.open import open_engine


def test_w08_a_supervisor_cut_off_beyond_its_lease_loses_the_job_its_child_still_works_at(
    redis_url, make_pool, tmp_path, helpers
):
    (tmp_path / "far").mkdir()
    (tmp_path / "near").mkdir()
    with FaultProxy(redis_url) as proxy:
        far = make_pool(proxy.url, folder=tmp_path / "far")
        far.engine = open_engine("submissions", far.options["submissions"], redis_url)
        near = make_pool(redis_url, folder=tmp_path / "near")
        far.start_ready("--processes", "1")
        job = far.put(sleep_ms=3_000)
        zombie = far.running(job)
        proxy.blackhole()  # from here on neither a renewal nor a finish arrives
        near.start("--processes", "1")
        taken = helpers.until(
            lambda: (now := near.look(job)).state == "running" and now.attempt == 2 and now,
            "the other one to take over",
        )
        assert (taken.lost, taken.crashes) == (1, 0)
        assert taken.worker != zombie.worker
        ended = near.ended(job)
        assert (ended.state, ended.attempt, ended.worker) == ("done", 2, taken.worker)
        proxy.heal()  # the child that went on is heard again: of an attempt that is over
        helpers.until(lambda: near.engine.stats().workers == 2, "the far one back")
        assert near.look(job) == ended
        assert near.engine.stats().totals["done"] == 1
        again = far.put()
        assert far.ended(again).state == "done"
