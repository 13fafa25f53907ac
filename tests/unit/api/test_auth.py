import pytest

from judgeline.store import keys
from judgeline.store.keys import Plan

SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer x", "Bearer 0123456789abcdef." + "a" * 43, "Basic dTpw", "nonsense", ""],
)
def test_a_key_nobody_has_is_refused_and_never_anonymous(front, header):
    for call in (
        lambda: front.client.post("/v1/submissions", json=SUBMISSION, headers={"Authorization": header}),
        lambda: front.client.get(f"/v1/submissions/{front.submit()}", headers={"Authorization": header}),
    ):
        answer = call()
        assert (answer.status_code, answer.json["type"]) == (401, "/v1/errors/unknown-key")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_ends(front, monkeypatch):
    headers = front.key("submit")
    front.submit(headers)
    with front.services.store.writer() as connection:
        (info,) = keys.list_all(connection)
        keys.revoke(connection, info.id)
    monkeypatch.setattr("api.auth.time.monotonic", lambda: float("1e12"))
    assert front.client.post("/v1/submissions", json=SUBMISSION, headers=headers).status_code == 401


def test_a_key_is_read_once_in_a_while(front, monkeypatch):
    asked = []
    authenticate = keys.authenticate
    monkeypatch.setattr(keys, "authenticate", lambda *args: asked.append(1) or authenticate(*args))
    headers = front.key("submit")
    for _ in range(5):
        front.submit(headers)
    assert len(asked) == 1


def test_a_key_without_the_scope_is_forbidden(front):
    answer = front.client.post("/v1/submissions", json=SUBMISSION, headers=front.key("mail"))
    assert (answer.status_code, answer.json["type"]) == (403, "/v1/errors/missing-scope")
    assert "'submit'" in answer.json["detail"]


def test_strangers_can_be_kept_out(front):
    closed = front.with_api(anonymous=False)
    answer = closed.client.post("/v1/submissions", json=SUBMISSION)
    assert (answer.status_code, answer.json["type"]) == (401, "/v1/errors/key-required")
    closed.submit(front.key("submit"))


def test_use_is_noted(front):
    headers = front.key("submit", plan=Plan.PREMIUM)
    front.submit(headers)
    with front.services.store.reader() as connection:
        (info,) = keys.list_all(connection)
    assert info.last_used_ms > 0
    with front.services.store.writer() as connection:
        connection.exec_driver_sql("UPDATE keys SET last_used_ms = 0")
    front.submit(headers)
    with front.services.store.reader() as connection:
        (info,) = keys.list_all(connection)
    assert info.last_used_ms == 0, "once a minute is enough"
