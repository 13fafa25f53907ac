"""``judgeline calibrate``: how fast this host is, measured once."""

import click
import msgspec

from judgeline.cli.output import as_json, print_json
from judgeline.cli.sandbox import open_judge
from judgeline.config import Settings
from judgeline.judging.hostspeed import REFERENCE_MS, keep, measure

_WIDE = 0.1


@click.command("calibrate")
@click.option("--dry-run", is_flag=True, help="Only measure; keep nothing.")
@as_json
def command(*, dry_run: bool, as_json: bool) -> None:
    """Measure how fast this host is beside a reference, and keep it for its workers.

    Do it while nothing else runs. The factor is shown in results (`host_speed`) and by doctor; limits
    follow it only with `[judge] scale_time = true`. Workers that run take it up when they are started anew.
    """
    with open_judge() as judge:
        speed = measure(judge)
    if not dry_run:
        keep(speed, Settings.from_environment().host_speed_file)
    if as_json:
        print_json(msgspec.to_builtins(speed))
        return
    click.echo(
        f"host speed {speed.factor:g}: {speed.median_ms:.0f} ms, the reference takes {REFERENCE_MS:.0f} ms"
        f" ({len(speed.measured)} runs, spread {speed.spread:.0%})"
    )
    if speed.spread > _WIDE:
        click.echo("the runs differ much: measure again while nothing else runs", err=True)
