"""Measures the queue beside its peers and floors; prints Markdown tables.

Every system has a server of its own for each measurement, the bundled one with the append-only file that a
real system has, and stores its results. Rounds are interleaved, ratios are taken within a round, and tables
show the median of the rounds with the lowest and the highest. What cannot be measured is a row that says why.
The full run takes about 15 minutes and stops by itself, with --quick 3; the peers are installed by `make
bench-queues`.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from bench.fairness import dispatches
from bench.harness import ROOT, Options, describe_machine, progress
from bench.queues import page, rounds, tables
from bench.queues.contender import FLOORS, NAMES, OURS, PEERS, Absent, Contender, find
from bench.queues.record import Results, Seen

_PACKAGES = ("redis", "hiredis", "msgspec")
_GRACE_S = 120


def main(arguments: Sequence[str] | None = None) -> None:
    """Be the command line."""
    given = _arguments(arguments)
    _check(given)
    results = Results.load(given.figures) if given.figures else _measured(given)
    if given.save and not given.figures:
        results.save(given.save)
    if given.plots:
        _plot(results, given.plots, given.figures or given.save)
    if given.docs:
        page.rewrite(given.docs, tables.markdown(results))
    sys.stdout.write(msgspec.json.encode(results).decode() if given.json else tables.markdown(results))
    sys.stdout.write("\n")


def _check(given: argparse.Namespace) -> None:
    """Find out now, not after a quarter of an hour, that the results have no place. Exits with the reason."""
    try:
        for folder in (given.plots, given.save and given.save.parent):
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
        if given.docs:
            page.around(given.docs)
    except (OSError, ValueError) as error:
        sys.exit(f"bench.queues: {error}")


def _measured(given: argparse.Namespace) -> Results:
    options = Options(quick=given.quick, rounds=given.rounds or (1 if given.quick else 3))
    asked = [find(name) for name in given.peers]
    found = [each for each in asked if isinstance(each, Contender)]
    results = Results(
        machine=describe_machine(_PACKAGES),
        quick=options.quick,
        rounds=options.rounds,
        contenders=[Seen.of(each) for each in found],
        absent=[each for each in asked if isinstance(each, Absent)],
        records=[],
    )
    for absent in results.absent:
        progress(f"{absent.name}: {absent.why}")
    budget_s = rounds.QUICK_BUDGET_S if options.quick else rounds.BUDGET_S
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(round(budget_s) + _GRACE_S)
    before = os.getloadavg()[0]
    rounds.run(results, rounds.Plan(found, given.shapes, options), given.save)
    results.loads = (before, os.getloadavg()[0])
    results.dispatches = _dispatches()
    signal.alarm(0)
    return results


def _dispatches() -> dict[str, list[str]]:
    """The order of dispatch for the plot of fairness: a line a plot, each by its priority or user."""
    try:
        return dispatches()
    except Exception as error:  # noqa: BLE001 - the figures are worth more than this plot
        progress(f"no plot of fairness: {error}")
        return {}


def _plot(results: Results, folder: Path, figures: Path | None) -> None:
    """Have the plots made in the peers' environment, which has matplotlib."""
    python = ROOT / ".venv-bench" / "bin" / "python"
    if not python.exists():
        progress("no plots: their environment is not installed (make bench-queues does it)")
        return
    kept = figures or folder / "queues.json"
    if not figures:
        results.save(kept)
    subprocess.run([python, "-m", "bench.plots", kept.resolve(), folder.resolve()], cwd=ROOT, check=True)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.queues",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="few jobs and one round: a look, not a figure")
    parser.add_argument("--rounds", type=int, help="rounds of drains and latencies (3; with --quick 1)")
    parser.add_argument(
        "--peers",
        type=lambda text: _names(text, PEERS),
        metavar="NAMES",
        help=f"measure these peers beside ours and the floors, by commas, or 'none': {', '.join(PEERS)}",
    )
    parser.add_argument(
        "--shapes",
        type=lambda text: _names(text, rounds.SHAPES),
        default=rounds.SHAPES,
        metavar="NAMES",
        help=f"measure these, by commas: {', '.join(rounds.SHAPES)}",
    )
    parser.add_argument("--json", action="store_true", help="print JSON with every round's figures")
    parser.add_argument(
        "--save", type=Path, metavar="FILE", help="keep every figure there, from the first one on"
    )
    parser.add_argument(
        "--from", dest="figures", type=Path, metavar="FILE", help="measure nothing: show what --save kept"
    )
    parser.add_argument("--docs", type=Path, metavar="PAGE", help="write the tables into this page, too")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write plots (SVG) there, too")
    given = parser.parse_args(arguments)
    if given.rounds is not None and given.rounds < 1:
        parser.error("--rounds: at least 1")
    given.peers = NAMES if given.peers is None else (OURS, *FLOORS, *given.peers)
    return given


def _names(text: str, known: Sequence[str]) -> list[str]:
    names = [] if text == "none" else text.split(",")
    if unknown := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(known)}")
    return names


def _out_of_time(_number: int, _frame: object) -> NoReturn:
    raise TimeoutError("a measurement hung; what --save kept can be shown with --from")


def _terminated(_number: int, _frame: object) -> NoReturn:
    sys.exit(143)


if __name__ == "__main__":
    main()
