"""What accepting a submission over HTTP costs beside the same answer from a bare Flask route.

Two gunicorns with the same settings, each on a port of its own. Ours authenticates a key, validates, counts
the rate, asks the queue for room, commits the row to SQLite and enqueues the job; the bare routes
(``bench.bare``) give the same JSON and do nothing. One keep-alive client, one request at a time, the same
1 KB source. CPU is that of gunicorn's processes alone (neither the client's nor the server's of Redis).
"""

import http.client
import time
from contextlib import ExitStack, closing

import msgspec

from bench.harness import Goal, Options, Rounds, Row, main, percentile, progress, turns
from bench.problem import PYTHON, SLUG, write_problem
from bench.processes import cpu_s, family
from bench.servers import folder, free_port, gunicorn, prepared, until, valkey

TITLE = "POST /v1/submissions beside a bare Flask route"
CONFIG = """
[queues.submissions]
handler = "judge"
max_queued = 1_000_000
max_queued_per_user = 1_000_000
max_queued_bytes = 1_000_000_000

[queues.emails]
handler = "email"

[api]
per_minute = 1_000_000
"""
_SOURCE = PYTHON + "# what people also write in their programs\n" * 22

OURS, BARE, PARSED = "ours", "bare", "bare, body parsed"


def measure(options: Options) -> list[Row]:
    """Send a series of requests to each front once a round."""
    rounds = Rounds()
    count = options.size(1_000, 200)
    with ExitStack() as stack:
        url, home = stack.enter_context(valkey()), stack.enter_context(folder())
        write_problem(home / "problems")
        key = prepared(home, url, CONFIG)
        port, bare_port = free_port(), free_port()
        front = stack.enter_context(gunicorn("api.gunicorn_conf", "api.wsgi:app", url, home, port))
        bare = stack.enter_context(gunicorn("bench.bare_conf", "bench.bare:app", url, home, bare_port))
        contenders = [
            (OURS, front.pid, _Client(port, "/v1/submissions", key)),
            (BARE, bare.pid, _Client(bare_port, "/v1/submissions", key)),
            (PARSED, bare.pid, _Client(bare_port, "/v1/parsed", key)),
        ]
        for _, _, client in contenders:
            until(client.works, f"{client.path} to answer")
            client.post_many(50)
        for number, (name, pid, client) in turns(contenders, options):
            progress(f"{TITLE}: round {number + 1} of {options.rounds}, {name}")
            pids = family(pid)
            before = cpu_s(pids)
            times = client.post_many(count)
            rounds.add(f"{name} cpu", (cpu_s(pids) - before) / count * 1e6)
            rounds.add(f"{name} p50", percentile(times, 50) * 1000)
    return [
        *(rounds.row(f"{name} cpu", "us", what=f"CPU a request, {name}") for name in (OURS, BARE, PARSED)),
        *(rounds.row(f"{name} p50", "ms", what=f"p50, {name}") for name in (OURS, BARE, PARSED)),
        rounds.ratio("CPU, ours : bare", "ours cpu", "bare cpu", Goal(at_most=3)),
        rounds.ratio("p50, ours : bare", "ours p50", "bare p50"),
        rounds.ratio("CPU, ours : bare with the body parsed", "ours cpu", "bare, body parsed cpu"),
    ]


class _Client:
    """One connection that is kept, and opened again when the server has closed it."""

    def __init__(self, port: int, path: str, key: str) -> None:
        self.path = path
        self._port = port
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}

    def works(self) -> bool:
        """Whether one request is answered as it should be."""
        try:
            return bool(self.post_many(1))
        except OSError:
            return False

    def post_many(self, count: int) -> list[float]:
        """Send so many submissions; give the seconds of each. Raises RuntimeError for any answer but 202."""
        times = []
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)) as connection:
            connection.connect()
            for number in range(count):
                body = {"problem": SLUG, "language": "python3", "source": f"{_SOURCE}# {number}\n"}
                data = msgspec.json.encode(body)
                began = time.perf_counter()
                connection.request("POST", self.path, data, self._headers)
                answer = connection.getresponse()
                content = answer.read()
                times.append(time.perf_counter() - began)
                if answer.status != 202 or not msgspec.json.decode(content)["id"]:
                    raise RuntimeError(f"{self.path} answered {answer.status}: {content[:500]!r}")
        return times


if __name__ == "__main__":
    main(TITLE, measure, __doc__ or "")
