from prometheus_client.parser import text_string_to_metric_families

from judgeline.queues.errors import QueueUnavailable

LABELS = ("route", "method", "status", "queue", "priority", "event", "le")


def samples(front):
    text = front.client.get("/metrics").text
    return {
        (sample.name, *(sample.labels[label] for label in LABELS if label in sample.labels)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status(front):
    front.submit()
    front.client.get("/v1/submissions/nothing")
    front.client.get("/nowhere/1")
    front.client.get("/nowhere/2")
    found = samples(front)
    assert found["judgeline_http_requests_total", "/v1/submissions", "POST", "202"] == 1
    assert found["judgeline_http_requests_total", "/v1/submissions/<id>", "GET", "404"] == 1
    assert found["judgeline_http_requests_total", "(none)", "(any)", "404"] == 2
    assert found["judgeline_http_request_seconds_count", "/v1/submissions"] == 1


def test_queues_are_asked_when_scraped(front):
    front.submit()
    front.submit(front.key("submit", plan="premium"))
    front.queue.claim("w", 1)
    found = samples(front)
    assert found["judgeline_queue_up", "submissions"] == 1
    assert found["judgeline_queue_depth", "submissions", "low"] == 1
    assert found["judgeline_queue_depth", "submissions", "high"] == 0
    assert found["judgeline_queue_running", "submissions"] == 1
    assert found["judgeline_queue_events_total", "submissions", "enqueued"] == 2


def test_a_queue_that_is_away_is_down(front, monkeypatch):
    def away():
        raise QueueUnavailable("gone")

    monkeypatch.setattr(front.queue, "stats", away)
    found = samples(front)
    assert found["judgeline_queue_up", "submissions"] == 0
    assert ("judgeline_queue_running", "submissions") not in found
