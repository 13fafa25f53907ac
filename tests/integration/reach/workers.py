"""Real workers of a queue behind some REDIS_URL."""

import os
import subprocess
import sys
import time
from pathlib import Path

from judgeline.config import load_config
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.job import JobState, NewJob
from judgeline.queues.open import open_engine

from .servers import PATIENCE_S

CONFIG = """
[queues.submissions]
handler = "noop"
processes = 2
store = false
lease_s = 3
max_attempts = 20
backoff_s = {{ base = 0.01, factor = 1, max = 1, jitter = 0 }}
{options}

[queues.emails]
handler = "noop"
store = false
"""
ROOT = Path(__file__).parents[3]


class Workers:
    """Supervisors of a queue behind some REDIS_URL, in a folder of their own."""

    def __init__(self, folder: Path, url: str, options: str = "") -> None:
        self.folder, self.url = folder, url
        self.config = folder / "queues.toml"
        self.config.write_text(CONFIG.format(options=options))
        self.options = load_config(self.config).queues["submissions"]
        self.engine = open_engine("submissions", self.options, url)
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self) -> "subprocess.Popen[bytes]":
        settings = {
            "REDIS_URL": self.url,
            "JUDGELINE_HOME": str(self.folder),
            "JUDGELINE_CONFIG": str(self.config),
            "JUDGELINE_PARENT_PID": str(os.getpid()),
        }
        with (self.folder / "workers.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "workers", "submissions"],
                cwd=ROOT,
                env={**os.environ, **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.started.append(process)
        return process

    def said(self) -> str:
        return (self.folder / "workers.log").read_text()

    def put(self, job_id: str, payload: bytes = b"{}", *, unconfirmed: bool = False) -> None:
        """Put a job on the queue as the sweeper does: again and again until it is heard.

        It may be ``unconfirmed`` where the only replica has become the primary.
        """
        job = NewJob(id=job_id, priority="low", payload=payload)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.engine.enqueue([job])
            except QueueUnavailable as error:
                if unconfirmed and "no replica has confirmed" in str(error):
                    return
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def state(self, job_id: str) -> JobState | None:
        job = self.engine.look(job_id)
        return job.state if job else None

    def close(self) -> None:
        for process in self.started:
            process.terminate()
        for process in self.started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
