import email
import email.policy
from pathlib import Path

import pytest

from judgeline.mail import BadMessage, Message, RecipientState, RecipientStatus, open_mailer

SENDER = "Judgeline <judge@host.example>"
ALICE, BOB, CAROL = "alice@a.example", "bob@b.example", "carol@c.example"
JOB = "01890a5d-ac96-774b-bcce-b302099a8057"


class Notebook:
    """Keeps what ``note`` got, as a checkpoint would."""

    def __init__(self):
        self.pages = []

    def __call__(self, states):
        self.pages.append({address: state.status.value for address, state in states.items()})
        self.states = dict(states)

    states: dict[str, RecipientState] = {}  # noqa: RUF012 - replaced, never changed


def letter(*to, text="Hello\n.\n..dots\n", html=None, job_id=JOB):
    return Message(job_id, to or (ALICE, BOB, CAROL), "A subject", text, html)


@pytest.fixture
def mailer_for(tmp_path):
    mailers = []

    def make(office, *, url=None, timeout_s=5):
        mailers.append(open_mailer(url or office.url, tmp_path / "outbox", SENDER, timeout_s))
        return mailers[-1]

    yield make
    for mailer in mailers:
        mailer.close()


def read(content):
    return email.message_from_bytes(content.replace(b"\r\n", b"\n"), policy=email.policy.default)


def statuses(report):
    return [state.status.value for state in report.recipients.values()]


def test_every_recipient_gets_a_copy_of_its_own(post_office, mailer_for):
    office = post_office()
    book = Notebook()
    report = mailer_for(office).send(letter(html="<b>Hello</b>"), {}, note=book)
    assert report.settled
    assert report.reason == ""
    assert [taken.recipients for taken in office.taken] == [[ALICE], [BOB], [CAROL]]
    for taken in office.taken:
        mail = read(taken.content)
        assert mail["To"] == taken.recipients[0]
        assert mail["Message-ID"] == f"<{JOB}@host.example>"
        assert mail.get_body(("plain",)).get_content() == "Hello\n.\n..dots\n"
        assert mail.get_body(("html",)).get_content() == "<b>Hello</b>\n"
    assert [list(page.values()).count("sent") for page in book.pages] == [1, 2, 3]


def test_the_bytes_sent_are_the_bytes_taken(post_office, mailer_for):
    """Nothing is lost or added on the way: no double dot stays, no line ending is bare."""
    office = post_office()
    mailer_for(office).send(
        letter(ALICE, text="." + "\r\n.\r\n" * 3 + "x" * 3000 + "\rbare"), {}, note=Notebook()
    )
    content = office.taken[0].content
    assert b"\n." in content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) < 998
    assert read(content).get_content() == ".\n.\n\n.\n\n.\n" + "x" * 3000 + "\nbare\n"


def test_one_refused_of_three_is_final_for_that_one_only(post_office, mailer_for):
    office = post_office(rcpt={BOB: ["550 5.1.1 no such user"] * 9})
    mailer = mailer_for(office)
    book = Notebook()
    report = mailer.send(letter(), {}, note=book)
    assert statuses(report) == ["sent", "refused", "sent"]
    assert report.settled
    assert report.recipients[BOB] == RecipientState(RecipientStatus.REFUSED, 550, "5.1.1 no such user")
    again = mailer.send(letter(), book.states, note=book)
    assert again == report
    assert office.offered == [ALICE, BOB, CAROL]


def test_a_deferred_one_is_tried_again_and_nobody_else(post_office, mailer_for):
    office = post_office(rcpt={ALICE: ["451 4.7.1 greylisted"]})
    mailer = mailer_for(office)
    book = Notebook()
    report = mailer.send(letter(), {}, note=book)
    assert statuses(report) == ["deferred", "sent", "sent"]
    assert report.left == [ALICE]
    assert report.reason == "1 of 3 recipients are left: 451 4.7.1 greylisted"
    assert mailer.send(letter(), book.states, note=book).settled
    assert office.got == [BOB, CAROL, ALICE]
    ids = {read(taken.content)["Message-ID"] for taken in office.taken}
    dates = {read(taken.content)["Date"] for taken in office.taken}
    assert len(ids) == len(dates) == 1


