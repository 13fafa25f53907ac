"""What somebody who reaches Redis may put on our RQ queues."""

import rq
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer, PickleSerializer

from judgeline.queues.job import JobState
from judgeline.queues.rq.tickets import FUNCTION

from .mails import until


def test_nothing_but_tickets_is_run(make_queue, tmp_path):
    """Whatever somebody who reaches Redis puts on our queue by RQ's own means."""
    queue = make_queue()
    trap = tmp_path / "trap"
    call, hook = rq.Callback("os.abort"), rq.Webhook("http://127.0.0.1:9/", "failed")
    forged = {
        kind: rq.Queue("mails-high", connection=queue.client, serializer=serializer).enqueue(
            function, *arguments, **more
        )
        for kind, serializer, function, arguments, more in (
            ("code", JSONSerializer, "os.system", [f"touch {trap}"], {"retry": rq.Retry(3)}),
            ("pickle", PickleSerializer, "os.system", [f"touch {trap}"], {}),
            ("success", JSONSerializer, FUNCTION, [], {"on_success": call}),
            ("failure", JSONSerializer, FUNCTION, [], {"on_failure": call}),
            ("stopped", JSONSerializer, FUNCTION, [], {"on_stopped": call}),
            ("webhook", JSONSerializer, FUNCTION, [], {"webhooks": [hook]}),
            ("no job", JSONSerializer, FUNCTION, [], {}),
        )
    }
    ours = queue.put()
    queue.start()
    assert queue.ended(ours).state is JobState.DONE
    ids = {job.id for job in forged.values()}
    until(lambda: set(FailedJobRegistry("mails-high", connection=queue.client).get_job_ids()) == ids)
    assert not trap.exists()
    assert [queue.engine.look(job_id) for job_id in ids] == [None] * len(ids)
    said = queue.log.read_text()
    for words in (
        "names code",
        "DeserializationError",
        "it has callbacks",
        "it has webhooks",
        "knows no job",
    ):
        assert words in said
    assert "Failed to send webhook" not in said
