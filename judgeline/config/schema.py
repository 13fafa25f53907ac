"""The tables of queues.toml. Every field has a unit, a default and a reason; unknown keys stop the start."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from judgeline.queues.options import Count, QueueName, QueueOptions, Seconds
from judgeline.queues.schedules import ScheduleName, ScheduleOptions


class ApiConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[api]``: the HTTP front."""

    workers: Annotated[int, Meta(ge=1, le=64)] = 2
    """gunicorn processes."""
    threads: Annotated[int, Meta(ge=9, le=512)] = 40
    """Threads a process; all but 8 of them may be held by waits and streams at once."""
    anonymous: bool = True
    """Whether requests without a key may submit, on the free plan."""
    anonymous_per_minute: Annotated[int, Meta(ge=1, le=100_000)] = 120
    """Submits a minute and address without a key."""
    per_minute: Annotated[int, Meta(ge=1, le=1_000_000)] = 600
    """Submits a minute and key."""
    max_request_bytes: Count = 2_097_152
    """A request's body, bytes: a run with the largest stdin, escaped as JSON, fits."""
    max_source_bytes: Count = 65_536
    """One source, bytes of UTF-8."""
    max_stdin_bytes: Count = 1_048_576
    """A run's stdin, bytes of UTF-8."""
    max_package_bytes: Count = 134_217_728
    """A problem package as an operator sends it, bytes of its zip."""
    max_wait_s: Annotated[int, Meta(ge=1, le=120)] = 30
    """The longest ``?wait=``; more is cut to it. Proxies give up after 60 s as a rule."""
    trusted_proxies: list[str] = []
    """Addresses whose X-Forwarded-For is believed; without them everybody behind a proxy is one address."""


class JudgeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[judge]``: where problems are and what a run may use."""

    problems: str = "problems"
    """Folder of problem packages, one a problem; relative to this file."""
    languages: str = ""
    """A languages.toml that replaces the built-in table; relative to this file. "" is the built-in one."""
    queue: QueueName = "submissions"
    """The queue that carries submissions and runs."""
    run_cpu_ms: Annotated[int, Meta(ge=100, le=60_000)] = 5_000
    """CPU time of a run (code with stdin, no problem), milliseconds."""
    run_memory_mb: Annotated[int, Meta(ge=16, le=16_384)] = 256
    build_cache_mb: Annotated[int, Meta(ge=0, le=1_048_576)] = 1_024
    """Compiled programs kept on this host's disk, MiB; 0 compiles each submission anew."""
    warm: bool = True
    """Fork Python programs from an interpreter that stands by; false starts each test's anew."""
    scale_time: bool = False
    """Whether a problem's time limit follows the host's speed, as ``judgeline calibrate`` measured it."""


class MailConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[mail]``: what leaves the house. The server itself is SMTP_URL, for it holds a password."""

    queue: QueueName = "emails"
    """The queue that carries e-mails."""
    sender: str = "Judgeline <judgeline@localhost>"
    """The From header and, its address alone, the envelope sender."""
    max_recipients: Annotated[int, Meta(ge=1, le=1_000)] = 50
    timeout_s: Seconds = 30
    """How long one SMTP command may take."""


class StoreConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[store]``: the database. Its address is DATABASE_URL, for it may hold a password."""

    sweep_s: Seconds = 5
    """How often the sweeper looks for submissions that are in the store and not in Redis, seconds."""
    pending_grace_s: Seconds = 5
    """How old a pending row must be before the sweeper takes it up, seconds."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    queues: dict[QueueName, QueueOptions]
    api: ApiConfig = ApiConfig()
    judge: JudgeConfig = JudgeConfig()
    mail: MailConfig = MailConfig()
    store: StoreConfig = StoreConfig()
    schedules: dict[ScheduleName, ScheduleOptions] = {}
    """Name -> what is put on a queue at which times."""
    folder: str = "."
    """Where the file is: relative paths in it start there. Set by the loader, never in the file."""

    @property
    def fsync(self) -> bool:
        """Whether some queue asks for more than servers do by themselves: then all that is kept is synced."""
        return any(queue.durability != "server" for queue in self.queues.values())

    @property
    def problems_folder(self) -> Path:
        """The folder of problem packages."""
        return Path(self.folder, self.judge.problems)

    @property
    def languages_file(self) -> Path | None:
        """The languages table in place of the built-in one, or None."""
        return Path(self.folder, self.judge.languages) if self.judge.languages else None
