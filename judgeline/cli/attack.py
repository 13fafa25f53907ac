"""``judgeline doctor --attack``: hostile programs, judged in real boxes of this host."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches

import click
import msgspec
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from judgeline.cli.output import NO, console, on_terminal, print_json, print_table
from judgeline.cli.sandbox import load_languages
from judgeline.config import Settings
from judgeline.judging.attacks import Arena, Attack, Result, load_attacks
from judgeline.judging.sandbox import open_sandbox


def run_attacks(settings: Settings, names: Sequence[str], *, as_json: bool) -> int:
    """Judge the attacks of those names, or all, and print what came of them; gives the exit code.

    Raises SandboxError where there is no sandbox to attack.
    """
    attacks = _chosen(names)
    results: list[Result] = []
    sandbox = open_sandbox(settings.sandbox_cache)
    with Arena(sandbox, load_languages(), [settings.sandbox_cache]) as arena, _progress(attacks) as bar:
        for attack in attacks:
            bar.update(bar.task_ids[0], description=attack.name)
            results.append(arena.run(attack))
            bar.advance(bar.task_ids[0])
    if as_json:
        print_json([{**msgspec.to_builtins(result), "ok": result.ok} for result in results])
    else:
        _print(results)
    return 0 if all(result.ok for result in results) else NO


def _chosen(names: Sequence[str]) -> list[Attack]:
    known = load_attacks()
    if unknown := sorted(set(names) - set(known)):
        near = get_close_matches(unknown[0], known, n=5, cutoff=0.4)
        hint = f"; there are {', '.join(near)}" if near else ""
        raise click.BadParameter(f"there is no attack {unknown[0]!r}{hint}")
    return [attack for name, attack in known.items() if not names or name in names]


@contextmanager
def _progress(attacks: Sequence[Attack]) -> Iterator[Progress]:
    """A line that tells how far it is; on a terminal alone."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, transient=True, disable=not on_terminal()) as bar:
        bar.add_task("", total=len(attacks))
        yield bar


def _print(results: Sequence[Result]) -> None:
    print_table(("attack", "kind", "seen", "ok"), ((r.name, r.kind, _seen(r), _mark(r)) for r in results))
    failed = [result for result in results if not result.ok]
    for result in failed:
        for fault in result.faults:
            # Text of a hostile program: no markup, no control characters.
            console().print(f"{result.name}: {_printable(fault)}", markup=False)
    skipped = sum(bool(result.skipped) for result in results)
    console().print(f"{len(results)} attacks, {skipped} not tried, {len(failed)} got through")


def _seen(result: Result) -> str:
    seen = result.skipped or result.seen
    shown = _printable(seen)
    return escape(shown if len(shown) <= 100 else f"{shown[:97]}...")


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _mark(result: Result) -> str:
    if result.skipped:
        return "not tried"
    return "ok" if result.ok else "NO"
