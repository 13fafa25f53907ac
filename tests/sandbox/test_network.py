"""What there is of sockets in a box; what there is not is tried in test_attacks.py."""


def test_unix_sockets_work_within_a_run_and_end_with_it(box):
    code = (
        "import socket\n"
        "server = socket.socket(socket.AF_UNIX); server.bind('\\0mine'); server.listen()\n"
        "client = socket.socket(socket.AF_UNIX); client.connect('\\0mine')\n"
        "a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))\n"
    )
    for _ in range(2):
        assert box.python(code).stdout == b"b'x'\n"