def test_a_verdict_on_the_body_speaks_of_one_recipient(post_office, mailer_for):
    office = post_office(data={ALICE: ["554 5.7.1 looks like spam"], BOB: ["452 4.2.2 mailbox full"]})
    report = mailer_for(office).send(letter(), {}, note=Notebook())
    assert statuses(report) == ["refused", "deferred", "sent"]
    assert office.got == [CAROL]


def test_state_is_noted_before_anything_else_can_fail(post_office, mailer_for):
    """Whoever dies in the note of the first recipient finds it settled."""
    office = post_office(rcpt={ALICE: ["550 no"]})
    mailer = mailer_for(office)
    book = Notebook()

    def note(states):
        book(states)
        if len(book.pages) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mailer.send(letter(), {}, note=note)
    assert book.pages == [
        {ALICE: "refused", BOB: "waiting", CAROL: "waiting"},
        {ALICE: "refused", BOB: "sent", CAROL: "waiting"},
    ]
    assert mailer.send(letter(), book.states, note=book).settled
    assert office.got == [BOB, CAROL]
    assert office.offered == [ALICE, BOB, CAROL]
    assert office.sessions == 1


def test_one_connection_serves_many_messages(post_office, mailer_for):
    office = post_office(rcpt={BOB: ["550 no"]})
    mailer = mailer_for(office)
    for number in range(5):
        mailer.send(letter(job_id=f"job-{number}"), {}, note=Notebook())
    assert len(office.taken) == 14
    assert office.sessions == 1


def test_a_stale_connection_is_renewed(post_office, mailer_for):
    office = post_office()
    mailer = mailer_for(office)
    mailer.send(letter(ALICE), {}, note=Notebook())
    office.hang_up()
    assert mailer.send(letter(BOB), {}, note=Notebook()).settled
    assert office.sessions == 2


def test_a_limit_of_messages_a_session_costs_a_connection_and_no_delay(post_office, mailer_for):
    office = post_office(per_session=2)
    to = [f"r{number}@a.example" for number in range(5)]
    report = mailer_for(office).send(letter(*to), {}, note=Notebook())
    assert report.settled
    assert office.got == to
    assert office.sessions == 3


@pytest.mark.parametrize("answer", ["hang", "drop"])
def test_a_lost_reply_after_the_body_is_at_least_once(post_office, mailer_for, answer):
    """The server took it and died: it is tried again, under the same Message-ID."""
    office = post_office(data={ALICE: [answer]}, take_before_drop=True)
    mailer = mailer_for(office, timeout_s=0.2)
    book = Notebook()
    report = mailer.send(letter(), {}, note=book)
    assert statuses(report) == ["deferred", "sent", "sent"]
    assert mailer.send(letter(), book.states, note=book).settled
    assert office.got == [ALICE, BOB, CAROL, ALICE]
    assert len({read(taken.content)["Message-ID"] for taken in office.taken}) == 1


def test_dropped_in_the_middle_of_a_body(post_office, mailer_for):
    office = post_office(drop_in_data=1)
    mailer = mailer_for(office)
    report = mailer.send(letter(text="long\n" * 100_000), {}, note=Notebook())
    assert statuses(report) == ["deferred", "sent", "sent"]
    assert office.got == [BOB, CAROL]


def test_a_body_cut_off_on_a_connection_that_worked_goes_again_at_once(post_office, mailer_for):
    office = post_office()
    mailer = mailer_for(office)
    mailer.send(letter(ALICE), {}, note=Notebook())
    office.drop_in_data = 1
    book = Notebook()
    # More than the kernel's buffers swallow: the sending itself fails, so the server cannot have taken it.
    assert mailer.send(letter(BOB, text="long\n" * 2_000_000), {}, note=book).settled
    assert office.got == [ALICE, BOB]
    assert len(book.pages) == 1


