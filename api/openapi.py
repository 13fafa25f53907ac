"""/openapi.json: the API described in OpenAPI 3.1, from the table of routes and the structs it names."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from flask import Response

from api.docstrings import field_docs, structs_of
from api.errors import CONTENT_TYPE, ApiError, InternalError, Problem, StoreAway, UnknownKey
from api.routes import Answer, Route
from judgeline import __version__

_PART = re.compile(r"<(\w+)>")
_REFERENCES = "#/components/schemas/{name}"
_HEADERS = {
    "Idempotency-Key": (
        "A word of the client's choice; the same with the same body is answered as the first time.",
        {"type": "string", "minLength": 1, "maxLength": 255},
    ),
    "Last-Event-ID": (
        "The id of the last event seen, as browsers send it when they come back.",
        {"type": "string"},
    ),
}
_TAGS = {
    "submissions": "Code for a problem.",
    "runs": "Code with a standard input, no problem.",
    "emails": "Messages, for keys with the scope mail.",
    "problems": "What there is to solve, and in which languages.",
    "rejudges": "A problem's submissions judged anew; for operators.",
    "operations": "How the system stands; for operators, hands on it.",
}


def describe(routes: Sequence[Route]) -> bytes:
    """The whole document as JSON."""
    types = list(_types(routes))
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCES)
    for struct in structs_of(types):
        for field, text in field_docs(struct).items():
            _explain(components[struct.__name__]["properties"], field, text)
    by_type = {id(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = _PART.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, by_type, components)
    for route in routes:
        if route.query is not None:
            components.pop(route.query.__name__, None)  # described as parameters, one by one
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Judgeline",
            "version": __version__,
            "description": "Submit code, have it judged, follow the verdict.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key: id.secret"}
            },
        },
    }
    return msgspec.json.encode(document)


def _explain(properties: dict[str, Any], field: str, text: str) -> None:
    """Add a field's explanation to its schema; beside a reference too, as JSON Schema 2020-12 allows."""
    properties[field] = {**properties[field], "description": text}


def serve(document: bytes) -> Response:
    """The answer of GET /openapi.json."""
    return Response(document, content_type="application/json")


def _types(routes: Iterable[Route]) -> Iterable[Any]:
    """Every type that is described, once."""
    seen: dict[int, Any] = {id(Problem): Problem}
    for route in routes:
        for kind in (route.body, route.query, *(answer.body for answer in route.answers.values())):
            if kind is not None:
                seen[id(kind)] = kind
    return seen.values()


def _operation(route: Route, schemas: dict[int, Any], components: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(route, components),
            *_header_parameters(route),
        ],
        "responses": _responses(route, schemas),
        "security": {"anyone": [], "caller": [{"key": []}, {}], "key": [{"key": []}]}[route.access],
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas[id(route.body)]}},
        }
    if route.upload:
        operation["requestBody"] = {"required": True, "content": {route.upload: {}}}
    return operation


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PART.findall(route.path)
    ]


def _query_parameters(route: Route, components: dict[str, Any]) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    properties = components[route.query.__name__]["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "description": _HEADERS[name][0], "schema": _HEADERS[name][1]}
        for name in route.headers
    ]


def _responses(route: Route, schemas: dict[int, Any]) -> dict[str, Any]:
    responses = {str(status): _answer(answer, schemas) for status, answer in route.answers.items()}
    by_status: dict[int, list[type[ApiError]]] = {}
    for kind in dict.fromkeys((*route.errors, *_ANY, *(_KEYED if route.access != "anyone" else ()))):
        by_status.setdefault(kind.status, []).append(kind)
    for status, kinds in sorted(by_status.items()):
        if str(status) not in responses:
            responses[str(status)] = {
                "description": "; ".join(f"{kind.name}: {kind.title}" for kind in kinds),
                "content": {CONTENT_TYPE: {"schema": schemas[id(Problem)]}},
            }
    return responses


def _answer(answer: Answer, schemas: dict[int, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.why}
    if answer.body is not None:
        described["content"] = {answer.content_type: {"schema": schemas[id(answer.body)]}}
    elif answer.content_type != "application/json":
        described["content"] = {answer.content_type: {"schema": {"type": "string"}}}
    return described


_ANY: tuple[type[ApiError], ...] = (InternalError,)
_KEYED: tuple[type[ApiError], ...] = (UnknownKey, StoreAway)
