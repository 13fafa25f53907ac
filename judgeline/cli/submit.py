"""``judgeline submit``: send a solution to a running system and follow it to its verdict."""

import contextlib
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from judgeline.cli.judge import language_of
from judgeline.cli.output import (
    INTERRUPTED,
    NO,
    NO_ANSWER,
    WRONG_CALL,
    as_json,
    console,
    on_terminal,
    print_json,
)
from judgeline.cli.verdicts import print_judgement
from judgeline.client import Client, ClientError
from judgeline.config import Settings

_TERMINAL = {"done", "dead", "cancelled"}
_PAUSE_S = 1.0
_SHOWN_PROGRESS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
)


@click.command("submit")
@click.argument("problem")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--language", "-l", default="", help="Language id; told from the file's ending if not given.")
@click.option(
    "--url", envvar="JUDGELINE_URL", default="", help="The API's address  [http://API_HOST:API_PORT]"
)
@click.option("--key", envvar="JUDGELINE_KEY", default="", help="An API key; without one the plan is free.")
@as_json
def command(  # noqa: PLR0913 - one parameter an option
    *, problem: str, source: Path, language: str, url: str, key: str, as_json: bool
) -> None:
    """Submit SOURCE ("-" is standard input) for PROBLEM, show its progress, print the verdict of each test.

    Ends with 0 when it is accepted, 1 when it is not.
    """
    language = language or language_of(source)
    text = _read(source)
    client = Client(_server(url), _key(key))
    try:
        accepted = client.submit(problem=problem, language=language, source=text)
        try:
            result = _follow(client, accepted, quiet=as_json)
        except KeyboardInterrupt:
            click.echo(f"judgeline: it goes on; see {client.address(accepted['links']['self'])}", err=True)
            sys.exit(INTERRUPTED)
    except ClientError as error:
        click.echo(f"judgeline: {error}", err=True)
        sys.exit(WRONG_CALL if 400 <= error.status < 500 and error.status != 429 else NO_ANSWER)
    finally:
        client.close()
    if as_json:
        print_json(result)
    else:
        print_judgement(result)
    sys.exit(0 if result.get("verdict") == "accepted" else NO)


def _server(url: str) -> str:
    """The API's address. Raises BadParameter for what is none."""
    if not url:
        return f"http://{Settings.from_environment().api_address}"
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise click.BadParameter(f"{url!r} is no address such as http://127.0.0.1:8000", param_hint="--url")
    return url


def _key(key: str) -> str:
    """The key without the line break that files end with. Raises BadParameter for what no header can hold."""
    key = key.strip()
    if not key.isascii() or not key.isprintable():
        raise click.BadParameter("an API key has printable ASCII characters only", param_hint="--key")
    return key


def _read(source: Path) -> str:
    data = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{source} is not UTF-8 (byte {error.start})") from None


def _follow(client: Client, accepted: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    """Show how it goes, as far as the server has a stream for us, and give it when it has ended."""
    path = accepted["links"]["self"]
    with _progress(quiet=quiet) as progress, contextlib.suppress(ClientError):
        bar = progress.add_task("queued", total=None)
        for event in client.events(accepted["links"]["events"]):
            if event.name == "verdict":
                break
            progress.update(
                bar,
                description=event.data.get("stage") or event.data.get("status") or event.name,
                completed=event.data.get("test", 0),
                total=event.data.get("tests_total") or None,
            )
    while (result := client.get(f"{path}?wait=20")).get("status") not in _TERMINAL:
        time.sleep(_PAUSE_S)  # a server that has no thread for a wait answers at once
    return result


def _progress(*, quiet: bool) -> Progress:
    shown = not quiet and on_terminal()
    return Progress(*_SHOWN_PROGRESS, console=console(), transient=True, disable=not shown)
