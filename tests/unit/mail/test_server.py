import pytest

from judgeline.mail import BadServerUrl, open_mailer
from judgeline.mail.address import parse_sender
from judgeline.mail.server import Server, Tls, parse_server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 587, Tls.STARTTLS)),
        ("smtp://mail.example:25?tls=none", Server("mail.example", 25, Tls.NONE)),
        ("smtp://u:p%40%2F@mail.example?tls=starttls", Server("mail.example", 587, Tls.STARTTLS, "u", "p@/")),
        ("smtps://u:p@mail.example/", Server("mail.example", 465, Tls.IMPLICIT, "u", "p")),
        ("smtps://mail.example:2465", Server("mail.example", 2465, Tls.IMPLICIT)),
        ("smtp://127.0.0.1:1025", Server("127.0.0.1", 1025, Tls.NONE)),
        ("smtp://u:p@localhost:1025", Server("localhost", 1025, Tls.NONE, "u", "p")),
        ("smtp://[::1]:1025", Server("::1", 1025, Tls.NONE)),
        ("smtp://localhost?tls=starttls", Server("localhost", 587, Tls.STARTTLS)),
    ],
)
def test_what_a_url_means(url, server):
    assert parse_server(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "smtp:mail.example",
        "smtp://mail.example:port",
        "smtp://mail.example:99999",
        "smtp://mail.example/path",
        "smtp://mail.example#x",
        "smtp://mail.example?tls=maybe",
        "smtp://mail.example?tls=implicit",
        "smtp://mail.example?ssl=true",
        "smtps://mail.example?tls=none",
        "smtp://user@mail.example",
        "smtp://:secret@mail.example",
        "smtp://user:secr%C3%A9t@mail.example",
        "smtp://user:secret%0d%0aMAIL@mail.example",
        "smtp://user:secret@mail.example?tls=none",
    ],
)
def test_what_is_no_url(url, tmp_path):
    with pytest.raises(BadServerUrl) as caught:
        open_mailer(url, tmp_path, "a@b.example")
    assert "secr" not in str(caught.value)


def test_the_password_is_not_shown():
    assert "secret" not in repr(parse_server("smtps://user:secret@mail.example"))


@pytest.mark.parametrize(
    ("text", "header", "address"),
    [
        ("Judgeline <judge@host.example>", "Judgeline <judge@host.example>", "judge@host.example"),
        ("judge@host.example", "judge@host.example", "judge@host.example"),
        (
            "Jüri <j@bücher.example>",
            "=?utf-8?b?SsO8cmk=?= <j@xn--bcher-kva.example>",
            "j@xn--bcher-kva.example",
        ),
        ('"A, B" <a@b.example>', '"A, B" <a@b.example>', "a@b.example"),
    ],
)
def test_who_writes(text, header, address):
    sender = parse_sender(text)
    assert (sender.header, sender.address) == (header, address)


@pytest.mark.parametrize("text", ["", "nobody", "a b <c>", "A\r\nBcc: x <a@b.example>", "jösé@host.example"])
def test_who_cannot_write(text):
    with pytest.raises(BadServerUrl):
        parse_sender(text)
