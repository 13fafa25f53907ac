"""The recorder: what the queue decided goes into the store, and what the store accepted onto the queue."""

from contextlib import closing, suppress

from judgeline.config import Config, Settings, load_config
from judgeline.config.errors import ConfigError
from judgeline.errors import JudgelineError
from judgeline.parent import stop_with_parent
from judgeline.queues.connect import command_client
from judgeline.queues.open import open_engine
from judgeline.recorders import RECORDER_TAG
from judgeline.store import jobs
from judgeline.store.database import Store, open_store
from judgeline.store.errors import StoreUnavailable
from judgeline.store.migrate import check_schema
from workers.recorder import log
from workers.recorder.loop import Health, Recorder
from workers.recorder.stopping import Stop, Stopping

PATIENCE_S = 0.5
"""How long to wait for the store's lock, again and again: so short that a stop is obeyed within a second."""


def main(settings: Settings, config: Config) -> int:
    """Record until SIGTERM or until the process manager goes (0), or until waiting cannot help (2).

    At SIGHUP it reads queues.toml anew.
    """
    try:
        with (
            closing(Stop()) as stop,
            closing(open_store(settings.database_url, fsync=config.fsync, patience_s=PATIENCE_S)) as store,
        ):
            stop.listen()
            stop_with_parent()
            _await_schema(store, config, stop)
            _run(store, settings, config, stop)
            while stop.begin_anew():
                config = _reloaded(settings, config)
                _run(store, settings, config, stop)
    except Stopping:
        return 0
    except JudgelineError as error:
        log.unfit(str(error))
        return 2
    return 0


def _run(store: Store, settings: Settings, config: Config, stop: Stop) -> None:
    engines = [
        open_engine(name, options, settings.redis_url)
        for name, options in config.queues.items()
        if options.store
    ]
    client = command_client(settings.redis_url, tag=RECORDER_TAG)
    recorder = Recorder(store, engines, client, config.store, stop)
    log.started([engine.name for engine in engines], store.url)
    try:
        with suppress(Stopping):
            recorder.run()
    finally:
        log.stopped(recorder.recorded)
        client.close()


def _reloaded(settings: Settings, config: Config) -> Config:
    """What queues.toml says now; what it said before where that cannot be followed."""
    try:
        fresh = load_config(settings.config_file)
    except ConfigError as error:
        log.reload_refused(str(error))
        return config
    log.reloaded()
    return fresh


def _await_schema(store: Store, config: Config, stop: Stop) -> None:
    """Wait until the store answers. Raises StoreUnfit when it answers with the wrong schema."""
    health = Health()
    while True:
        try:
            check_schema(store)
            with store.reader() as connection:
                pending = jobs.count_pending(connection)
        except StoreUnavailable as error:
            if stop.wait(health.failed(error)):
                raise Stopping from None
        else:
            health.worked()
            break
    for queue, count in pending.items():
        if queue not in config.queues:
            log.orphaned(queue, count)
