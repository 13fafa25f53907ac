import pytest

SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "not JSON"),
        (b"hello", "not JSON"),
        (b'{"problem":"aplusb"', "not JSON"),
        (b'{"problem":"aplusb","language":"python3","source":"1"} x', "not JSON"),
        (b'\xef\xbb\xbf{"problem":"aplusb"}', "not JSON"),
        (b'{"problem":"aplusb","language":"python3","source":"\x00"}', "not JSON"),
        (b'{"problem":"aplusb","language":"python3","source":"\\ud800"}', "not JSON"),
        (b'{"problem":"aplusb","language":"python3","source":"\xff"}', "not UTF-8"),
        (b'{"problem":"aplusb","language":"python3","source":"\xed\xa0\x80"}', "not UTF-8"),
    ],
)
def test_what_is_no_json_is_refused(front, body, detail):
    answer = front.client.post("/v1/submissions", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["type"]) == (400, "/v1/errors/invalid-body")
    assert detail in answer.json["detail"]


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"x"'])
def test_json_that_is_no_object_is_refused(front, body):
    answer = front.client.post("/v1/submissions", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["type"]) == (400, "/v1/errors/invalid-field")
    assert "Expected `object`" in answer.json["detail"]


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_must_say_that_it_is_json(front, content_type):
    answer = front.client.post("/v1/submissions", data=b"{}", content_type=content_type)
    assert answer.status_code == 415
    assert "Content-Type: application/json" in answer.json["detail"]


def test_json_may_name_its_charset(front):
    answer = front.client.post(
        "/v1/submissions", json=SUBMISSION, content_type="application/json; charset=utf-8"
    )
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("query", "field"),
    [("wait=soon", "wait"), ("wait=1&wait=2", "wait"), ("colour=red", "colour")],
)
def test_a_bad_parameter_is_named(front, query, field):
    answer = front.client.get(f"/v1/submissions/{front.submit()}?{query}")
    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == field
