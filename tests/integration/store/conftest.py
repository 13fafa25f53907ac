import contextlib
import os
import signal
import subprocess
import sys
import time
from contextlib import closing

import pytest

from judgeline.config import load_config
from judgeline.ids import new_id
from judgeline.queues.engine import Ending, Finish
from judgeline.queues.job import NewJob
from judgeline.queues.open import open_consumer, open_engine
from judgeline.store import NewJobRow, jobs, open_store
from judgeline.store.migrate import migrate

CONFIG = """
[queues.submissions]
handler = "judge"
[queues.submissions.priorities]
high = { weight = 10 }
low = { weight = 3 }
[queues.emails]
handler = "email"
[store]
sweep_s = 1
pending_grace_s = 1
"""
PATIENCE_S = 30.0


class House:
    """A store and a queue, as a front and workers have them, and recorders as processes."""

    def __init__(self, folder, redis_url, stack):
        self.folder = folder
        self.redis_url = redis_url
        self.database_url = f"sqlite:///{folder / 'store.db'}"
        self.config_file = folder / "queues.toml"
        self.config_file.write_text(CONFIG)
        migrate(self.database_url)
        self.store = stack.enter_context(closing(open_store(self.database_url)))
        with self.store.writer() as connection:
            connection.exec_driver_sql("CREATE TABLE changes (id TEXT, state TEXT, verdict TEXT)")
            connection.exec_driver_sql(
                "CREATE TRIGGER note AFTER UPDATE OF state ON jobs"
                " BEGIN INSERT INTO changes VALUES (new.id, new.state, new.verdict); END"
            )
        options = load_config(self.config_file).queues["submissions"]
        self.engine = open_engine("submissions", options, redis_url)
        self.consumer = open_consumer("submissions", options, redis_url)
        self._stack = stack
        self._sequence = 0

    def accept(self, *, enqueue=True, **fields):
        """Submit, as the front does; give the id."""
        row = NewJobRow(
            **{
                "id": new_id(),
                "queue": "submissions",
                "kind": "submission",
                "owner": "ada",
                "user": "ada",
                "priority": "low",
                "payload": b'{"source":"x"}',
                "digest": "d",
            }
            | fields
        )
        with self.store.writer() as connection:
            jobs.accept(connection, row)
        if enqueue:
            self.engine.enqueue(
                [NewJob(id=row.id, priority=row.priority, payload=row.payload, user=row.user)]
            )
        return row.id

    def work(self, limit=1_000_000):
        """Work what waits, at most ``limit`` jobs, as a worker does; give the ids."""
        worked = []
        while len(worked) < limit:
            self._sequence += 1
            claim = self.consumer.claim("worker", self._sequence)
            if claim is None:
                break
            result = b'{"verdict":"accepted","attempt":%d}' % claim.attempt
            assert self.consumer.finish(claim, Ending(kind=Finish.DONE, result=result))[0]
            worked.append(claim.id)
        return worked

    def rows(self, ids):
        with self.store.reader() as connection:
            return [jobs.get(connection, job_id, payload=True) for job_id in ids]

    def changes(self):
        """Every change of a row's state since the beginning."""
        with self.store.reader() as connection:
            return connection.exec_driver_sql("SELECT * FROM changes").all()

    def recorder(self, program=None, **environment):
        """Start a recorder process; ``program`` is Python to run in its place."""
        what = ["-m", "workers", "recorder"] if program is None else ["-c", program]
        process = subprocess.Popen(
            [sys.executable, *what],
            env=os.environ
            | {
                "REDIS_URL": self.redis_url,
                "DATABASE_URL": self.database_url,
                "JUDGELINE_HOME": str(self.folder),
                "JUDGELINE_CONFIG": str(self.config_file),
            }
            | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._stack.callback(_end, process)
        return process


def _end(process):
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.fixture
def house(tmp_path, redis_url):
    with contextlib.ExitStack() as stack:
        yield House(tmp_path, redis_url, stack)


@pytest.fixture
def eventually():
    """Give a function that waits until a condition holds."""

    def eventually(condition):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "it never came to be"
            time.sleep(0.02)

    return eventually
