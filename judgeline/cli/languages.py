"""``judgeline languages``: what this host can judge."""

import click

from judgeline.cli.output import as_json, print_json, print_table
from judgeline.cli.sandbox import load_languages


@click.command("languages")
@as_json
def command(*, as_json: bool) -> None:
    """List the languages of the table, with the versions found here and what is missing for the others."""
    found = load_languages().all()
    if as_json:
        print_json(
            [
                {
                    "id": language.id,
                    "name": language.name,
                    "version": language.version,
                    "available": language.available,
                    "missing": language.missing,
                    "extensions": list(language.extensions),
                }
                for language in found
            ]
        )
        return
    print_table(
        ("id", "name", "version", "files", "missing"),
        [
            (
                language.id,
                language.name,
                language.version or "-",
                " ".join(language.extensions),
                language.missing,
            )
            for language in found
        ],
    )