@pytest.mark.parametrize("answer", ["hang", "drop"])
def test_dropped_at_the_recipient_leaves_the_others_their_turn(post_office, mailer_for, answer):
    office = post_office(rcpt={ALICE: [answer] * 9})
    mailer = mailer_for(office, timeout_s=0.3)
    book = Notebook()
    report = mailer.send(letter(), {}, note=book)
    assert statuses(report) == ["deferred", "sent", "sent"]
    assert office.got == [BOB, CAROL]


def test_those_never_tried_come_first(post_office, mailer_for):
    """Two on whom the server breaks off end an attempt; the third has its turn in the next."""
    office = post_office(rcpt={ALICE: ["drop"] * 9, BOB: ["drop"] * 9})
    mailer = mailer_for(office)
    book = Notebook()
    assert statuses(mailer.send(letter(), {}, note=book)) == ["deferred", "deferred", "waiting"]
    assert statuses(mailer.send(letter(), book.states, note=book)) == ["deferred", "deferred", "sent"]


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        ("421 4.3.2 closing for the night", "421 127.0.0.1"),
        ("554 go away", "554 127.0.0.1"),
        ("hang", "timed out"),
    ],
)
def test_no_welcome_defers_everybody(post_office, mailer_for, greeting, said):
    office = post_office(greeting=greeting)
    book = Notebook()
    report = mailer_for(office, timeout_s=0.5).send(letter(), {}, note=book)
    assert statuses(report) == ["deferred"] * 3
    assert said in report.reason
    assert office.sessions == 1
    assert book.states == report.recipients


def test_nobody_listens(mailer_for, post_office):
    with_port = post_office()
    url = "smtp://127.0.0.1:1"
    report = mailer_for(with_port, url=url).send(letter(), {}, note=Notebook())
    assert statuses(report) == ["deferred"] * 3
    assert "refused" in report.reason


def test_login(post_office, mailer_for):
    from_server = post_office(
        options={"auth_required": True, "auth_require_tls": False, "authenticator": let_in}
    )
    good = f"smtp://user:open%20sesame@127.0.0.1:{from_server.port}"
    assert mailer_for(from_server, url=good).send(letter(), {}, note=Notebook()).settled
    for url in (f"smtp://user:wrong@127.0.0.1:{from_server.port}", from_server.url):
        report = mailer_for(from_server, url=url).send(letter(), {}, note=Notebook())
        assert statuses(report) == ["deferred"] * 3  # an operator's fault settles no recipient
        assert "wrong" not in report.reason
        assert "sesame" not in report.reason


def let_in(server, session, envelope, mechanism, login):
    from aiosmtpd.smtp import AuthResult  # noqa: PLC0415 - only these tests know the server's library

    return AuthResult(success=(login.login, login.password) == (b"user", b"open sesame"), handled=False)


def test_starttls_with_a_trusted_certificate(post_office, mailer_for, house_certificate, monkeypatch):
    context, certificate = house_certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    office = post_office(options={"tls_context": context, "require_starttls": True})
    url = f"smtp://localhost:{office.port}?tls=starttls"
    assert mailer_for(office, url=url).send(letter(), {}, note=Notebook()).settled
    assert office.got == [ALICE, BOB, CAROL]


def test_starttls_with_an_unknown_certificate(post_office, mailer_for, house_certificate):
    context, _ = house_certificate
    office = post_office(options={"tls_context": context})
    url = f"smtp://localhost:{office.port}?tls=starttls"
    report = mailer_for(office, url=url).send(letter(), {}, note=Notebook())
    assert statuses(report) == ["deferred"] * 3
    assert "certificate is not trusted" in report.reason
    assert office.got == []


def test_starttls_is_required_not_wished_for(post_office, mailer_for):
    office = post_office()
    url = f"smtp://127.0.0.1:{office.port}?tls=starttls"
    report = mailer_for(office, url=url).send(letter(), {}, note=Notebook())
    assert statuses(report) == ["deferred"] * 3
    assert "STARTTLS" in report.reason


