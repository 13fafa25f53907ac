"""``python -m bench.plots FIGURES.json FOLDER``: draws what ``python -m bench.queues`` measured, as SVG.

Runs in the peers' environment (``.venv-bench``), which has matplotlib and none of ours; so it reads the JSON
alone. The same figures give the same files, byte for byte.
"""

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update(
    {
        "svg.hashsalt": "judgeline",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
    }
)

from matplotlib import pyplot as plt  # noqa: E402 - after the backend was chosen

OURS, PEER, FLOOR, LOST = "#1f6f8b", "#b8c4cc", "#e0d8c3", "#c0392b"
KINDS = (("one", "one worker", 1.0), ("two", "two workers", 0.7), ("best", "best set-up", 0.45))

Results = dict[str, Any]


def main() -> None:
    """Draw everything there are figures for."""
    results = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(sys.argv[2])
    for name, draw in (
        ("throughput", throughput),
        ("latency", latency),
        ("kill", kill),
        ("delay", delay),
        ("fairness", fairness),
    ):
        figure = draw(results)
        if figure is not None:
            figure.savefig(
                folder / f"{name}.svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight"
            )
            plt.close(figure)


def throughput(results: Results) -> Any:
    """Jobs/s of one worker, two, and the best set-up."""
    everyone = [each for each in results["contenders"] if values(results, "one", each["name"], "rate")]
    return bars(
        everyone,
        [
            (label, [middle(results, kind, each["name"], "rate") for each in everyone], strength)
            for kind, label, strength in KINDS
        ],
        "no-op jobs a second, drained (median of the rounds)",
    )


def latency(results: Results) -> Any:
    """Enqueue to result at half load: p50 and p99."""
    everyone = [
        each for each in results["contenders"] if values(results, "latency", each["name"], "loaded p50")
    ]
    figure = bars(
        everyone,
        [
            (
                label,
                [middle(results, "latency", each["name"], f"loaded {label}") for each in everyone],
                strength,
            )
            for label, strength in (("p50", 1.0), ("p99", 0.5))
        ],
        "enqueue to result at half of its own capacity, ms (logarithmic)",
    )
    if figure is not None:
        figure.axes[0].set_xscale("log")
        figure.axes[0].set_xlim(left=0.1)
    return figure


def kill(results: Results) -> Any:
    """How long the drain took under kill -9, and what had not run then."""
    everyone = [each for each in results["contenders"] if values(results, "kill", each["name"], "jobs")]
    if not everyone:
        return None
    figure, axes = canvas(len(everyone))
    for place, each in enumerate(everyone):
        time = values(results, "kill", each["name"], "time")
        missing = int(middle(results, "kill", each["name"], "missing"))
        limit = middle(results, "kill", each["name"], "limit")
        axes.barh(place, time[0] if time else limit, color=color(each) if time else LOST, height=0.6)
        jobs = int(middle(results, "kill", each["name"], "jobs"))
        said = f"{time[0]:.1f} s" if time else f"after {limit:.0f} s {missing:,} of {jobs:,} had not run"
        axes.text((time[0] if time else limit) * 1.01, place, f" {said}", va="center", fontsize=8)
    named(axes, everyone, "s until every job had run, a worker killed each 250 ms")
    return figure


def delay(results: Results) -> Any:
    """Jobs/s behind a network of 1 ms."""
    everyone = [each for each in results["contenders"] if values(results, "delay one", each["name"], "rate")]
    return bars(
        everyone,
        [
            (label, [middle(results, f"delay {kind}", each["name"], "rate") for each in everyone], strength)
            for kind, label, strength in (("one", "one worker", 1.0), ("best", "best set-up", 0.45))
        ],
        "no-op jobs a second with 1 ms of network each way",
    )


def fairness(results: Results) -> Any:
    """The order of dispatch, a stripe a dispatch."""
    dispatches = results.get("dispatches") or {}
    if not dispatches:
        return None
    figure, axes = plt.subplots(figsize=(8, 0.6 + 0.55 * len(dispatches)))
    shades = [OURS, "#e3a857", PEER, "#7d5ba6", "#5a9367"]
    everyone = list(dict.fromkeys(who for order in dispatches.values() for who in order))
    colors = mpl.colors.ListedColormap([shades[number % len(shades)] for number in range(len(everyone))])
    for place, order in enumerate(dispatches.values()):  # an image of a pixel each: small
        stripes = [[everyone.index(who) for who in order]]
        extent = (0, len(order), place + 0.35, place - 0.35)
        axes.imshow(
            stripes,
            cmap=colors,
            vmin=0,
            vmax=len(everyone) - 1,
            aspect="auto",
            extent=extent,
            interpolation="none",
        )
    axes.set_xlim(0, max(map(len, dispatches.values())))
    axes.set_ylim(len(dispatches) - 0.5, -0.5)
    axes.set_yticks(range(len(dispatches)), list(dispatches))
    axes.set_xlabel("dispatch")
    handles = [plt.Rectangle((0, 0), 1, 1, color=colors(number)) for number in range(len(everyone))]
    axes.legend(
        handles, everyone, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(everyone), frameon=False
    )
    return figure


def bars(everyone: list[Results], series: list[tuple[str, list[float], float]], label: str) -> Any:
    """Grouped bars, a group a system; ours in its own colour."""
    if not everyone:
        return None
    figure, axes = canvas(len(everyone))
    height = 0.8 / len(series)
    for row, (_name, figures, strength) in enumerate(series):
        for place, (each, value) in enumerate(zip(everyone, figures, strict=True)):
            if value:
                top = place - 0.4 + height * (row + 0.5)
                axes.barh(top, value, height=height, color=color(each), alpha=strength)
                axes.text(value, top, f" {short(value)}", va="center", fontsize=6)
    named(axes, everyone, label)
    handles = [plt.Rectangle((0, 0), 1, 1, color=OURS, alpha=strength) for _, _, strength in series]
    labels = [name for name, _, _ in series]
    axes.legend(handles, labels, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(series), frameon=False)
    return figure


def canvas(rows: int) -> Any:
    """A figure for so many systems."""
    return plt.subplots(figsize=(8, 0.7 + 0.42 * rows))


def named(axes: Any, everyone: list[Results], label: str) -> None:
    """Name the systems, the first one on top."""
    axes.set_yticks(range(len(everyone)), [each["label"] for each in everyone])
    axes.invert_yaxis()
    axes.set_xlabel(label)
    axes.grid(axis="x", linewidth=0.4)


def color(contender: Results) -> str:
    """Ours, a floor, a peer."""
    if contender["name"] == "ours":
        return OURS
    return FLOOR if contender["name"].startswith("floor") else PEER


def short(value: float) -> str:
    """A figure with three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def values(results: Results, shape: str, name: str, figure: str) -> list[float]:
    """One figure of all rounds."""
    return [
        each["figures"][figure]
        for each in results["records"]
        if each["shape"] == shape and each["name"] == name and figure in each.get("figures", {})
    ]


def middle(results: Results, shape: str, name: str, figure: str) -> float:
    """Its median, or 0 where there is none."""
    found = values(results, shape, name, figure)
    return statistics.median(found) if found else 0.0


if __name__ == "__main__":
    main()
