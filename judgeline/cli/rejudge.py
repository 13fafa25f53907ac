"""``judgeline rejudge``: a problem's submissions judged anew, looked at, then applied or dropped."""

import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import click
import msgspec

from judgeline.cli.connections import open_engines
from judgeline.cli.moments import Moment
from judgeline.cli.output import NO, age, as_json, console, on_terminal, print_json, print_table
from judgeline.config import Settings, load_config
from judgeline.judging.packages import Library
from judgeline.judging.verdicts import Verdict
from judgeline.rejudging import RejudgeError, discard_rejudge, make_rejudge
from judgeline.store import rejudges
from judgeline.store.database import Store, open_store
from judgeline.store.rejudge_rows import Counts, Item, Rejudge, RejudgeState, WantedSubmissions

BY = "command line"
"""Who did it, where no key says so."""
_PAGE = 500
_LOOKS_S = 0.5
_SHORT = 12


class _StartsBySlug(click.Group):
    """``rejudge aplusb`` means ``rejudge start aplusb``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; what is none is a problem."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["start", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_StartsBySlug)
def command() -> None:
    """Judge a problem's submissions anew, and look before any verdict changes.

    `judgeline rejudge PROBLEM` makes a set and has it judged at the lightest priority; `show` tells what
    would change; `apply` writes it, `discard` drops it.
    """


@command.command
@click.argument("problem")
@click.option("--user", help="Only those of this owner.")
@click.option(
    "--verdict",
    "verdicts",
    multiple=True,
    type=click.Choice([verdict.value for verdict in Verdict]),
    help="Only those with this verdict; may be repeated.",
)
@click.option("--language", help="Only those in this language.")
@click.option(
    "--since", "since_ms", type=Moment(), help="Submitted then or later: 2h (ago), or a date and time."
)
@click.option("--before", "before_ms", type=Moment(), help="Submitted before then.")
@click.option("--dry-run", is_flag=True, help="Only count them.")
@as_json
def start(*, problem: str, verdicts: tuple[str, ...], dry_run: bool, as_json: bool, **filters: Any) -> None:
    """Make a set of PROBLEM's judged submissions (`start` may be left out).

    All that is said must fit. Each is judged by the version of the problem that is in use now.
    """
    wanted = WantedSubmissions(problem=problem, verdicts=verdicts, **filters)
    config = load_config(Settings.from_environment().config_file)
    package = Library(config.problems_folder).find(problem)
    if package is None:
        raise RejudgeError(f"there is no problem {problem!r} in {config.problems_folder}")
    with _store() as store:
        if dry_run:
            with store.reader() as connection:
                fitting = rejudges.count_candidates(connection, wanted)
            if as_json:
                print_json({"submissions": fitting, "problem_version": package.version})
            else:
                click.echo(f"{fitting:,} submissions of {problem} fit; nothing was changed")
            return
        engine = open_engines([config.judge.queue])[config.judge.queue]
        made = make_rejudge(store, engine, package.version, wanted, BY)
        with store.reader() as connection:
            counts = rejudges.count(connection, made)
    if as_json:
        print_json({"id": made, "problem_version": package.version} | msgspec.structs.asdict(counts))
    else:
        click.echo(made)
        click.echo(
            f"{counts.total:,} submissions will be judged by version {package.version[:_SHORT]};"
            f" see: judgeline rejudge show {made}",
            err=True,
        )


@command.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@as_json
def list_rejudges(*, limit: int, as_json: bool) -> None:
    """List the sets, newest first."""
    with _store() as store, store.reader() as connection:
        found = [
            (made, rejudges.count(connection, made.id))
            for made in rejudges.list_newest(connection, limit=limit)
        ]
    if as_json:
        print_json([_plain(made, counts) for made, counts in found])
        return
    now = time.time() * 1000
    print_table(
        ("id", "problem", "state", "made", "by", "total", "pending", "changed", "failed"),
        [
            (
                *(made.id, made.wanted.problem, made.state.value, age(now - made.created_ms), made.made_by),
                *(counts.total, counts.pending, counts.changed, counts.failed),
            )
            for made, counts in found
        ],
        right=("total", "pending", "changed", "failed"),
    )


@command.command
@click.argument("rejudge_id", metavar="ID")
@click.option("--all", "every", is_flag=True, help="Show what would not change, too.")
@click.option("--wait", is_flag=True, help="Wait until all of it is judged.")
@as_json
def show(*, rejudge_id: str, every: bool, wait: bool, as_json: bool) -> None:
    """Show what a set would change: old verdict, new verdict, times.

    Ends with 1 when a verdict would change, and with 0 when none would.
    """
    with _store() as store:
        made, counts = _look(store, rejudge_id, wait=wait)
        listed = [item for item in _items(store, rejudge_id) if every or item.state in {"changed", "failed"}]
    if as_json:
        print_json(_plain(made, counts) | {"submissions": listed})
    else:
        _print(made, counts, listed)
    sys.exit(NO if counts.changed else 0)


@command.command
@click.argument("rejudge_id", metavar="ID")
@as_json
def apply(*, rejudge_id: str, as_json: bool) -> None:
    """Write a set's results over the shown ones, in one transaction; the old verdicts stay as history.

    The one way in which a shown verdict changes. Refused while some of it is still to be judged.
    """
    with _store() as store, store.writer() as connection:
        applied = rejudges.apply(connection, rejudge_id, BY)
    if as_json:
        print_json(applied)
        return
    overtaken = f"; {applied.overtaken:,} were judged anew meanwhile and stay" if applied.overtaken else ""
    click.echo(f"{applied.written:,} results written, {applied.changed:,} verdicts changed{overtaken}")


@command.command
@click.argument("rejudge_id", metavar="ID")
def discard(*, rejudge_id: str) -> None:
    """Drop a set; every verdict stays as it is."""
    settings = Settings.from_environment()
    queue = load_config(settings.config_file).judge.queue
    with _store() as store:
        discard_rejudge(store, open_engines([queue])[queue], rejudge_id, BY)
    click.echo(f"{rejudge_id} is dropped")


@contextmanager
def _store() -> Iterator[Store]:
    with closing(open_store(Settings.from_environment().database_url)) as store:
        yield store


def _look(store: Store, rejudge_id: str, *, wait: bool) -> tuple[Rejudge, Counts]:
    with console().status("waiting") as status:
        if not (wait and on_terminal()):
            status.stop()
        while True:
            with store.reader() as connection:
                made = rejudges.get(connection, rejudge_id)
                counts = rejudges.count(connection, rejudge_id)
            if not wait or made.state is not RejudgeState.OPEN or not counts.pending:
                return made, counts
            status.update(f"{counts.total - counts.pending:,} of {counts.total:,} judged")
            time.sleep(_LOOKS_S)


def _items(store: Store, rejudge_id: str) -> Iterator[Item]:
    after = ""
    while True:
        with store.reader() as connection:
            page = rejudges.items(connection, rejudge_id, after=after, limit=_PAGE)
        if not page:
            return
        yield from page
        after = page[-1].submission_id


def _print(made: Rejudge, counts: Counts, listed: list[Item]) -> None:
    print_table(
        ("submission", "owner", "language", "was", "would be", "ms", "would take", ""),
        [
            (
                *(item.submission_id, item.owner, item.language or "", item.old_verdict or ""),
                *(item.new_verdict or item.state, f"{item.old_time_ms:.0f}", f"{item.new_time_ms:.0f}"),
                item.reason,
            )
            for item in listed
        ],
        right=("ms", "would take"),
    )
    console().print(
        f"{made.wanted.problem} by version {made.problem_version[:_SHORT]}, {made.state.value}:"
        f" {counts.total:,} submissions, {counts.pending:,} pending, {counts.same:,} the same,"
        f" {counts.changed:,} changed, {counts.failed:,} failed",
        markup=False,
    )


def _plain(made: Rejudge, counts: Counts) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(made)
    return plain | {"counts": msgspec.to_builtins(counts)}