def test_smtps(post_office, mailer_for, house_certificate, monkeypatch):
    context, certificate = house_certificate
    office = post_office(implicit_tls=context)
    url = f"smtps://localhost:{office.port}"
    assert "not trusted" in mailer_for(office, url=url).send(letter(), {}, note=Notebook()).reason
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert mailer_for(office, url=url).send(letter(), {}, note=Notebook()).settled


def test_too_large_for_the_server(post_office, mailer_for):
    office = post_office(options={"data_size_limit": 2_000})
    mailer = mailer_for(office)
    report = mailer.send(letter(text="long\n" * 1_000), {}, note=Notebook())
    assert [state.code for state in report.recipients.values()] == [552] * 3
    assert report.settled
    assert mailer.send(letter(text="short", job_id="other"), {}, note=Notebook()).settled
    assert office.sessions == 1


def test_an_international_address(post_office, mailer_for):
    office = post_office()
    report = mailer_for(office).send(letter("jösé@bücher.example", BOB), {}, note=Notebook())
    assert report.settled
    assert office.got == ["jösé@xn--bcher-kva.example", BOB]
    assert "SMTPUTF8" in office.taken[0].options
    assert "SMTPUTF8" not in office.taken[1].options
    assert office.taken[0].content.startswith("To: jösé@xn--bcher-kva.example\r\n".encode())


def test_an_international_address_at_a_server_without(post_office, mailer_for):
    office = post_office(options={"enable_SMTPUTF8": False})
    report = mailer_for(office).send(letter("jösé@a.example", "bob@bücher.example"), {}, note=Notebook())
    assert statuses(report) == ["refused", "sent"]
    assert "SMTPUTF8" in report.recipients["jösé@a.example"].reply


def test_a_server_that_talks_nonsense(post_office, mailer_for):
    office = post_office(rcpt={ALICE: ["hello?"], BOB: ["354 go on"]})
    report = mailer_for(office).send(letter(BOB), {}, note=Notebook())
    assert statuses(report) == ["deferred"]


def test_time_runs_out(post_office, mailer_for):
    office = post_office()
    report = mailer_for(office).send(letter(), {}, note=Notebook(), within_s=0)
    assert statuses(report) == ["waiting"] * 3
    assert report.reason == "3 of 3 recipients are left: not tried yet"


def test_a_bad_message_reaches_nobody(post_office, mailer_for):
    office = post_office()
    with pytest.raises(BadMessage) as caught:
        mailer_for(office).send(letter(ALICE, "bob@b.example\x00"), {}, note=Notebook())
    assert caught.value.field == "to[1]"
    assert office.sessions == 0


@pytest.mark.parametrize(
    "subject", ["=?utf-8?q?=0D=0ABcc:_eve@e.example?=", "=?utf-8?b?DQpCY2M6IGV2ZUBlLmV4YW1wbGU=?= ü"]
)
def test_an_encoded_word_injects_no_header(post_office, mailer_for, subject):
    office = post_office()
    mailer_for(office).send(Message(JOB, (ALICE,), subject, "text"), {}, note=Notebook())
    mail = read(office.taken[0].content)
    assert mail["Bcc"] is None
    assert office.got == [ALICE]


def test_a_time_limit_in_the_middle_of_a_body_spoils_nothing(post_office, mailer_for, monkeypatch):
    """What cuts an attempt off anywhere must not leave a connection in the middle of a body."""
    office = post_office(data={ALICE: ["hang"]})
    mailer = mailer_for(office, timeout_s=30)
    monkeypatch.setattr("judgeline.mail.session.Session._set_timeout", cut_off)
    with pytest.raises(KeyboardInterrupt):
        mailer.send(letter(), {}, note=Notebook())
    monkeypatch.undo()
    assert mailer.send(letter(BOB), {}, note=Notebook()).settled
    assert office.sessions == 2


def cut_off(self, seconds):
    raise KeyboardInterrupt


def test_the_outbox_is_not_touched(post_office, mailer_for, tmp_path: Path):
    office = post_office()
    mailer_for(office).send(letter(), {}, note=Notebook())
    assert not (tmp_path / "outbox").exists()
