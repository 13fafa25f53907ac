"""``judgeline verify``: hold packages against their own submissions."""

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from judgeline.cli.matrix import LEGEND, matrix
from judgeline.cli.output import NO, as_json, console, print_json
from judgeline.cli.sandbox import cold, open_judge
from judgeline.judging.errors import PackageError
from judgeline.judging.judge import Judge
from judgeline.judging.packages.load import load_package
from judgeline.judging.row import Row
from judgeline.judging.verdicts import Progress
from judgeline.judging.verify import verify

_MARKS = {
    "held": "[green]ok[/green]      ",
    "surprise": "[red]SURPRISE[/red]",
    "skipped": "[yellow]skipped[/yellow] ",
}


@click.command("verify")
@click.argument("packages", nargs=-1, required=True, type=click.Path(path_type=Path))
@cold
@as_json
def command(*, packages: tuple[Path, ...], cold: bool, as_json: bool) -> None:
    """Run each package's input validators and submissions, and hold each against what must become of it.

    Ends with 1 on any surprise, or when a package is broken (every fault is listed).
    """
    with open_judge(cold=cold) as judge:
        reports = [_verify(folder, judge, quiet=as_json) for folder in packages]
    if as_json:
        print_json(reports)
    sys.exit(0 if all(report["ok"] for report in reports) else NO)


def _verify(folder: Path, judge: Judge, *, quiet: bool) -> dict[str, Any]:
    output = console()
    try:
        package = load_package(folder)
    except PackageError as error:
        if not quiet:
            output.print(f"[red]broken[/red]   {folder}")
            for fault in error.faults:
                output.print(f"         {fault}", markup=False)
        return {"package": str(folder), "ok": False, "faults": error.faults, "rows": []}
    rows: list[Row] = []
    with output.status(f"{folder}") as status:
        if quiet:
            status.stop()

        def show(name: str, progress: Progress) -> None:
            if not quiet:
                status.update(f"{folder}: {name}: {progress.stage} {progress.test}/{progress.tests_total}")

        for row in verify(package, judge, progress=show):
            rows.append(row)
            if not quiet:
                output.print(f"{_MARKS[row.state]} {folder}: {row.name}: {_said(row)}")
    if not quiet:
        _print_matrix(rows, [test.name for test in package.tests])
    ok = all(row.state != "surprise" for row in rows)
    return {"package": str(folder), "ok": ok, "faults": [], "rows": msgspec.to_builtins(rows)}


def _print_matrix(rows: list[Row], tests: list[str]) -> None:
    output = console()
    lines = matrix(rows, tests)
    for line in [*lines, LEGEND] if lines else []:
        output.print(f"         {line}", markup=False, highlight=False, soft_wrap=True)


def _said(row: Row) -> str:
    used = f" ({row.time_ms:.0f} ms, {row.memory_kb} KiB)" if row.time_ms else ""
    expected = f", expected {row.expected}" if row.state == "surprise" else ""
    why = f": {row.why}" if row.why else ""
    return (row.got + used + expected + why).replace("[", r"\[")
