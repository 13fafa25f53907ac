"""Real worker processes on a real server: the fixture ``pool`` starts them, fills their queue and waits."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from judgeline.config import Settings, load_config
from judgeline.ids import new_id
from judgeline.judging.errors import SandboxError
from judgeline.judging.sandbox import open_sandbox
from judgeline.queues.job import Job, NewJob
from judgeline.queues.open import open_engine

PATIENCE_S = 30.0
ROOT = Path(__file__).parents[3]

CONFIG = """
[queues.submissions]
handler = "noop"
lease_s = {lease_s}
store = false
crash_backoff_s = [0]
backoff_s = {{ base = 0.01, factor = 1, max = 1, jitter = 0 }}
{options}

[queues.submissions.priorities]
high = {{ weight = 10 }}
low = {{ weight = 3 }}

[queues.emails]
handler = "{emails}"
store = false
"""


def until(condition: Callable[[], object], what: str = "the condition"):
    """Wait until the condition holds, and give what it gave."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.01)
    return found


def children_of(pid: int) -> list[int]:
    """Give the living children of a process, as /proc has them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_bytes().rpartition(b")")[2].split()[:2]
            if int(parent) == pid and state != b"Z":
                found.append(int(stat.parent.name))
    return sorted(found)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


class Pool:
    """Supervisors of one test, their queue and their folder."""

    def __init__(
        self, folder: Path, url: str, options: str = "", *, emails: str = "noop", lease_s: int = 2
    ) -> None:
        self.folder = folder
        self.url = url
        self.root = ROOT
        self.log = folder / "log"
        config = folder / "queues.toml"
        config.write_text(CONFIG.format(options=options, emails=emails, lease_s=lease_s))
        self.options = load_config(config).queues
        self.engine = open_engine("submissions", self.options["submissions"], url)
        self.started: list[subprocess.Popen[bytes]] = []
        self.announced: set[str] = set()

    def start(self, *arguments: str, queue: str = "submissions", piped: bool = False, **environment: str):
        """Start a supervisor. It drains when this process goes, for it watches it as it would honcho.

        It writes to the log, or to pipes of its own.
        """
        settings = {
            "REDIS_URL": self.url,
            "JUDGELINE_HOME": str(self.folder),
            "JUDGELINE_CONFIG": str(self.folder / "queues.toml"),
            "JUDGELINE_PARENT_PID": str(os.getpid()),
            "JUDGELINE_LOG_LEVEL": "debug",
        }
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "workers", queue, *arguments],
                cwd=ROOT,
                env={**os.environ, **settings, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if piped else log,
                stderr=subprocess.PIPE if piped else log,
            )
        self.started.append(process)
        return process

    def start_ready(self, *arguments: str, workers: int = 1, **environment: object):
        """As ``start``, and wait until so many workers claim."""
        process = self.start(*arguments, **environment)
        until(lambda: self.engine.stats().workers >= workers, "workers")
        return process

    def put(self, priority: str = "low", user: str = "", **instructions: object) -> str:
        """Put a job for the no-op handler on the queue; gives its id."""
        job_id = new_id()
        if instructions.get("sleep_ms") and not instructions.get("steps"):
            instructions["announce"] = True
            self.announced.add(job_id)
        payload = msgspec.json.encode(instructions)
        self.engine.enqueue([NewJob(id=job_id, priority=priority, user=user, payload=payload)])
        return job_id

    def look(self, job_id: str) -> Job:
        job = self.engine.look(job_id)
        assert job is not None
        return job

    def running(self, job_id: str) -> Job:
        """Wait until a job runs; until its handler is at it where the job sleeps."""

        def begun() -> Job | None:
            job = self.look(job_id)
            return job if job.state == "running" and (job.progress or job_id not in self.announced) else None

        return until(begun, f"{job_id} to run")

    def ended(self, job_id: str) -> Job:
        """Wait until a job has ended."""
        return until(lambda: (job := self.look(job_id)).state.terminal and job, f"{job_id} to end")

    def progress(self, job_id: str) -> Job:
        """Wait until a job's handler has said something."""
        return until(lambda: (job := self.look(job_id)).progress and job, f"progress of {job_id}")

    def said(self, event: str) -> list[dict]:
        """Give the lines of the log that tell of an event."""
        lines = [line for line in self.log.read_bytes().splitlines() if line.startswith(b"{")]
        found = [msgspec.json.decode(line) for line in lines]
        return [line for line in found if line["event"] == event]

    def stop(self) -> None:
        for process in self.started:
            family = [process.pid]
            for member in family:  # it grows as we go: the children's children, too
                family += children_of(member)
            if process.poll() is None:
                process.kill()  # its children die with it
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            for member in family[1:]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)
            until(lambda family=family: not any(map(alive, family)), "the children to go")


@pytest.fixture
def pool(tmp_path: Path, redis_url: str) -> Iterator[Pool]:
    """A queue with a no-op handler and a lease of two seconds."""
    pool = Pool(tmp_path, redis_url)
    yield pool
    pool.stop()


@pytest.fixture
def make_pool(tmp_path: Path) -> Iterator[Callable[..., Pool]]:
    """Give a function that makes a pool with options of its own."""
    made: list[Pool] = []

    def make(url: str, options: str = "", *, folder: Path = tmp_path, **more: object) -> Pool:
        made.append(Pool(folder, url, options, **more))
        return made[-1]

    yield make
    for pool in made:
        pool.stop()


@pytest.fixture
def helpers():
    """The functions above, for tests: a conftest cannot be imported by name."""

    class Helpers:
        until = staticmethod(until)
        children_of = staticmethod(children_of)
        alive = staticmethod(alive)
        kill = staticmethod(lambda pid: os.kill(pid, signal.SIGKILL))

    return Helpers


@pytest.fixture
def with_judge(pool):
    """Have the pool's children judge, by lines of ``[judge]`` in its queues.toml; skips without a sandbox."""

    def configure(lines):
        config = pool.folder / "queues.toml"
        text = config.read_text().replace('handler = "noop"', 'handler = "judge"', 1)
        config.write_text(f"{text}\n[judge]\n{lines}\n")
        try:
            open_sandbox(Settings.from_environment({"JUDGELINE_HOME": str(pool.folder)}).sandbox_cache)
        except SandboxError as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(error))
        return pool

    return configure
