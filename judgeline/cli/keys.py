"""``judgeline keys``: who may do what over HTTP."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Connection

from judgeline.cli.output import age, as_json, print_json, print_table
from judgeline.config import Settings
from judgeline.store import keys
from judgeline.store.database import open_store
from judgeline.store.keys import KeyInfo, Plan, Scope

_USUAL = {
    Plan.FREE: (Scope.SUBMIT,),
    Plan.PREMIUM: (Scope.SUBMIT,),
    Plan.OPERATOR: tuple(Scope),
}


@click.group
def command() -> None:
    """Create, list and revoke API keys."""


@command.command
@click.option(
    "--owner", required=True, help="Who it is for; submissions belong to the owner, not to the key."
)
@click.option(
    "--plan",
    type=click.Choice([plan.value for plan in Plan]),
    default=Plan.FREE.value,
    show_default=True,
    help="free: low priority; premium and operator: high.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may do; may be repeated.  [submit; for an operator all]",
)
@click.option("--label", default="", help="A note to tell keys apart by.")
@as_json
def create(*, owner: str, plan: str, scopes: tuple[str, ...], label: str, as_json: bool) -> None:
    """Create a key and print it. It is shown this once: the store keeps only its hash."""
    given = [Scope(scope) for scope in scopes] or list(_USUAL[Plan(plan)])
    with _store() as connection:
        info, token = keys.create(connection, owner, Plan(plan), given, label)
    if as_json:
        print_json(_plain(info) | {"key": token})
    else:
        click.echo(token)


@command.command("list")
@as_json
def list_keys(*, as_json: bool) -> None:
    """List the keys, without their secrets."""
    with _store() as connection:
        found = keys.list_all(connection)
    if as_json:
        print_json([_plain(info) for info in found])
        return
    now = time.time() * 1000
    print_table(
        ("id", "owner", "plan", "scopes", "label", "made", "last used", "state"),
        [
            (
                info.id,
                info.owner,
                info.plan.value,
                " ".join(sorted(info.scopes)),
                info.label,
                age(now - info.created_ms),
                age(now - info.last_used_ms) if info.last_used_ms else "never",
                "revoked" if info.revoked_ms else "living",
            )
            for info in found
        ],
    )


@command.command
@click.argument("key_id")
def revoke(*, key_id: str) -> None:
    """Revoke a key for good; API processes notice within seconds."""
    with _store() as connection:
        info = keys.revoke(connection, key_id)
    click.echo(f"revoked {info.id} of {info.owner}")


@contextmanager
def _store() -> Iterator[Connection]:
    store = open_store(Settings.from_environment().database_url)
    try:
        with store.writer() as connection:
            yield connection
    finally:
        store.close()


def _plain(info: KeyInfo) -> dict[str, object]:
    return {
        "id": info.id,
        "owner": info.owner,
        "plan": info.plan.value,
        "scopes": sorted(info.scopes),
        "label": info.label,
        "created_ms": info.created_ms,
        "revoked_ms": info.revoked_ms,
        "last_used_ms": info.last_used_ms,
    }
