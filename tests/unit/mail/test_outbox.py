import email
import email.policy
import os

import pytest

from judgeline.mail import BadMessage, Message, RecipientState, RecipientStatus, open_mailer
from judgeline.mail.outbox import OutboxMailer

JOB = "01890a5d-ac96-774b-bcce-b302099a8057"
LETTER = Message(JOB, ("a@a.example", "b@bücher.example"), "Grüße", "text\n")


@pytest.fixture
def outbox(tmp_path):
    return tmp_path / "var" / "outbox"


@pytest.fixture
def mailer(outbox):
    return open_mailer("", outbox, "Judgeline <judge@host.example>", 5)


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_a_message_becomes_a_file(mailer, outbox):
    notes = []
    report = mailer.send(LETTER, {}, note=notes.append)
    assert isinstance(mailer, OutboxMailer)
    assert report.settled
    assert notes == [report.recipients]
    assert names(outbox) == [f"{JOB}.eml"]
    mail = email.message_from_bytes((outbox / f"{JOB}.eml").read_bytes(), policy=email.policy.default)
    assert mail["To"] == "a@a.example, b@xn--bcher-kva.example"
    assert mail["Subject"] == "Grüße"
    assert mail.get_content() == "text\r\n"


def test_only_the_owner_reads_it(mailer, outbox):
    mailer.send(LETTER, {}, note=lambda _: None)
    assert outbox.stat().st_mode & 0o77 == 0
    assert (outbox / f"{JOB}.eml").stat().st_mode & 0o77 == 0


def test_a_second_attempt_makes_the_same_file(mailer, outbox):
    mailer.send(LETTER, {}, note=lambda _: None)
    before = (outbox / f"{JOB}.eml").read_bytes()
    mailer.send(LETTER, {}, note=lambda _: None)
    assert (outbox / f"{JOB}.eml").read_bytes() == before
    assert len(names(outbox)) == 1


def test_nothing_is_written_when_all_are_settled(mailer, outbox):
    sent = RecipientState(RecipientStatus.SENT)
    report = mailer.send(LETTER, dict.fromkeys(LETTER.to, sent), note=pytest.fail)
    assert report.settled
    assert not outbox.exists()


def test_a_folder_that_cannot_be_is_tried_again(mailer, outbox):
    outbox.parent.write_text("a file in its way")
    notes = []
    report = mailer.send(LETTER, {}, note=notes.append)
    assert {state.status for state in report.recipients.values()} == {RecipientStatus.DEFERRED}
    assert "outbox" in report.reason
    assert notes == [report.recipients]


def test_a_write_that_fails_leaves_nothing_behind(mailer, outbox, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    report = mailer.send(LETTER, {}, note=lambda _: None)
    assert "No space left" in report.reason
    assert names(outbox) == []


def test_an_id_cannot_leave_the_folder(mailer, outbox):
    mailer.send(Message("../../escape", ("a@a.example",), "s", "t"), {}, note=lambda _: None)
    (name,) = names(outbox)
    assert name.endswith(".eml")


def test_a_bad_message_writes_nothing(mailer, outbox):
    with pytest.raises(BadMessage):
        mailer.send(Message(JOB, ("a@a.example",), "s\r\nBcc: b@b.example", "t"), {}, note=pytest.fail)
    assert not outbox.exists()


def test_close_holds_nothing(mailer):
    mailer.close()
