"""The judge and the languages of this host, for the verbs that judge without a queue."""

from judgeline.config import Settings, load_config
from judgeline.judging.judge import Judge
from judgeline.judging.languages import Languages
from judgeline.judging.sandbox import open_sandbox


def open_judge() -> Judge:
    """A judge in the sandbox of this host; close it. Raises SandboxError with the cure."""
    return Judge(open_sandbox(Settings.from_environment().sandbox_cache), load_languages())


def load_languages() -> Languages:
    """The table that queues.toml names; the built-in one where there is no such file."""
    path = Settings.from_environment().config_file
    return Languages.load(load_config(path).languages_file if path.exists() else None)
