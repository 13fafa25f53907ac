"""The window between a client and the front: an answer that never comes, and a submit that is repeated."""

import contextlib
import http.client
import json
from urllib.parse import urlsplit

import pytest

from judgeline.chaos.proxy import FaultProxy

SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}


def submit(url, headers, **changes):
    """POST over a connection of its own; gives status and answer, or raises TimeoutError."""
    address = urlsplit(url)
    with contextlib.closing(
        http.client.HTTPConnection(address.hostname, address.port, timeout=1)
    ) as connection:
        body = json.dumps(SUBMISSION | changes)
        connection.request("POST", "/v1/submissions", body, {"Content-Type": "application/json"} | headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_w17_a_submit_whose_answer_never_came_is_repeated_under_its_key_and_is_one_submission(front):
    headers = front.key("submit") | {"Idempotency-Key": "once"}
    with FaultProxy(f"http://127.0.0.1:{front.port}") as proxy:
        proxy.blackhole(requests=False)
        with pytest.raises(TimeoutError):
            submit(proxy.url, headers)
        proxy.heal()
        status, first = submit(proxy.url, headers)
        assert status == 202
        assert submit(proxy.url, headers) == (202, first)
        status, problem = submit(proxy.url, headers, source="print(2)")
        assert (status, problem["type"]) == (409, "/v1/errors/idempotency-mismatch")
    with front.store.reader() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM jobs").all()
    assert [row[0] for row in rows] == [first["id"]]
    consumer = front.consumer()
    assert consumer.claim("w", 1).id == first["id"]
    assert consumer.claim("w2", 1) is None
