"""``judgeline problems``: taking packages in, and what there is."""

import contextlib
import sys
import time
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from judgeline.cli.output import NO, age, as_json, console, print_json, print_table
from judgeline.cli.sandbox import open_judge
from judgeline.config import Settings, load_config
from judgeline.judging.errors import FolderInTheWay, PackageError
from judgeline.judging.packages import Library, Package
from judgeline.judging.packages.importing import Staged, stage
from judgeline.judging.packages.versions import kept_versions, version_in_use
from judgeline.judging.row import SURPRISE
from judgeline.judging.verdicts import Progress
from judgeline.judging.verify import verify

_SHORT = 12


@click.group
def command() -> None:
    """Take problem packages in, and list them."""


@command.command("add")
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--slug", default="", help="What the problem is called  [its folder's name, or the zip's]")
@click.option(
    "--verify", "try_it", is_flag=True, help="Run its own submissions first; a surprise, and it is not taken."
)
@click.option("--dry-run", is_flag=True, help="Only look whether it could be taken.")
@as_json
def add(*, sources: tuple[Path, ...], slug: str, try_it: bool, dry_run: bool, as_json: bool) -> None:
    """Copy packages (folders or zips) into the folder of problems, [judge] problems of queues.toml.

    Each is read as a whole first. One with a fault is refused with all its faults, and the version in use
    stays. A sound one is in use at once, without a restart. The versions before it are kept: what was
    submitted for one is judged by it.

    Ends with 1 when a package was refused.
    """
    if slug and len(sources) > 1:
        raise click.UsageError("--slug names one problem: give one package with it")
    problems = load_config(Settings.from_environment().config_file).problems_folder
    reports = []
    for source in sources:
        report: dict[str, Any] = {"package": str(source), "ok": False, "faults": []}
        try:
            with stage(problems, source, slug) as staged:
                report |= _add(staged, try_it=try_it, dry_run=dry_run)
        except PackageError as error:
            report["faults"] = error.faults
        except FolderInTheWay as error:
            report["faults"] = [str(error)]
        reports.append(report)
        if not as_json:
            _tell(report, dry_run=dry_run)
    if as_json:
        print_json(reports)
    sys.exit(0 if all(report["ok"] for report in reports) else NO)


def _add(staged: Staged, *, try_it: bool, dry_run: bool) -> dict[str, Any]:
    package = staged.package
    report: dict[str, Any] = {
        "slug": package.slug,
        "version": package.version,
        "tests": len(package.tests),
        "warnings": list(package.warnings),
    }
    if try_it and (surprises := _surprises(package)):
        return report | {"faults": surprises}
    if dry_run:
        return report | {"ok": True, "new": version_in_use(staged.problems, package.slug) != package.version}
    imported = staged.install()
    return report | {"ok": True, "new": imported.new, "replaced": imported.replaced}


def _surprises(package: Package) -> list[str]:
    """What its own submissions and input validators say against it."""
    surprises = []
    with open_judge() as judge, Console(stderr=True).status(package.slug) as status:

        def show(row: str, progress: Progress) -> None:
            status.update(f"{package.slug}: {row}: {progress.stage} {progress.test}/{progress.tests_total}")

        for row in verify(package, judge, progress=show):
            if row.state == SURPRISE:
                said = f": {row.why}" if row.why else ""
                surprises.append(f"{row.name}: {row.got or 'failed'}, expected {row.expected}{said}")
    return surprises


def _tell(report: dict[str, Any], *, dry_run: bool) -> None:
    output = console()
    if not report["ok"]:
        output.print("[red]refused[/red] ", end="")
        output.print(report["package"], markup=False)
        for fault in report["faults"]:
            output.print(f"        {fault}", markup=False)
        return
    word = "would be added" if dry_run else "added"
    if not report["new"]:
        word = "is in use already"
    output.print(
        f"{report['slug']} {report['version'][:_SHORT]}: {report['tests']} tests, {word}", markup=False
    )
    for warning in report["warnings"]:
        output.print(f"        {warning}", markup=False)


@command.command("list")
@as_json
def list_problems(*, as_json: bool) -> None:
    """List the problems, with the version in use and how many versions are kept.

    A problem that was put into the folder by hand has one version: what it is now.
    """
    problems = load_config(Settings.from_environment().config_file).problems_folder
    library = Library(problems)
    rows = [_plain(problems, package) for package in library.packages()]
    broken = library.faults()
    if as_json:
        print_json({"problems": rows, "broken": broken})
        return
    print_table(
        ("slug", "name", "tests", "time limit", "version", "imported", "kept"),
        [
            (
                row["slug"],
                row["name"],
                row["tests"],
                f"{row['time_limit_s']:g} s",
                row["version"][:_SHORT],
                "by hand" if row["imported_ms"] is None else f"{_ago(row['imported_ms'])} ago",
                len(row["kept"]) or "",
            )
            for row in rows
        ],
        right=("tests", "time limit", "kept"),
    )
    for name, faults in broken.items():
        console().print(f"{name} is broken: {faults[0]}", markup=False)


def _plain(problems: Path, package: Package) -> dict[str, Any]:
    kept = kept_versions(problems, package.slug)
    imported = None
    with contextlib.suppress(StopIteration):
        used = version_in_use(problems, package.slug)
        imported = next(one.imported_ms for one in kept if one.version == used)
    return {
        "slug": package.slug,
        "name": package.name,
        "tests": len(package.tests),
        "time_limit_s": package.limits.time_s,
        "version": package.version,
        "imported_ms": imported,
        "kept": msgspec.to_builtins(kept),
    }


def _ago(millis: int) -> str:
    return age(time.time() * 1000 - millis)
