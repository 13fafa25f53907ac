"""A post office for the tests that send e-mails through the whole system."""

import asyncio
import threading

import pytest
from aiosmtpd.smtp import SMTP

PATIENCE_S = 60.0


class PostOffice:
    """A real SMTP server: what it took, and how it answers whom instead of 250, once an answer."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.answers: dict[str, list[str]] = {}
        self.port = 0

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answers.get(address):
            return self.answers[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.taken += [(recipient, envelope.content) for recipient in envelope.rcpt_tos]
        return "250 OK"

    def took(self, recipient: str) -> list[bytes]:
        """The messages for one recipient."""
        return [content for to, content in self.taken if to == recipient]


@pytest.fixture(scope="session")
def post_office():
    office = PostOffice()
    loop = asyncio.new_event_loop()
    sessions: list[asyncio.Transport] = []

    class Session(SMTP):
        def connection_made(self, transport):
            sessions.append(transport)
            super().connection_made(transport)

    async def close() -> None:
        server.close()
        for transport in sessions:
            transport.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    server = loop.run_until_complete(
        loop.create_server(lambda: Session(office, hostname="post.example", loop=loop), "127.0.0.1", 0)
    )
    office.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="postoffice")
    thread.start()
    yield office
    asyncio.run_coroutine_threadsafe(close(), loop).result(PATIENCE_S)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE_S)
    loop.close()
