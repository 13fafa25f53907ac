"""Preparing a data folder and becoming the process manager: what ``make run`` does after the installation.

Preparation is the only place that migrates the database. Each step either works, says one line, or raises
UpError with one line that names the cure.
"""

import fcntl
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from judgeline import log
from judgeline.config import Config, Settings, load_config
from judgeline.embedded.address import publish_url
from judgeline.errors import JudgelineError
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
    """Raise UpError unless the port is really free (bound without SO_REUSEPORT, as gunicorn will)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UpError(
                f"cannot listen on {host}:{port} ({error.strerror}); stop what does, or set {variable}"
            ) from None


def prepare(settings: Settings, environ: Mapping[str, str] = os.environ) -> Config:
    """Check the configuration, migrate the database, write the server's URL and the first operator key.

    Safe to repeat; the second time costs milliseconds. Raises ConfigError, StoreError, UpError.
    """
    config = load_config(settings.config_file)
    if not environ.get("REDIS_URL"):
        publish_url(settings.home)
    migrate(settings.database_url)
    store = open_store(settings.database_url)
    try:
        _write_first_key(store, settings.home / OPERATOR_KEY_FILE)
    finally:
        store.close()
    return config


def _write_first_key(store: Store, path: Path) -> None:
    """Make the operator's key of a new data folder, readable by its owner alone."""
    if path.exists():
        return
    with store.writer() as connection:
        _, token = keys.create(connection, "operator", Plan.OPERATOR, list(Scope), "made at the first start")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token + "\n")


def become_manager(settings: Settings, scale: Mapping[str, int]) -> None:
    """Replace this process by honcho, which starts what the Procfile beside queues.toml says. Never returns.

    ``scale`` gives the number of instances of a process type, as ``honcho start -c``.
    """
    folder = settings.config_file.parent
    procfile = folder / "Procfile"
    if not procfile.is_file():
        raise UpError(
            f"no Procfile beside {settings.config_file}; run `judgeline up` in the project's folder"
        )
    environ = os.environ | {
        VARIABLE: str(os.getpid()),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
    }
    if sys.stdout.isatty():
        environ.setdefault(log.FORMAT, "console")  # what we start writes into a pipe and cannot see this
    honcho = shutil.which("honcho", path=environ["PATH"])
    if honcho is None:
        raise UpError("honcho is not installed; run `make install`")
    arguments = [honcho, "start", "-d", str(folder), "-f", str(procfile)]
    if scale:
        arguments += ["-c", ",".join(f"{name}={count}" for name, count in scale.items())]
    sys.stdout.flush()
    os.execve(honcho, arguments, environ)  # noqa: S606 - no shell is wanted: honcho takes our pid
