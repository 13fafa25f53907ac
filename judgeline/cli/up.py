"""``judgeline up``: prepare the data folder and start the whole system."""

import os
import signal
import sys
import time
from pathlib import Path

import click
import urllib3

from judgeline import terminal, up
from judgeline.config import Settings
from judgeline.judging.sandbox.doctor import diagnose
from judgeline.parent import open_parent

_READY_S = 60.0


@click.command("up")
@click.option(
    "--scale",
    "-c",
    multiple=True,
    metavar="NAME=N",
    help="Start N instances of a process type of the Procfile, e.g. -c submissions=3.",
)
@click.option("--prepare-only", is_flag=True, help="Prepare the data folder and start nothing.")
def command(*, scale: tuple[str, ...], prepare_only: bool) -> None:
    """Prepare JUDGELINE_HOME and start the system under honcho; Ctrl-C stops it.

    Preparation checks queues.toml, migrates the database and writes the first operator key. It says what
    the host lacks for judging, and how to mend it.
    """
    terminal.hold()
    counts = dict(_count(text) for text in scale)
    settings = Settings.from_environment()
    up.lock_home(settings.home)
    if not prepare_only:
        up.check_port(settings.api_host, settings.api_port, "API_PORT")
        up.check_scale(settings.config_file.parent / "Procfile", counts)
    click.echo(f"judgeline: preparing {settings.home}", err=True)
    config = up.prepare(settings)
    for line in up.find_faults(config):
        click.echo(f"judgeline: {line}", err=True)
    for finding in diagnose(settings.sandbox_cache):
        if not finding.ok:
            click.echo(f"judgeline: no judging here: {finding.detail}; {finding.cure}", err=True)
    if prepare_only:
        return
    _announce_when_ready(settings)
    up.become_manager(settings, counts)


def _count(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not name or not number.isdigit() or not 0 <= int(number) <= 1000:
        raise click.BadParameter(f"{text!r} is not NAME=N", param_hint="--scale")
    return name, int(number)


def _announce_when_ready(settings: Settings) -> None:
    """Leave a short-lived process behind that prints where to go once the system answers.

    It is forked twice, so that the manager, which knows nothing of it, need not reap it, and it ends with
    the manager.
    """
    manager = os.getpid()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        _announce(settings, manager)
    finally:
        os._exit(0)


def _announce(settings: Settings, manager: int) -> None:
    parent = open_parent({"JUDGELINE_PARENT_PID": str(manager)})
    address = f"http://{settings.api_address}"
    pool = urllib3.PoolManager(timeout=2, retries=False)
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        if parent is not None and _readable(parent):
            return
        try:
            answer = pool.request("GET", f"{address}/readyz")
        except urllib3.exceptions.HTTPError:
            answer = None
        if answer is not None and answer.status == 200:
            sys.stdout.write(_welcome(address, settings.home))
            sys.stdout.flush()
            return
        time.sleep(0.1)
    sys.stdout.write(f"\njudgeline: not ready after {_READY_S:.0f} s; {address}/readyz says why\n")
    sys.stdout.flush()


def _readable(descriptor: int) -> bool:
    import select  # noqa: PLC0415 - only the announcer needs it

    return bool(select.select([descriptor], [], [], 0)[0])


def _welcome(address: str, home: Path) -> str:
    return f"""
Judgeline is ready.
  API           {address}    (docs/api.md, {address}/openapi.json)
  operator key  {home / up.OPERATOR_KEY_FILE}
Try, in another terminal:
  curl -s {address}/v1/submissions -H 'Content-Type: application/json' \\
    -d '{{"problem": "aplusb", "language": "python3", "source": "print(sum(map(int, input().split())))"}}'
and with the id of the answer:
  curl -s '{address}/v1/submissions/<id>?wait=20'
Ctrl-C stops everything.

"""
