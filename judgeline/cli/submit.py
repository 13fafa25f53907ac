"""``judgeline submit``: send a solution to a running system and follow it to its verdict."""

import sys
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from judgeline.cli.judge import language_of
from judgeline.cli.output import NO, NO_ANSWER, as_json, console, print_json
from judgeline.cli.verdicts import print_judgement
from judgeline.client import Client, ClientError
from judgeline.config import Settings

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
    settings = Settings.from_environment()
    client = Client(url or f"http://{settings.api_host}:{settings.api_port}", key)
    try:
        accepted = client.submit(problem=problem, language=language, source=text)
        result = _follow(client, accepted, quiet=as_json)
    except ClientError as error:
        click.echo(f"judgeline: {error}", err=True)
        sys.exit(NO_ANSWER if error.status in (0, 503) else NO)
    finally:
        client.close()
    if as_json:
        print_json(result)
    else:
        print_judgement(result)
    sys.exit(0 if result.get("verdict") == "accepted" else NO)


def _read(source: Path) -> str:
    data = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{source} is not UTF-8 (byte {error.start})") from None


def _follow(client: Client, accepted: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    with Progress(
        *_SHOWN_PROGRESS, console=console(), transient=True, disable=quiet or not sys.stdout.isatty()
    ) as progress:
        bar = progress.add_task("queued", total=None)
        for event in client.events(accepted["links"]["events"]):
            note = event.data.get("progress") or {}
            progress.update(
                bar,
                description=note.get("stage") or event.data.get("status") or event.name,
                completed=note.get("test", 0),
                total=note.get("tests_total") or None,
            )
    return client.get(accepted["links"]["self"])
