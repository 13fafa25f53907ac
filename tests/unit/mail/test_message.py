import email
import email.policy
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judgeline.mail import BadMessage, Message, build_message, check_message
from judgeline.mail.address import parse_sender
from judgeline.mail.message import copy_for, job_name

SENDER = parse_sender("Judgeline <judge@host.example>")
JOB = "01890a5d-ac96-774b-bcce-b302099a8057"
PRINTED = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])


def message(**fields):
    return Message(**{"job_id": JOB, "to": ("a@a.example",), "subject": "s", "text": "t"} | fields)


def wire(made):
    return copy_for(build_message(made, SENDER).as_bytes(), made.to[0])


def read(data):
    return email.message_from_bytes(data.replace(b"\r\n", b"\n"), policy=email.policy.default)


@settings(deadline=None)
@given(st.text(PRINTED, max_size=998) | st.text("=?utf8QBqb_ \t0DA:", max_size=80))
def test_any_subject_arrives_and_adds_no_header(subject):
    data = wire(message(subject=subject))
    head = data.partition(b"\r\n\r\n")[0]
    names = re.findall(rb"^([^ \t:]+):", head, re.MULTILINE)
    assert names == [
        *(b"To", b"From", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted"),
        *(b"Content-Type", b"Content-Transfer-Encoding", b"MIME-Version"),
    ]
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert str(email.header.make_header(email.header.decode_header(read(data).get("Subject", "")))) == subject


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_any_body_arrives_in_clean_lines(text, html):
    data = wire(message(text=text, html=html))
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\0" not in data
    assert data.isascii()
    mail = read(data)
    for kind, body in (("plain", text), ("html", html)):
        assert mail.get_body((kind,)).get_content().replace("\r\n", "\n") == lines(body)


def lines(text):
    """Give the text as mail carries it: lines that end."""
    return "".join(line + "\n" for line in re.split("\r\n|\r|\n", text)[:-1]) + end(text)


def end(text):
    last = re.split("\r\n|\r|\n", text)[-1]
    return last + "\n" if last or not text else ""


def test_the_same_job_gives_the_same_bytes():
    first, second = (wire(message(text="x", html="<p>x</p>")) for _ in range(2))
    assert first == second
    assert read(first)["Date"] == "Fri, 30 Jun 2023 03:34:18 +0000"  # the id's own time
    assert read(first)["Message-ID"] == f"<{JOB}@host.example>"
    assert read(first)["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    "job_id", ["../../etc/passwd", "a b", "a\r\nBcc: x", "a:b", ".", "..", "x" * 129, "ü", ""]
)
def test_an_odd_id_becomes_its_digest(job_id):
    assert re.fullmatch("[0-9a-f]{64}", job_name(job_id))
    assert read(wire(message(job_id=job_id)))["Message-ID"] == f"<{job_name(job_id)}@host.example>"


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("to", {"to": ()}),
        ("to[1]", {"to": ("a@a.example", "b@b.example\r\nBcc: c@c.example")}),
        ("to[0]", {"to": ("a@a.example\n",)}),
        ("to[0]", {"to": ("a\0@a.example",)}),
        ("to[0]", {"to": ("a@a.example>",)}),
        ("to[0]", {"to": ("a\u2028@a.example",)}),
        ("to[0]", {"to": ("a@b@c.example",)}),
        ("to[0]", {"to": ("a" * 65 + "@a.example",)}),
        ("to[0]", {"to": ("a@straße.example",)}),
        ("to[0]", {"to": ("a@" + "ü" * 64 + ".example",)}),
        ("to[0]", {"to": ("\ud800@a.example",)}),
        ("subject", {"subject": "a\r\nBcc: c@c.example"}),
        ("subject", {"subject": "a\n"}),
        ("subject", {"subject": "a\rb"}),
        ("subject", {"subject": "a\0b"}),
        ("subject", {"subject": "a\u2028b"}),
        ("subject", {"subject": "a\x85b"}),
        ("subject", {"subject": "\ud800"}),
        ("subject", {"subject": "x" * 999}),
        ("text", {"text": "\ud800"}),
        ("html", {"html": "\udfff"}),
    ],
)
def test_what_no_message_may_carry(field, fields):
    with pytest.raises(BadMessage) as caught:
        check_message(message(**fields))
    assert caught.value.field == field
    with pytest.raises(BadMessage):
        build_message(message(**fields), SENDER)


def test_an_encoded_word_for_an_address_stays_an_address():
    """Nothing decodes it on the way to the wire."""
    assert wire(message(to=("=?utf-8?q?=0D=0ABcc=3A?=@a.example",))).startswith(
        b"To: =?utf-8?q?=0D=0ABcc=3A?=@a.example\r\nFrom: "
    )


def test_a_domain_goes_out_in_ascii():
    assert check_message(message(to=("a@bücher.example", "b@b.example"))) == (
        *("a@xn--bcher-kva.example", "b@b.example"),
    )


def test_a_long_text_is_quick_to_build():
    """Beyond a bound the encoding is the cheap one."""
    assert b"base64" in wire(message(text="x" * 70_000)).partition(b"\r\n\r\n")[0]
    assert (
        b"quoted-printable"
        in wire(message(text="Grüße und dann noch viel mehr Text")).partition(b"\r\n\r\n")[0]
    )
