"""The floor of an HTTP front: a Flask app whose routes check and keep nothing, and answer as ours does."""

from typing import Any

from flask import Flask, request

from judgeline.ids import new_id

app = Flask("bare", static_folder=None)


@app.post("/v1/submissions")
def submit() -> tuple[dict[str, Any], int, dict[str, str]]:
    """Answer at once, the body unread."""
    return _receipt()


@app.post("/v1/parsed")
def submit_parsed() -> tuple[dict[str, Any], int, dict[str, str]]:
    """Read the body as JSON and answer."""
    request.get_json()
    return _receipt()


def _receipt() -> tuple[dict[str, Any], int, dict[str, str]]:
    here = f"/v1/submissions/{(made := new_id())}"
    receipt = {"id": made, "status": "queued", "links": {"self": here, "events": f"{here}/events"}}
    return receipt, 202, {"Location": here}
