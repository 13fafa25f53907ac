import pytest

from api.errors import ApiError, every_error

SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}


def test_every_kind_is_listed_and_told_apart():
    kinds = list(every_error())
    assert len({kind.name for kind in kinds}) == len(kinds)
    assert all(kind.__doc__ and kind.title for kind in kinds)
    assert {kind.status for kind in kinds} == {400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503}
    assert all(issubclass(kind, ApiError) for kind in kinds)


def test_a_type_leads_to_its_meaning(front):
    kind = front.client.get("/nowhere").json["type"]
    answer = front.client.get(kind)
    assert answer.json["type"] == kind
    assert answer.json["status"] == 404
    listed = front.client.get("/v1/errors").json["errors"]
    assert answer.json in listed
    assert len(listed) == len(list(every_error()))
    assert front.client.get("/v1/errors/none").status_code == 404


def test_an_unknown_path_is_a_problem_document(front):
    answer = front.client.get("/nowhere")
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "type": "/v1/errors/not-found",
        "title": "There is no such thing",
        "status": 404,
        "detail": "there is nothing at /nowhere",
    }


def test_a_wrong_method_names_the_right_ones(front):
    answer = front.client.delete("/v1/problems")
    assert (answer.status_code, answer.json["type"]) == (405, "/v1/errors/method-not-allowed")
    assert "GET" in answer.headers["Allow"]


def test_a_fault_of_ours_shows_nothing_of_the_inside(front, capsys):
    class Bad:
        def find(self, _slug):
            raise RuntimeError("secret")

    answer = front.with_services(problems=Bad()).client.post("/v1/submissions", json=SUBMISSION)
    assert (answer.status_code, answer.json["type"]) == (500, "/v1/errors/internal-error")
    assert b"secret" not in answer.data
    assert "secret" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["/v1/submissions/", "//v1/submissions", "/v1"])
def test_near_paths_are_not_found(front, path):
    assert front.client.get(path).status_code == 404


def test_a_doubled_slash_is_no_redirect_to_whatever_host_was_named(front):
    answer = front.client.get("/v1//submissions/x", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_a_long_name_of_an_unknown_field_is_not_said_again_whole(front):
    answer = front.client.post("/v1/submissions", json=SUBMISSION | {"x" * 5_000: 1})
    assert answer.json["errors"][0]["field"] == "x" * 100 + "…"
    assert len(answer.data) < 1_000
