"""``judgeline doctor``: what this host grants and lacks, and the line that cures it."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator

import click
import msgspec
from redis.exceptions import RedisError

from judgeline import preflight
from judgeline.cli.output import NO, as_json, console, print_json
from judgeline.cli.sandbox import load_languages
from judgeline.config import Settings, load_config
from judgeline.config.errors import ConfigError
from judgeline.errors import JudgelineError
from judgeline.judging.packages import Library
from judgeline.judging.sandbox.doctor import Finding, diagnose
from judgeline.queues.connect import check_server, command_client
from judgeline.store.database import open_store
from judgeline.store.migrate import check_schema
from judgeline.up import find_faults


@click.command("doctor")
@as_json
def command(*, as_json: bool) -> None:
    """Look at all that the system needs: configuration, sandbox, languages, Redis, database.

    Ends with 1 when something is missing; each line says what to do.
    """
    findings = []
    for finding in _look(Settings.from_environment()):
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
    yield from _problems(settings)
    yield _try("redis", lambda: _redis(settings))
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


def _redis(settings: Settings) -> str:
    if not settings.redis_url:
        return "none runs yet; `judgeline up` starts the bundled server"
    client = command_client(settings.redis_url)
    try:
        check_server(client)
        return f"{client.info('server')['redis_version']}, keeps what it is given"
    except RedisError:
        if os.environ.get("REDIS_URL"):
            raise
        return "the bundled server is not running; `judgeline up` starts it"
    finally:
        client.close()


def _database(settings: Settings) -> str:
    if settings.database_url.startswith("sqlite") and not settings.home.exists():
        return "not made yet; `judgeline up` makes it"
    store = open_store(settings.database_url)
    try:
        check_schema(store)
        return store.url
    finally:
        store.close()
