"""``judgeline chaos``: kills, cuts and stops everything at random, and counts what was lost."""

import signal
from pathlib import Path
from types import FrameType
from typing import Literal

import click

from judgeline.cli.output import INTERRUPTED, NO, as_json, print_json

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command
@click.option(
    "--jobs", default=10_000, show_default=True, type=click.IntRange(1, 10_000_000), help="Jobs to submit."
)
@click.option(
    "--seed", default=1, show_default=True, help="The same seed is the same plan of jobs and faults."
)
@click.option(
    "--workers", default=3, show_default=True, type=click.IntRange(1, 32), help="Supervisors, each a process."
)
@click.option(
    "--children",
    default=2,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Children a supervisor keeps.",
)
@click.option(
    "--rate",
    default=120,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="Submits a second, while the queue takes them.",
)
@click.option(
    "--duration",
    default=1_800,
    show_default=True,
    type=click.IntRange(1, 86_400),
    help="Submit and make trouble for so many seconds at most; what was accepted by then must still end.",
)
@click.option(
    "--faults",
    metavar="NAMES",
    help="Only these, with commas: child, supervisor, recorder, server, lost, cut, partition, slow,"
    " stop-server, stop-child, stop-supervisor, stop-all, submit, empty. All of them by default.",
)
@click.option("--no-empty", is_flag=True, help="Never empty Redis.")
@click.option("--engine", default="lists", show_default=True, type=click.Choice(["lists", "rq"]))
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="A new folder for the evidence (logs, database, append-only file, log of attempts), which stays.",
)
@as_json
def command(  # noqa: PLR0913 - one argument an option
    *,
    jobs: int,
    seed: int,
    workers: int,
    children: int,
    rate: int,
    duration: int,
    faults: str | None,
    no_empty: bool,
    engine: Literal["lists", "rq"],
    keep: Path | None,
    as_json: bool,
) -> None:
    """Run a whole system of its own, break it on purpose, and prove that nothing is lost.

    It starts a Redis server, workers, a recorder and a store in a temporary folder, on private sockets;
    nothing else is touched, and nothing of it stays. Jobs are submitted as the API does it while children,
    supervisors, the recorder and the server are killed (-9), processes are stopped beyond their lease,
    replies are lost, connections are cut and Redis is emptied. docs/chaos.md tells how to read the report.

    Exit status: 0 every promise was kept, 1 one was broken, 130 interrupted.
    """
    from judgeline.chaos.director import run  # noqa: PLC0415 - only this verb needs the store and the proxy
    from judgeline.chaos.options import ChaosOptions  # noqa: PLC0415 - as above
    from judgeline.chaos.plan import Fault  # noqa: PLC0415 - as above
    from judgeline.chaos.progress import shown  # noqa: PLC0415 - as above
    from judgeline.chaos.report import as_text  # noqa: PLC0415 - as above

    chosen = _chosen(faults, [fault.value for fault in Fault]) - ({"empty"} if no_empty else set())
    for number in _ENDING:
        signal.signal(number, _interrupt)
    options = ChaosOptions(
        jobs=jobs,
        seed=seed,
        supervisors=workers,
        children=children,
        rate=rate,
        engine=engine,
        faults=frozenset(map(Fault, chosen)),
        storm_s=duration,
        keep=keep,
    )
    try:
        with shown(jobs) as tell:
            report = run(options, tell)
    except KeyboardInterrupt:
        click.echo("judgeline: interrupted; nothing of it is left", err=True)
        raise SystemExit(INTERRUPTED) from None
    if as_json:
        print_json(report)
    else:
        click.echo(as_text(report))
    if not report.passed:
        raise SystemExit(NO)


def _chosen(names: str | None, known: list[str]) -> set[str]:
    if names is None:
        return set(known)
    chosen = {name.strip() for name in names.split(",") if name.strip()}
    if unknown := sorted(chosen - set(known)):
        raise click.BadParameter(f"there is no fault {unknown[0]!r}; there are {', '.join(known)}")
    return chosen


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End the run; a second Ctrl-C would only keep it from clearing up."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
