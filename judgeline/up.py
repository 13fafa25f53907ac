"""Preparing a data folder and becoming the process manager: what ``make run`` does after the installation.

Preparation is the only place that migrates the database. Each step either works, says one line, or raises
UpError with one line that names the cure.
"""

import errno
import fcntl
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from judgeline import log, preflight
from judgeline.config import Config, Settings, load_config
from judgeline.embedded.address import publish_url
from judgeline.errors import JudgelineError
from judgeline.judging.packages import Library
from judgeline.parent import VARIABLE
from judgeline.store import keys
from judgeline.store.database import Store, open_store
from judgeline.store.keys import Plan, Scope
from judgeline.store.migrate import migrate

OPERATOR_KEY_FILE = "operator.key"


class UpError(JudgelineError):
    """The system cannot start here; the message says what to do."""


def lock_home(home: Path) -> int:
    """Lock a data folder for one running system; give the descriptor that holds the lock (it survives exec).

    Raises UpError when another system runs on it, or the folder cannot be made.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UpError(f"cannot write to JUDGELINE_HOME {home}: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise UpError(
            f"a system is already running on {home}; stop it, or set another JUDGELINE_HOME"
        ) from None
    os.set_inheritable(descriptor, True)
    return descriptor


def check_port(host: str, port: int, variable: str) -> None:
    """Raise UpError unless the port is really free (bound without SO_REUSEPORT, as gunicorn will).

    ``variable`` names the setting of the port, e.g. API_PORT; the host's is beside it, API_HOST.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            cure = f"set {variable.removesuffix('PORT')}HOST to an address of this machine"
            if error.errno == errno.EADDRINUSE:
                cure = f"stop what does, or set {variable}"
            elif error.errno == errno.EACCES:
                cure = f"set {variable} to one over 1023"
            raise UpError(f"cannot listen on {host}:{port} ({error.strerror}); {cure}") from None


def prepare(settings: Settings, environ: Mapping[str, str] = os.environ) -> Config:
    """Check the configuration, migrate the database, write the server's URL and the first operator key.

    Safe to repeat; the second time costs milliseconds. Raises ConfigError, StoreError, UpError.
    """
    config = load_config(settings.config_file)
    preflight.check(settings, config)
    if not environ.get("REDIS_URL"):
        publish_url(settings.home)
    migrate(settings.database_url)
    store = open_store(settings.database_url)
    try:
        _write_first_key(store, settings.home / OPERATOR_KEY_FILE)
    finally:
        store.close()
    return config


def find_faults(config: Config) -> Iterator[str]:
    """One line for each thing wrong with the problems: the system starts without them."""
    folder = config.problems_folder
    if not folder.is_dir():
        yield f"no problems: the folder {folder} ([judge] problems) is not there"
    for name, faults in Library(folder).faults().items():
        yield f"the problem {name} is broken and left out; judgeline verify {folder / name}: {faults[0]}"


def _write_first_key(store: Store, path: Path) -> None:
    """Make the operator's key of a new database, in a file that its owner alone may read."""
    with store.writer() as connection:
        if path.exists() and keys.list_all(connection):
            return
        _, token = keys.create(connection, "operator", Plan.OPERATOR, list(Scope), "made at the first start")
    path.unlink(missing_ok=True)  # of a database that is gone
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token + "\n")


def check_scale(procfile: Path, scale: Mapping[str, int]) -> None:
    """Raise UpError unless the Procfile is there and has every process type of ``scale``.

    honcho itself passes over a name that it does not know.
    """
    try:
        lines = procfile.read_text("utf-8").splitlines()
    except OSError:
        raise UpError(
            f"no Procfile beside queues.toml in {procfile.parent}; run `judgeline up` in the project's folder"
        ) from None
    known = [line.partition(":")[0].strip() for line in lines if ":" in line and not line.startswith("#")]
    for name in scale:
        if name not in known:
            raise UpError(f"the Procfile has no process type {name!r}; there are: {', '.join(known)}")


def become_manager(settings: Settings, scale: Mapping[str, int]) -> None:
    """Replace this process by honcho, which starts what the Procfile beside queues.toml says. Never returns.

    ``scale`` gives the number of instances of a process type, as ``honcho start -c``.
    """
    procfile = settings.config_file.parent / "Procfile"
    environ = os.environ | {
        VARIABLE: str(os.getpid()),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
    }
    if sys.stdout.isatty():
        environ.setdefault(log.FORMAT, "console")  # what we start writes into a pipe and cannot see this
    arguments = [sys.executable, "-m", "judgeline.manager", "start"]
    arguments += ["-d", str(procfile.parent), "-f", str(procfile)]
    if scale:
        arguments += ["-c", ",".join(f"{name}={count}" for name, count in scale.items())]
    sys.stdout.flush()
    os.execve(sys.executable, arguments, environ)  # noqa: S606 - no shell is wanted: honcho takes our pid
