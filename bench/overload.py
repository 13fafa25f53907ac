"""Overload: ten times as many submissions as the workers can judge, against the real front with a full queue.

Two children take 0.1 s a job each; the recorder records. Submissions come at random times at ten times that
rate, whether or not anybody keeps up (an open loop), over 32 connections that are kept, and each is timed
from when it was due. The queue holds 200 jobs, so after about a second nine of ten are refused: 503 with
Retry-After. What comes from the third second on is counted, and Redis' memory sampled; ended jobs leave it
after a second.
"""

import http.client
import queue
import random
import threading
import time
from contextlib import ExitStack

import msgspec
from redis import Redis

from bench import slow
from bench.harness import Goal, Options, Rounds, Row, main, percentile, progress
from bench.problem import PYTHON, SLUG, write_problem
from bench.servers import folder, free_port, gunicorn, prepared, process, python, until, valkey

TITLE = "Ten times more submissions than can be judged"
CONFIG = """
[queues.submissions]
handler = "judge"
max_queued = 200
max_queued_per_user = 200
result_ttl_s = 1

[queues.emails]
handler = "email"

[api]
per_minute = 1_000_000
"""
_CHILDREN = 2
_TIMES = 10
_CONNECTIONS = 32
_FULL_AFTER_S = 3.0
"""Seconds until the queue is full and every thread has served; only what comes later counts."""


class Answer(msgspec.Struct, frozen=True):
    """What became of one submission."""

    status: int
    retry_after: bool
    seconds: float
    """From when it was due ..."""
    due: float
    """... so many seconds after the beginning."""


def measure(options: Options) -> list[Row]:
    """Overload it once a round."""
    rounds = Rounds()
    seconds = 6.0 if options.quick else 15.0
    for number in range(options.rounds):
        progress(f"{TITLE}: round {number + 1} of {options.rounds}")
        _overload(rounds, seconds, number)
    return [
        rounds.row("p99", "ms", Goal(at_most=50), "p99 of all answers"),
        rounds.row("p50", "ms", what="p50 of all answers"),
        rounds.row("accepted p99", "ms", what="p99 of those accepted (202, committed)"),
        rounds.row("refused p99", "ms", what="p99 of those refused (503, Retry-After)"),
        rounds.row("offered", "/s", what="submissions offered"),
        rounds.row("accepted", "/s", what="submissions accepted"),
        rounds.row("wrong", "answers", Goal(at_most=0), "neither 202 nor 503 with Retry-After"),
        rounds.row("memory", "MB", what="Redis' used_memory, queue full"),
        rounds.row(
            "growth", "%", Goal(at_most=3), "its growth from the first third of that time to the last"
        ),
    ]


def _overload(rounds: Rounds, seconds: float, seed: int) -> None:
    rate = _TIMES * _CHILDREN / slow.TAKES_S
    with ExitStack() as stack:
        url, home = stack.enter_context(valkey()), stack.enter_context(folder())
        write_problem(home / "problems")
        key = prepared(home, url, CONFIG)
        environ = {
            "REDIS_URL": url,
            "JUDGELINE_HOME": str(home / "home"),
            "JUDGELINE_CONFIG": str(home / "queues.toml"),
            "JUDGELINE_LOG_LEVEL": "error",
        }
        for command in (
            python("bench.slow", "submissions", "--processes", str(_CHILDREN)),
            python("workers", "recorder"),
        ):
            stack.enter_context(process(command, home / "workers.log", environ=environ))
        port = free_port()
        stack.enter_context(gunicorn("api.gunicorn_conf", "api.wsgi:app", url, home, port))
        client = stack.enter_context(Redis.from_url(url))
        until(lambda: client.zcard("jl:{submissions}:workers") >= _CHILDREN, "the workers")
        crowd = _Crowd(port, key)
        sampled: list[tuple[float, int]] = []
        began = time.perf_counter()
        crowd.start(rate, seconds, seed)
        while (spent := time.perf_counter() - began) < seconds:
            if spent > _FULL_AFTER_S:
                sampled.append((spent, int(client.info("memory")["used_memory"])))
            time.sleep(0.05)
        answers = [each for each in crowd.end() if each.due > _FULL_AFTER_S]
    _note(rounds, answers, [used for _, used in sampled], seconds - _FULL_AFTER_S)


def _note(rounds: Rounds, answers: list[Answer], used: list[int], seconds: float) -> None:
    accepted = [each.seconds * 1000 for each in answers if each.status == 202]
    refused = [each.seconds * 1000 for each in answers if each.status == 503 and each.retry_after]
    third = max(1, len(used) // 3)
    before, after = sum(used[:third]) / third, sum(used[-third:]) / third
    rounds.add("p50", percentile(accepted + refused, 50))
    rounds.add("p99", percentile(accepted + refused, 99))
    rounds.add("accepted p99", percentile(accepted, 99))
    rounds.add("refused p99", percentile(refused, 99))
    rounds.add("offered", len(answers) / seconds)
    rounds.add("accepted", len(accepted) / seconds)
    rounds.add("wrong", len(answers) - len(accepted) - len(refused))
    rounds.add("memory", after / 1e6)
    rounds.add("growth", (after - before) / before * 100)


class _Crowd:
    """Sends submissions at random times, over some connections, one thread each."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        self._due: queue.Queue[tuple[int, float] | None] = queue.Queue()
        self._began = 0.0
        self._answers: list[Answer] = []
        self._faults: list[Exception] = []
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(_CONNECTIONS)]

    def start(self, rate: float, seconds: float, seed: int) -> None:
        """Begin; the thread that says who is due ends by itself."""
        self._began = time.perf_counter()
        for thread in self._threads:
            thread.start()
        clock = threading.Thread(target=self._tick, args=(rate, seconds, seed), daemon=True)
        clock.start()
        self._threads.append(clock)

    def end(self) -> list[Answer]:
        """Wait for what is under way; give all answers. Raises what a connection raised."""
        for thread in self._threads:
            thread.join(20)
        if self._faults:
            raise self._faults[0]
        return self._answers

    def _tick(self, rate: float, seconds: float, seed: int) -> None:
        chance, due, number = random.Random(seed), 0.0, 0
        while (due := due + chance.expovariate(rate)) < seconds:
            if (left := self._began + due - time.perf_counter()) > 0:
                time.sleep(left)
            self._due.put((number, due))
            number += 1
        for _ in range(_CONNECTIONS):
            self._due.put(None)

    def _send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            while given := self._due.get():
                number, due = given
                body = {"problem": SLUG, "language": "python3", "source": f"{PYTHON}# {number}\n"}
                connection.request("POST", "/v1/submissions", msgspec.json.encode(body), self._headers)
                answer = connection.getresponse()
                answer.read()
                told = answer.headers.get("Retry-After") is not None
                spent = time.perf_counter() - self._began - due
                self._answers.append(Answer(answer.status, told, spent, due))
        except Exception as error:  # noqa: BLE001 - told by ``end``, in the thread that measures
            self._faults.append(error)
        finally:
            connection.close()


if __name__ == "__main__":
    main(TITLE, measure, __doc__ or "")
