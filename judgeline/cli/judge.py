"""``judgeline judge``: judge a solution here and now, without a queue or a server."""

import sys
from pathlib import Path

import click
import msgspec

from judgeline.cli.output import NO, as_json, print_json
from judgeline.cli.sandbox import cold, load_languages, open_judge
from judgeline.cli.verdicts import print_judgement
from judgeline.judging.packages.load import load_package
from judgeline.judging.verdicts import Verdict


@click.command("judge")
@click.argument("package", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", "-l", default="", help="Language id; told from the file's ending if not given.")
@cold
@as_json
def command(*, package: Path, source: Path, language: str, cold: bool, as_json: bool) -> None:
    """Judge SOURCE against the problem PACKAGE (a folder) in the sandbox of this host.

    Ends with 0 when it is accepted, 1 when it is not.
    """
    language = language or language_of(source)
    with open_judge(cold=cold) as judge:
        judgement = judge.judge(load_package(package), language, source.read_bytes())
    plain = msgspec.to_builtins(judgement)
    if as_json:
        print_json(plain)
    else:
        print_judgement(plain)
    sys.exit(0 if judgement.verdict is Verdict.ACCEPTED else NO)


def language_of(source: Path) -> str:
    """The language that a file's ending names. Raises UsageError where it names none."""
    found = load_languages().of_file(source.name)
    if found is None:
        raise click.UsageError(
            f"cannot tell the language of {source.name}; give --language (see `judgeline languages`)"
        )
    return found.id
