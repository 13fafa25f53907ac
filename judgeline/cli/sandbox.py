"""The judge and the languages of this host, for the verbs that judge without a queue."""

import click

from judgeline.config import Config, Settings, load_config
from judgeline.config.schema import JudgeConfig
from judgeline.judging.buildcache import open_cache
from judgeline.judging.judge import Judge
from judgeline.judging.languages import Languages
from judgeline.judging.sandbox import open_sandbox

cold = click.option(
    "--cold", is_flag=True, help="Start every Python program anew instead of forking one that stands by."
)


def open_judge(*, cold: bool = False) -> Judge:
    """A judge in the sandbox of this host; close it. ``cold`` overrules the configuration.

    Raises SandboxError with the cure.
    """
    settings, config = Settings.from_environment(), _config()
    judging = config.judge if config else JudgeConfig()
    cache = open_cache(settings.build_cache, judging.build_cache_mb)
    return Judge(
        open_sandbox(settings.sandbox_cache), load_languages(), cache, warm=judging.warm and not cold
    )


def load_languages() -> Languages:
    """The table that queues.toml names; the built-in one where there is no such file."""
    config = _config()
    return Languages.load(config.languages_file if config else None)


def _config() -> Config | None:
    path = Settings.from_environment().config_file
    return load_config(path) if path.exists() else None
