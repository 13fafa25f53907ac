"""``judgeline doctor``: what this host grants and lacks, and the line that cures it."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator

import click
import msgspec
from redis.exceptions import RedisError

from judgeline import preflight
from judgeline.cli.attack import run_attacks
from judgeline.cli.output import NO, as_json, console, print_json
from judgeline.cli.repair import find_queue_faults, repair_queues
from judgeline.cli.sandbox import load_languages
from judgeline.config import Settings, load_config
from judgeline.config.errors import ConfigError
from judgeline.errors import JudgelineError
from judgeline.judging.hostspeed import recall
from judgeline.judging.packages import Library
from judgeline.judging.sandbox.doctor import Finding, diagnose
from judgeline.queues.connect import check_server, every_primary
from judgeline.store.database import open_store
from judgeline.store.migrate import check_schema
from judgeline.up import find_faults


@click.command("doctor")
@click.option("--repair", is_flag=True, help="Mend the queues' keys on Redis instead; safe while they work.")
@click.option("--to", metavar="PRIORITY", help="With --repair: where jobs of a priority that is gone go.")
@click.option("--attack", is_flag=True, help="Run hostile programs in boxes of this host instead.")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@as_json
def command(*, repair: bool, to: str | None, attack: bool, names: tuple[str, ...], as_json: bool) -> None:
    """Look at all that the system needs: configuration, sandbox, languages, Redis, queues, database.

    Ends with 1 when something is missing; each line says what to do.

    A queue is right when each job is in exactly one place and each counter counts what is there.
    --repair mends what is not: a job on no list goes to the front of its line, one that runs
    nowhere has lost its lease, a counter is counted anew, and jobs of a priority that queues.toml no
    longer names go to the lightest one, or to the one that --to names. Each is looked at again in the
    step that mends it, so it may be run at any time. Ends with 1 when something is left.

    --attack judges hostile programs of Judgeline's own, all of them or those named, and prints what
    each came to: about a minute. It asks the sandbox alone, neither Redis nor the database, and leaves
    nothing. Ends with 1 when one got through, or left something behind.
    """
    if to is not None and not repair:
        raise click.UsageError("--to goes with --repair")
    if attack and repair:
        raise click.UsageError("either --attack or --repair")
    if names and not attack:
        raise click.UsageError("names of attacks go with --attack")
    settings = Settings.from_environment()
    if repair:
        sys.exit(repair_queues(settings, to=to, as_json=as_json))
    if attack:
        sys.exit(run_attacks(settings, names, as_json=as_json))
    findings = []
    for finding in _look(settings):
        findings.append(finding)
        if not as_json:
            mark = "[green]ok[/green]     " if finding.ok else "[red]missing[/red]"
            cure = f" -> {finding.cure}" if finding.cure else ""
            console().print(f"{mark} {finding.name}: ", end="")
            console().print(f"{finding.detail}{cure}", markup=False)
    if as_json:
        print_json([msgspec.to_builtins(finding) for finding in findings])
    sys.exit(0 if all(finding.ok for finding in findings) else NO)


def _look(settings: Settings) -> Iterator[Finding]:
    yield _try("queues.toml", lambda: _configuration(settings))
    yield from diagnose(settings.sandbox_cache)
    for language in load_languages().all():
        yield Finding(
            name=f"language {language.id}",
            ok=language.available or language.id not in {"python3", "c", "cpp"},
            detail=language.version if language.available else language.missing,
        )
    yield _host_speed(settings)
    yield from _problems(settings)
    yield _try("redis", lambda: _redis(settings))
    yield from find_queue_faults(settings)
    yield _try("database", lambda: _database(settings))


def _try(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name=name, ok=True, detail=look())
    except JudgelineError as error:
        return Finding(name=name, ok=False, detail=str(error))
    except RedisError as error:
        return Finding(name=name, ok=False, detail=str(error), cure="start the system: judgeline up")


def _configuration(settings: Settings) -> str:
    config = load_config(settings.config_file)
    preflight.check(settings, config)
    return f"{len(config.queues)} queues"


def _problems(settings: Settings) -> Iterator[Finding]:
    """What is in the folder of problems; nothing where queues.toml, which names it, cannot be read."""
    with contextlib.suppress(ConfigError):
        config = load_config(settings.config_file)
        faults = list(find_faults(config))
        sound = len(Library(config.problems_folder).packages())
        yield Finding(name="problems", ok=not faults, detail="; ".join(faults) or f"{sound} packages")


def _host_speed(settings: Settings) -> Finding:
    """What ``judgeline calibrate`` measured; a host may do without."""
    speed = recall(settings.host_speed_file)
    detail = f"{speed.factor:g} times the reference" if speed else "not measured"
    return Finding(name="speed", ok=True, detail=detail, cure="" if speed else "judgeline calibrate")


def _redis(settings: Settings) -> str:
    if not settings.redis_url:
        return "none runs yet; `judgeline up` starts the bundled server"
    versions = []
    try:
        for client in every_primary(settings.redis_url):
            with client:
                check_server(client, fsync=_wants_fsync(settings))
                versions.append(client.info("server")["redis_version"])
    except RedisError:
        if os.environ.get("REDIS_URL"):
            raise
        return "the bundled server is not running; `judgeline up` starts it"
    return f"{', '.join(dict.fromkeys(versions))}, keeps what it is given"


def _wants_fsync(settings: Settings) -> bool:
    """Whether a queue asks for it; a queues.toml that cannot be read is told of elsewhere."""
    try:
        return load_config(settings.config_file).fsync
    except ConfigError:
        return False


def _database(settings: Settings) -> str:
    if settings.database_url.startswith("sqlite") and not settings.home.exists():
        return "not made yet; `judgeline up` makes it"
    store = open_store(settings.database_url)
    try:
        check_schema(store)
        return store.url
    finally:
        store.close()
