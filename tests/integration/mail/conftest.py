"""A real SMTP server on a free port of 127.0.0.1 that takes, refuses, defers, hangs and drops as told."""

import asyncio
import contextlib
import os
import shutil
import ssl
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

PATIENCE_S = 20
HANG = "hang"
DROP = "drop"


@dataclass
class Taken:
    """One message that the server answered with 250."""

    recipients: list[str]
    content: bytes
    options: list[str]


@dataclass
class PostOffice:
    """What the server is to do, and what it did. Lists of answers are used up one a time, then it is 250."""

    rcpt: dict[str, list[str]] = field(default_factory=dict)
    """Recipient -> answers to RCPT: a reply line, HANG or DROP."""
    data: dict[str, list[str]] = field(default_factory=dict)
    """Recipient -> answers to the whole message: a reply line, HANG or DROP."""
    drop_in_data: int = 0
    """How many bodies to break off in the middle."""
    greeting: str = ""
    """In place of the service: a reply line before hanging up, or HANG."""
    take_before_drop: bool = False
    """Whether a message whose reply is DROP or HANG was taken nevertheless."""
    per_session: int = 1_000_000
    """Messages after which a session ends with 421."""
    options: dict[str, Any] = field(default_factory=dict)
    """Of aiosmtpd's SMTP."""
    taken: list[Taken] = field(default_factory=list)
    sessions: int = 0
    offered: list[str] = field(default_factory=list)
    """Every recipient named in a RCPT."""
    port: int = 0
    _transports: list[asyncio.BaseTransport] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def got(self) -> list[str]:
        return [recipient for message in self.taken for recipient in message.recipients]

    def hang_up(self) -> None:
        """End every open connection, as an idle limit or a restart does."""
        assert self._loop is not None
        done = threading.Event()

        def close() -> None:
            for transport in self._transports:
                transport.abort()  # type: ignore[attr-defined]
            self._loop.call_later(0, done.set)

        self._loop.call_soon_threadsafe(close)
        assert done.wait(PATIENCE_S)


class Clerk:
    """aiosmtpd's handler."""

    def __init__(self, office: PostOffice) -> None:
        self.office = office
        self.messages = 0

    async def handle_MAIL(self, server, _session: Session, envelope: Envelope, address, options) -> str:  # noqa: N802 - aiosmtpd's name
        if self.messages >= self.office.per_session:
            server.transport.write(b"421 enough for one session\r\n")
            server.transport.close()
            return await hang()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, _session: Session, envelope: Envelope, address, _options) -> str:  # noqa: N802 - aiosmtpd's name
        self.office.offered.append(address)
        answer = take(self.office.rcpt, address)
        if answer == DROP:
            server.transport.abort()
        if answer in (HANG, DROP):
            return await hang()
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        answer = take(self.office.data, envelope.rcpt_tos[0])
        if answer.startswith("250") or (answer in (HANG, DROP) and self.office.take_before_drop):
            content = envelope.content
            assert isinstance(content, bytes)
            self.office.taken.append(Taken(list(envelope.rcpt_tos), content, list(envelope.mail_options)))
        if answer == DROP:
            server.transport.abort()
        if answer in (HANG, DROP):
            return await hang()
        self.messages += 1
        return answer


class Counter(SMTP):
    """One session at the server."""

    def __init__(self, office: PostOffice, **options: Any) -> None:
        super().__init__(Clerk(office), **options)
        self.office = office

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if transport not in self.office._transports:
            self.office._transports.append(transport)
        super().connection_made(transport)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if self.office.drop_in_data:
            self.office.drop_in_data -= 1
            await self.push("354 go on")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class Doorman(asyncio.Protocol):
    """In place of a session: a greeting that is no welcome, or none at all."""

    def __init__(self, office: PostOffice) -> None:
        self.office = office

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.office._transports.append(transport)
        if self.office.greeting != HANG:
            transport.write(self.office.greeting.encode() + b"\r\n")
            transport.close()


async def hang() -> str:
    await asyncio.Event().wait()
    raise AssertionError


def take(answers: dict[str, list[str]], address: str) -> str:
    waiting = answers.get(address)
    return waiting.pop(0) if waiting else "250 OK"


def let_in(server, session, envelope, mechanism, login) -> AuthResult:
    """Know one user: ``user`` with ``open sesame``."""
    return AuthResult(success=(login.login, login.password) == (b"user", b"open sesame"), handled=False)


@contextlib.contextmanager
def open_office(*, implicit_tls: ssl.SSLContext | None = None, **settings: Any) -> Iterator[PostOffice]:
    office = PostOffice(**settings)
    loop = asyncio.new_event_loop()
    office._loop = loop

    def session() -> asyncio.BaseProtocol:
        office.sessions += 1
        if office.greeting:
            return Doorman(office)
        options = {"hostname": "post.example", "enable_SMTPUTF8": True, "loop": loop} | office.options
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # it warns of logins without TLS, which is what some tests are about
            return Counter(office, **options)

    async def close() -> None:
        server.close()
        for transport in office._transports:
            transport.abort()  # type: ignore[attr-defined]
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()

    server = loop.run_until_complete(loop.create_server(session, "127.0.0.1", 0, ssl=implicit_tls))
    office.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="postoffice")
    thread.start()
    try:
        yield office
    finally:
        asyncio.run_coroutine_threadsafe(close(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()


@pytest.fixture
def post_office() -> Iterator[Callable[..., PostOffice]]:
    """Give a function that opens a server, set as a ``PostOffice`` can be."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(open_office(**settings))


@pytest.fixture
def house_certificate(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """Give a server's TLS context for "localhost" and the certificate that a client has to trust."""
    openssl = shutil.which("openssl")
    if openssl is None:
        if os.environ.get("CI") == "true":
            pytest.fail("openssl is not installed")
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
