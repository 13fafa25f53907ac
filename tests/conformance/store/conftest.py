"""One suite for every database: each test runs on SQLite and on a real PostgreSQL, empty and migrated."""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from judgeline.ids import new_id
from judgeline.queues.job import Job, JobState
from judgeline.store import NewJobRow, open_store
from judgeline.store.migrate import migrate

START_S = 30.0

# As for the bundled server: it dies with the process that asked for it, even if that is killed: Linux sends
# SIGINT (2, a fast shutdown) for PR_SET_PDEATHSIG (1), which a change of user would have cleared. The user is
# changed here, not by subprocess, for another user may not be allowed to start our interpreter.
LAUNCH = """
import ctypes, os, sys
parent, uid, gid = map(int, sys.argv[1:4])
if uid != os.getuid():
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 2)
    if os.getppid() != parent:
        sys.exit(1)
os.execv(sys.argv[4], sys.argv[4:])
"""


def skip_or_fail(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def binaries():
    """Find the folder of initdb and postgres; the packages keep them off PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if not folders:
        skip_or_fail(
            "PostgreSQL is not installed (no initdb); on Debian and Ubuntu: apt-get install postgresql"
        )
    return folders[-1]


def server_user():
    """Give uid and gid to run as: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
    return skip_or_fail("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


@contextlib.contextmanager
def running_postgresql():
    """Run a server on a socket of its own; give its socket's folder."""
    programs = binaries()
    uid, gid = server_user()
    folder = Path(tempfile.mkdtemp(prefix="jl-pg-"))  # short: a socket's path may not pass 107 bytes
    os.chown(folder, uid, gid)
    start = [sys.executable, "-S", "-c", LAUNCH, str(os.getpid()), str(uid), str(gid)]
    try:
        made = subprocess.run(
            [
                *(*start, programs / "initdb", "-D", folder / "data", "-U", "judge", "--auth=trust"),
                *("--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C"),
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if made.returncode:
            pytest.fail(f"initdb failed: {made.stdout.decode()}")
        server = subprocess.Popen(
            [
                *(*start, programs / "postgres", "-D", folder / "data", "-k", folder),
                *("-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"),
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            await_postgresql(folder, server)
            yield folder
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def await_postgresql(folder, server):
    deadline = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(host=str(folder), user="judge", dbname="postgres").close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start: {error}")
            time.sleep(0.02)
        else:
            return


@pytest.fixture(scope="session")
def postgresql():
    with running_postgresql() as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """Give the address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    folder = request.getfixturevalue("postgresql")
    name = f"test_{next(_numbers)}"
    with psycopg.connect(host=str(folder), user="judge", dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield f"postgresql://judge@/{name}?host={folder}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


_numbers = itertools.count()


@pytest.fixture
def url(empty_url):
    """Give the address of a migrated database."""
    migrate(empty_url)
    return empty_url


@pytest.fixture
def store(url):
    with closing(open_store(url, patience_s=1)) as opened:
        yield opened


@pytest.fixture
def new_row():
    """Give a maker of rows to accept."""

    def make(**fields):
        defaults = {
            "id": new_id(),
            "queue": "submissions",
            "kind": "submission",
            "owner": "ada",
            "user": "ada",
            "priority": "low",
            "problem": "aplusb",
            "language": "python3",
            "payload": b'{"kind":"submission"}',
            "digest": "d" * 64,
        }
        return NewJobRow(**defaults | fields)

    return make


@pytest.fixture
def ended():
    """Give a maker of ended jobs."""

    def make(job_id, **fields):
        defaults = {
            "state": JobState.DONE,
            "priority": "low",
            "attempt": 1,
            "enqueued_ms": 1_000,
            "started_ms": 2_000,
            "finished_ms": 3_000,
            "result": b'{"verdict":"accepted","tests":[]}',
        }
        return Job(id=job_id, **defaults | fields)

    return make
