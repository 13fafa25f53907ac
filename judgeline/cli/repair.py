"""What ``judgeline doctor`` finds wrong with the queues' keys, and ``doctor --repair`` mends."""

import contextlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence

import click

from judgeline.cli.connections import redis_url
from judgeline.cli.output import NO, print_json, print_table
from judgeline.config import Config, Settings, load_config
from judgeline.config.errors import ConfigError
from judgeline.judging.sandbox.doctor import Finding
from judgeline.queues.errors import QueueUnavailable
from judgeline.queues.lists.audit import Audit, Auditor, Fault
from judgeline.queues.open import open_auditors

_SHOWN = 20
"""Faults of one queue that are listed; there may be one a job."""


def find_queue_faults(settings: Settings) -> Iterator[Finding]:
    """Give a finding a queue; nothing where queues.toml cannot be read, or no server was ever started."""
    with contextlib.suppress(ConfigError):
        config = load_config(settings.config_file)
        if settings.redis_url:
            for name in config.queues:
                yield from _find(settings, config, name)


def _find(settings: Settings, config: Config, name: str) -> Iterator[Finding]:
    try:
        audits = [auditor.look() for auditor in _auditors(settings, config, name)]
    except QueueUnavailable as error:
        if os.environ.get("REDIS_URL"):  # the bundled server need not run
            yield Finding(name=f"queue {name}", ok=False, detail=str(error))
        return
    if not audits:
        yield Finding(
            name=f"queue {name}", ok=True, detail="on RQ: `rq info` shows it; nothing here to audit"
        )
        return
    faults = [fault for audit in audits for fault in audit.faults]
    jobs = sum(audit.jobs for audit in audits)
    left_out = "".join(f"; {_left_out(audit)}" for audit in audits if audit.left_out)
    yield Finding(
        name=f"queue {name}",
        ok=not faults,
        detail=(f"{_summed(faults)}, of {jobs:,} jobs" if faults else f"{jobs:,} jobs, each in one place")
        + left_out,
        cure="mend it: judgeline doctor --repair" if faults else "",
    )


def _summed(faults: Sequence[Fault]) -> str:
    kinds = Counter(
        fault.what if fault.kind == "job" else f"{fault.kind} {fault.name}".strip() for fault in faults
    )
    told = [what if times == 1 else f"{what} ({times:,} of them)" for what, times in kinds.most_common(5)]
    more = len(kinds) - len(told)
    return f"{len(faults):,} wrong: {'; '.join(told)}{f'; {more:,} more kinds' if more else ''}"


def _left_out(audit: Audit) -> str:
    """What was not looked at, in words."""
    return "; ".join(f"{fault.kind} {fault.what}" for fault in audit.left_out[:3])


def repair_queues(settings: Settings, *, to: str | None, as_json: bool) -> int:
    """Mend every queue and say what was done; give the exit code. Raises QueueUnavailable, UsageError."""
    redis_url(settings)
    config = load_config(settings.config_file)
    named = {priority for options in config.queues.values() for priority in options.priorities}
    if to is not None and to not in named:
        raise click.UsageError(f"no queue has a priority {to!r}; there are: {', '.join(sorted(named))}")
    audits = []
    for name, options in config.queues.items():
        for auditor in _auditors(settings, config, name):
            audits.append(audit := auditor.mend(to=to if to in options.priorities else None))
            if not as_json:
                _print(audit)
    if as_json:
        print_json(audits)
    return NO if any(audit.unmended for audit in audits) else 0


def _auditors(settings: Settings, config: Config, name: str) -> Iterator[Auditor]:
    for auditor in open_auditors(name, config.queues[name], redis_url(settings)):
        with contextlib.closing(auditor):
            yield auditor


def _print(audit: Audit) -> None:
    left = audit.unmended
    if audit.left_out:
        click.echo(f"queue {audit.queue}: {_left_out(audit)}")
    if not audit.faults:
        click.echo(f"queue {audit.queue}: {audit.jobs:,} jobs, each in one place")
        return
    mended = len(audit.faults) - len(left)
    click.echo(f"queue {audit.queue}: {mended:,} mended, {len(left):,} left, of {audit.jobs:,} jobs")
    shown = [*left, *(fault for fault in audit.faults if fault.mended)][:_SHOWN]
    print_table(
        ("what", "name", "was", ""),
        [(fault.kind, fault.name, fault.what, "mended" if fault.mended else "LEFT") for fault in shown],
    )
    if len(audit.faults) > len(shown):
        click.echo(f"and {len(audit.faults) - len(shown):,} more; --json shows all")
