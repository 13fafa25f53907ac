"""Other parts in place of the usual ones: e-mails on RQ, somebody else's Redis, PostgreSQL as the store."""

import contextlib
import os
import signal
import socket
import socketserver
import threading

import psycopg
import pytest

from judgeline.queues.connect import command_client

SUM = "print(sum(map(int, input().split())))"
ANSWER_S = 3
"""What a client waits at most for the word that Redis is gone."""


@pytest.fixture
def redis(start_valkey):
    """A function that starts a server, empty, at the URL it gives: the same each time."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    def start():
        start_valkey("--port", f"{port}", "--bind", "127.0.0.1")
        return f"redis://127.0.0.1:{port}"

    return start


def kill(url):
    with command_client(url) as client:
        os.kill(client.info("server")["process_id"], signal.SIGKILL)


def letter(house, key, to):
    body = {"to": [to], "subject": "Results", "text": "You passed."}
    return house.post("/v1/emails", body, key)


def test_a_system_with_its_emails_on_rq_survives_the_loss_of_its_redis(redis, make_system, post_office):
    url = redis()
    house = make_system(REDIS_URL=url, SMTP_URL=f"smtp://127.0.0.1:{post_office.port}")
    house.change('engine = "lists"              # "rq"', 'engine = "rq"                 # "rq"')
    house.start().ready()
    teacher = house.key("teacher", "premium", "mail", "submit")

    assert house.ended(letter(house, teacher, "rq@post.example"), teacher)["status"] == "done"
    with command_client(url) as client:
        assert client.smembers("rq:queues") >= {b"rq:queue:emails-high"}
        house.until(lambda: not client.zcard("jl:{emails}:unrecorded"), "the recording")
    house.queue("submissions", "pause")
    waiting = [house.submit(SUM, key=teacher) for _ in range(5)]

    kill(url)
    for path, body in (
        ("/v1/submissions", {"problem": "aplusb", "language": "python3", "source": SUM}),
        ("/v1/emails", {"to": ["never@post.example"], "subject": "x", "text": "x"}),
    ):
        refused = house.call("POST", path, body, teacher, seconds=ANSWER_S)
        assert (refused.status, refused.json["type"]) == (503, "/v1/errors/queue-away")
    assert "Redis does not answer" in house.unready()["redis"]

    redis()
    house.until(lambda: house.unready() == {}, "readiness again")
    assert [house.ended(path, teacher)["verdict"] for path in waiting] == ["accepted"] * 5
    assert house.ended(letter(house, teacher, "again@post.example"), teacher)["status"] == "done"
    assert [len(post_office.took(f"{to}@post.example")) for to in ("rq", "again", "never")] == [1, 1, 0]


def test_a_redis_that_evicts_is_refused_in_one_line(start_valkey, make_system):
    url = start_valkey("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
    house = make_system(REDIS_URL=url).start()
    assert house.process.wait(60) != 0
    house.reader.join(10)
    assert "Traceback" not in house.said()
    told = [line for line in house.output if "redis.1" in line and "judgeline:" in line]
    assert len(told) == 1
    assert "the server evicts keys (maxmemory-policy is allkeys-lru)" in told[0]
    assert "set maxmemory-policy noeviction" in told[0]


TOO_OLD = b"-ERR unknown command `HELLO`, with args beginning with: \r\n"
WEB = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def answering():
    """A function that starts a server which answers everything alike; it gives its port."""
    with contextlib.ExitStack() as stack:

        def start(answer):
            class Handler(socketserver.BaseRequestHandler):
                def handle(self):
                    with contextlib.suppress(OSError):
                        while self.request.recv(65_536):
                            self.request.sendall(answer)

            server = stack.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler))
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.05,)).start()
            stack.callback(server.shutdown)
            return server.server_address[1]

        yield start


def refused(house):
    """The one line in which the parts say why they end: whichever is first, it takes the others along."""
    assert house.start().process.wait(60) in {1, 2}
    house.reader.join(10)
    assert "Traceback" not in house.said()
    told = {line.partition(": ")[2].strip() for line in house.output if "REDIS_URL" in line}
    assert len(told) == 1
    return told.pop()


@pytest.mark.parametrize(
    ("answer", "said"), [(TOO_OLD, "the server is too old"), (WEB, "is no Redis server")]
)
def test_what_can_never_carry_a_queue_is_refused_in_one_line(answering, make_system, answer, said):
    assert said in refused(make_system(REDIS_URL=f"redis://127.0.0.1:{answering(answer)}"))


@pytest.mark.parametrize("name", ["", ":wrong@"])
def test_a_wrong_or_missing_password_is_refused_in_one_line(start_valkey, make_system, name):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    start_valkey("--port", f"{port}", "--bind", "127.0.0.1")
    with command_client(f"redis://127.0.0.1:{port}") as client:
        client.config_set("requirepass", "right")
    told = refused(make_system(REDIS_URL=f"redis://{name}127.0.0.1:{port}"))
    assert "refuses the name or password of REDIS_URL" in told
    assert "wrong@" not in told


def test_a_system_on_postgresql(postgresql_url, make_system):
    house = make_system(DATABASE_URL=postgresql_url).start().ready()
    ada = house.key("ada")
    verdicts = [
        house.ended(house.submit(source, key=ada), ada)["verdict"] for source in (SUM, "print(0)", "(")
    ]
    assert verdicts == ["accepted", "wrong_answer", "compile_error"]
    house.queue("submissions", "pause")
    paths = [house.run("print(7)", key=ada) for _ in range(50)]
    with house.redis() as client:
        client.flushall()
    assert {house.ended(path, ada)["stdout"] for path in paths} == {"7\n"}

    with psycopg.connect(postgresql_url, autocommit=True) as connection:

        def final():
            return connection.execute("SELECT count(*) FROM jobs WHERE state = 'done'").fetchone()[0]

        house.until(lambda: final() == 53, "the recording")
    listed = house.call("GET", "/v1/submissions", key=ada).json["submissions"]
    assert [one["verdict"] for one in listed] == verdicts[::-1]
    assert not (house.home / "judgeline.db").exists()
