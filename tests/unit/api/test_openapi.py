import re

import msgspec
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from api.app import routes
from api.errors import every_error

SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}


@pytest.fixture
def document(front):
    return front.client.get("/openapi.json").json


def check(document, schema, value):
    """Hold a value against a schema of the document."""
    Draft202012Validator({**schema, "components": document["components"]}).validate(value)


def test_it_is_valid(document):
    validate(document)


def test_it_has_every_route_and_no_other(front, document):
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    served = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in front.client.application.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert described == served
    assert len({route.name for route in routes()}) == len(routes())


def test_answers_are_as_described(front, document):
    job_id = front.submit()
    for path, name in (
        ("/v1/problems", "/v1/problems"),
        ("/v1/problems/aplusb", "/v1/problems/{slug}"),
        ("/v1/languages", "/v1/languages"),
        ("/v1/queues", "/v1/queues"),
        ("/v1/errors", "/v1/errors"),
        (f"/v1/submissions/{job_id}", "/v1/submissions/{id}"),
        ("/healthz", "/healthz"),
    ):
        answer = document["paths"][name]["get"]["responses"]["200"]
        check(document, answer["content"]["application/json"]["schema"], front.client.get(path).json)


def test_faults_are_as_described(front, document):
    answer = front.client.post("/v1/submissions", json=SUBMISSION | {"colour": "red"})
    described = document["paths"]["/v1/submissions"]["post"]["responses"]["400"]
    schema = described["content"]["application/problem+json"]["schema"]
    check(document, schema, answer.json)
    assert "invalid-field" in described["description"]


def test_every_kind_of_error_is_described_somewhere(document):
    text = msgspec.json.encode(document["paths"]).decode()
    general = {"method-not-allowed"}  # of a path's other methods, which no operation describes
    assert {kind.name for kind in every_error() if kind.name not in text} == general


def test_fields_are_explained_by_their_docstrings(document):
    schemas = document["components"]["schemas"]
    assert "slug" in schemas["NewSubmission"]["properties"]["problem"]["description"]
    assert schemas["SubmissionView"]["properties"]["memory_kb"]["description"] == (
        "The largest test's peak, KiB."
    )
    assert "Query" not in " ".join(schemas)
