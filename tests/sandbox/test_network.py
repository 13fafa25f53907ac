"""Programs that look for the network."""

import socket

import pytest


@pytest.fixture
def listeners():
    """A TCP port and an abstract Unix socket of the host, which a program must not reach."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(f"\0judgeline-test-{tcp.getsockname()[1]}")
        unix.listen()
        tcp.setblocking(False)
        unix.setblocking(False)
        yield tcp, unix


def test_the_host_cannot_be_reached(box, listeners):
    tcp, unix = listeners
    port = tcp.getsockname()[1]
    outcome = box.python(
        "import socket\n"
        "def attempt(family, kind, address, protocol=0):\n"
        "    try:\n"
        "        s = socket.socket(family, kind, protocol)\n"
        "        s.settimeout(1)\n"
        "        s.connect(address)\n"
        "    except OSError as error: return error.errno\n"
        "    return 'connected'\n"
        f"print(attempt(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', {port})))\n"
        f"print(attempt(socket.AF_INET6, socket.SOCK_STREAM, ('::1', {port})))\n"
        "print(attempt(socket.AF_INET, socket.SOCK_DGRAM, ('8.8.8.8', 53)))\n"
        "print(attempt(socket.AF_INET, socket.SOCK_RAW, ('127.0.0.1', 0), 1))\n"
        "print(attempt(socket.AF_NETLINK, socket.SOCK_RAW, (0, 0)))\n"
        "print(attempt(socket.AF_PACKET, socket.SOCK_RAW, ('lo', 0)))\n"
        "print(attempt(40, socket.SOCK_STREAM, (2, 1)))\n"
        f"print(attempt(socket.AF_UNIX, socket.SOCK_STREAM, '\\0judgeline-test-{port}'))\n"
        "print(open('/proc/net/dev').read().count(':'))\n"
    )
    assert outcome.stdout == b"97\n" * 7 + b"111\n1\n"
    for listener in (tcp, unix):
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_unix_sockets_work_within_a_run_and_end_with_it(box):
    code = (
        "import socket\n"
        "server = socket.socket(socket.AF_UNIX); server.bind('\\0mine'); server.listen()\n"
        "client = socket.socket(socket.AF_UNIX); client.connect('\\0mine')\n"
        "a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))\n"
    )
    for _ in range(2):
        assert box.python(code).stdout == b"b'x'\n"
