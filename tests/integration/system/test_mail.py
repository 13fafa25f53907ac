"""E-mails of a running system, posted over HTTP and taken by a real SMTP server."""

import email
import email.policy

import pytest


@pytest.fixture
def teacher(house):
    return house.key("teacher", "premium", "mail")


def send(house, key, *to):
    body = {"to": list(to), "subject": "Results: Übung 3", "text": "You passed.\n"}
    return house.post("/v1/emails", body, key)


def states(seen):
    return {address: state["status"] for address, state in seen["recipients"].items()}


def test_an_email_arrives(house, post_office, teacher):
    seen = house.ended(send(house, teacher, "ada@post.example"), teacher)
    assert (seen["status"], states(seen)) == ("done", {"ada@post.example": "sent"})
    (content,) = post_office.took("ada@post.example")
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert (message["To"], message["Subject"]) == ("ada@post.example", "Results: Übung 3")
    assert message.get_content().split() == ["You", "passed."]
    assert seen["id"] in message["Message-ID"]


def test_a_partly_refused_one_goes_once_to_those_who_took_it(house, post_office, teacher):
    """One is refused for good, one is deferred at first: only that one is tried again."""
    post_office.answers["nobody@post.example"] = ["550 no such user"] * 3
    post_office.answers["later@post.example"] = ["451 come back in a moment"]
    to = ["taken@post.example", "nobody@post.example", "later@post.example"]
    seen = house.ended(send(house, teacher, *to), teacher)
    assert states(seen) == dict(zip(to, ["sent", "refused", "sent"], strict=True))
    assert seen["recipients"]["nobody@post.example"]["code"] == 550
    assert seen["attempt"] == 2
    assert [len(post_office.took(address)) for address in to] == [1, 0, 1]
    assert len(post_office.answers["nobody@post.example"]) == 2  # asked once, and never again


def test_a_key_without_the_scope_sends_nothing(house, post_office):
    body = {"to": ["spam@post.example"], "subject": "x", "text": "x"}
    for key in ("", house.key("mallory", "premium", "submit")):
        assert house.call("POST", "/v1/emails", body, key).status in {401, 403}
    assert post_office.took("spam@post.example") == []
