import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judgeline.mail import MailError, RecipientState, RecipientStatus, Report, decode_states, encode_states
from judgeline.mail.recipients import MAX_REPLY_CHARACTERS, begin, one_line, turns

WAITING = RecipientState(RecipientStatus.WAITING)
SENT = RecipientState(RecipientStatus.SENT, 250, "OK")
DEFERRED = RecipientState(RecipientStatus.DEFERRED, 451, "later")
REFUSED = RecipientState(RecipientStatus.REFUSED, 550, "no")


def test_a_checkpoint_comes_back_as_it_was():
    states = {"a@a.example": SENT, "b@b.example": DEFERRED, "ü@c.example": WAITING}
    assert decode_states(encode_states(states)) == states
    assert decode_states(b"") == {}


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"a":{}}', b'{"a":{"status":"gone"}}', b"\xff"])
def test_what_is_no_checkpoint(data):
    with pytest.raises(MailError):
        decode_states(data)


def test_the_settled_are_left_alone_and_the_untried_come_first():
    states = begin(["a", "b", "c", "d", "a"], {"a": DEFERRED, "b": SENT, "c": REFUSED, "other": SENT})
    assert states == {"a": DEFERRED, "b": SENT, "c": REFUSED, "d": WAITING}
    assert turns(states) == ["d", "a"]


def test_a_report_says_what_is_left():
    assert Report({"a": SENT, "b": REFUSED}).settled
    report = Report({"a": SENT, "b": WAITING, "c": DEFERRED})
    assert not report.settled
    assert report.left == ["b", "c"]
    assert report.reason == "2 of 3 recipients are left: 451 later"


@settings(deadline=None)
@given(st.text())
def test_a_servers_words_are_one_short_line(text):
    line = one_line(text)
    assert len(line) <= MAX_REPLY_CHARACTERS
    assert line.isprintable()
