"""How gunicorn serves the front: read by its arbiter, before any worker is forked."""

import os
import select
import shutil
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from judgeline import terminal
from judgeline.config import Settings, load_config
from judgeline.errors import JudgelineError
from judgeline.parent import open_parent

if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # not when this is read anew: nobody would hear again
    terminal.hold()

try:
    _settings = Settings.from_environment()
    _api = load_config(_settings.config_file).api
except JudgelineError as _error:
    sys.stderr.write(f"judgeline: {_error}\n")
    sys.exit(1)

bind = _settings.api_address
reuse_port = False
"""With it, a second front would start beside the first and take half of its requests."""
worker_class = "api.worker.Worker"
workers = _api.workers
threads = _api.threads
preload_app = False
graceful_timeout = 3
"""Seconds. Waits and streams end within one; the process manager kills after five."""
keepalive = 5
control_socket_disable = True
"""gunicorn 27 would open a socket for commands in a folder that every project on the machine shares."""
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn makes an unnamed file there
proc_name = "judgeline-api"

# Before anything imports prometheus_client, which decides at import where its counts live.
_metrics = _settings.home / "metrics"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)


def on_starting(server: Any) -> None:
    """The counts of the last start would be added to ours."""
    shutil.rmtree(_metrics, ignore_errors=True)
    _metrics.mkdir(mode=0o700, parents=True, exist_ok=True)
    _guard_reload(server)


def _guard_reload(server: Any) -> None:
    """Have SIGHUP read queues.toml anew, and change nothing where it has a fault: no worker would start.

    While one waits to be obeyed another adds nothing: a reload takes seconds, and a SIGTERM would stand in
    line behind all of them.
    """
    reload, queue = server.handle_hup, server.signal
    waiting = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal waiting
        if number == signal.SIGHUP:
            if waiting:
                return
            waiting = True
        queue(number, frame)

    def handle() -> None:
        nonlocal waiting
        waiting = False
        try:
            load_config(_settings.config_file)
        except JudgelineError as error:
            server.log.warning("queues.toml not reloaded, going on as before: %s", error)
            return
        sys.modules.pop(__name__, None)  # this module too is read anew: it gives workers and threads
        reload()

    server.handle_hup, server.signal = handle, note


def when_ready(_server: Any) -> None:
    """The arbiter's handlers stand: now a SIGHUP may come. The workers are forked after this."""
    terminal.hear()


def post_worker_init(worker: Any) -> None:
    """In a worker, once the app is there and before the first request: threads start here, after the fork."""
    services = worker.wsgi.extensions["judgeline"]
    services.stopping.follow(lambda: not worker.alive)
    services.listener.start()
    _stop_with_manager(worker.ppid)


def child_exit(_server: Any, worker: Any) -> None:
    """In the arbiter: a dead worker's gauges must not count any more."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - see PROMETHEUS_MULTIPROC_DIR above

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def _stop_with_manager(arbiter: int) -> None:
    """Stop the arbiter, and so everything, when the process manager above it is gone.

    The workers watch, not the arbiter: it forks, and a process that forks should have one thread.
    """
    manager = open_parent()
    if manager is None:
        return

    def wait() -> None:
        poll = select.poll()
        poll.register(manager, select.POLLIN)
        poll.poll()
        if os.getppid() == arbiter:
            os.kill(arbiter, signal.SIGTERM)

    threading.Thread(target=wait, name="manager-watch", daemon=True).start()
