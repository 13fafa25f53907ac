import time
from datetime import datetime

import pytest

from judgeline.mail.recipients import RecipientState, RecipientStatus, encode_states
from judgeline.payloads import EmailPayload, decode
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.errors import QueueUnavailable
from judgeline.store.keys import Plan

EMAIL = {"to": ["a@example.org", "b@example.org"], "subject": "Hello", "text": "World"}


def send(front, changes=None, headers=None):
    headers = front.key("mail") if headers is None else headers
    return front.client.post("/v1/emails", json=EMAIL | (changes or {}), headers=headers)


def test_an_email_is_accepted_and_each_recipient_has_a_state(front):
    headers = front.key("mail", plan=Plan.PREMIUM)
    answer = send(front, {"html": "<p>World</p>"}, headers)
    assert answer.status_code == 202
    here = answer.json["links"]["self"]
    assert answer.json["links"]["events"] is None
    assert front.client.get(here, headers=headers).json["recipients"] == {}
    claim = front.mails.claim("w", 1)
    assert claim.priority == "high"
    assert decode(claim.payload) == EmailPayload(**EMAIL, html="<p>World</p>")
    states = {
        "a@example.org": RecipientState(RecipientStatus.SENT, 250, "ok"),
        "b@example.org": RecipientState(RecipientStatus.DEFERRED, 451, "later"),
    }
    front.mails.checkpoint(claim, encode_states(states))
    assert front.client.get(here, headers=headers).json["recipients"]["b@example.org"] == {
        "status": "deferred",
        "code": 451,
        "reply": "later",
    }
    front.mails.finish(claim, Ending(kind=Finish.DONE, result=encode_states(states)))
    done = front.client.get(here, headers=headers).json
    assert done["status"] == "done"
    assert done["recipients"]["a@example.org"]["status"] == "sent"


def test_an_email_for_later_waits_for_its_time(front):
    headers = front.key("mail")
    answer = send(front, {"delay_s": 3_600}, headers)
    assert (answer.status_code, answer.json["status"]) == (202, "delayed")
    here = answer.json["links"]["self"]
    seen = front.client.get(here, headers=headers).json
    assert (seen["status"], seen["position"]) == ("delayed", None)
    wait = datetime.fromisoformat(seen["not_before"]) - datetime.fromisoformat(seen["created_at"])
    assert abs(wait.total_seconds() - 3_600) < 60
    assert front.mails.claim("w", 1) is None
    assert abs(front.mails.look(answer.json["id"]).due_ms - time.time() * 1000 - 3_600_000) < 60_000


def test_one_that_redis_does_not_know_is_still_for_later(front):
    headers = front.key("mail")

    def gone(jobs):
        raise QueueUnavailable("gone")

    front.mails.enqueue = gone
    answer = send(front, {"delay_s": 3_600}, headers)
    assert answer.status_code == 202
    assert front.client.get(answer.json["links"]["self"], headers=headers).json["status"] == "delayed"


def test_without_a_delay_there_is_no_such_time(front):
    headers = front.key("mail")
    here = send(front, {"delay_s": 0}, headers).json["links"]["self"]
    seen = front.client.get(here, headers=headers).json
    assert (seen["status"], seen["not_before"]) == ("queued", None)


def test_the_same_email_at_another_time_is_another_request(front):
    headers = front.key("mail") | {"Idempotency-Key": "k"}
    first = send(front, {"delay_s": 60}, headers)
    assert send(front, {"delay_s": 60}, headers).json == first.json
    assert send(front, {"delay_s": 61}, headers).status_code == 409
    assert send(front, {}, headers).status_code == 409


def test_mail_needs_its_scope_and_is_never_anonymous(front):
    assert send(front, headers={}).json["type"] == "/v1/errors/key-required"
    answer = send(front, headers=front.key("submit", "operate"))
    assert (answer.status_code, answer.json["type"]) == (403, "/v1/errors/missing-scope")


def test_only_its_owner_sees_an_email(front):
    here = send(front).json["links"]["self"]
    assert front.client.get(here).status_code == 404
    assert front.client.get(here, headers=front.key("mail", owner="bob")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": []}, "to"),
        ({"to": ["nobody"]}, "to[0]"),
        ({"to": ["a@example.org\r\nBcc: x@example.org"]}, "to[0]"),
        ({"to": ["a@example.org", "a@example.org"]}, "to"),
        ({"to": ["a@example.org", "a@EXAMPLE.org"]}, "to"),
        ({"to": ["a@b\u00fccher.de", "a@xn--bcher-kva.de"]}, "to"),
        ({"to": [f"{name}@example.org" for name in "abcd"]}, "to"),
        ({"to": ["a@stra\u00dfe.de"]}, "to[0]"),
        ({"subject": "a\r\nBcc: x@example.org"}, "subject"),
        ({"subject": "a\0"}, "subject"),
        ({"subject": "x" * 999}, "subject"),
        ({"text": "a\0"}, "text"),
        ({"html": "a\0"}, "html"),
        ({"sender": "root@localhost"}, "sender"),
        ({"delay_s": -1}, "delay_s"),
        ({"delay_s": 2_592_001}, "delay_s"),
        ({"delay_s": 1.5}, "delay_s"),
        ({"delay_s": "60"}, "delay_s"),
        ({"delay_s": None}, "delay_s"),
    ],
)
def test_a_bad_field_is_named(front, changes, field):
    answer = send(front, changes)
    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == field


def test_what_stands_before_the_at_keeps_its_case(front):
    assert send(front, {"to": ["a@example.org", "A@example.org"]}).status_code == 202


def test_states_that_cannot_be_read_are_none(front):
    headers = front.key("mail")
    here = send(front, headers=headers).json["links"]["self"]
    claim = front.mails.claim("w", 1)
    front.mails.finish(claim, Ending(kind=Finish.DONE, result=b"[]"))
    assert front.client.get(here, headers=headers).json["recipients"] == {}
