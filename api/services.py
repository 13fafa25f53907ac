"""What every handler of the front may use: made once a process, handed to each handler, never global."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.auth import Authenticator
from api.judges import Judges
from api.limits import Limits
from api.metrics import Metrics
from api.probe import Probe
from api.slots import Slots
from api.stopping import Stopping
from judgeline.config import Config, Settings
from judgeline.events import EventListener
from judgeline.judging.languages import Languages
from judgeline.judging.packages import Library
from judgeline.queues.engine import Engine
from judgeline.store.database import Store


@dataclass(frozen=True, kw_only=True)
class Services:
    """The front's dependencies."""

    settings: Settings
    config: Config
    engines: Mapping[str, Engine]
    """By queue name, in the order of queues.toml."""
    store: Store
    authenticator: Authenticator
    limits: Limits
    languages: Languages
    problems: Library
    listener: EventListener
    judges: Judges
    probe: Probe
    slots: Slots
    """Threads that waits and streams may hold."""
    metrics: Metrics
    stopping: Stopping
    """Whether this process is on its way out: waits and streams then end."""

    @property
    def judge_engine(self) -> Engine:
        """The queue of submissions and runs."""
        return self.engines[self.config.judge.queue]

    @property
    def mail_engine(self) -> Engine:
        """The queue of e-mails."""
        return self.engines[self.config.mail.queue]
