"""The front on an engine in memory, a store in a temporary folder and a fake Redis for the rates."""

import contextlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import fakeredis
import msgspec
import pytest
from flask.testing import FlaskClient

from api.app import create_app
from api.auth import Authenticator
from api.judges import Judges
from api.limits import Limits
from api.metrics import Metrics
from api.probe import Probe
from api.services import Services
from api.slots import Slots
from api.stopping import Stopping
from judgeline.config import ApiConfig, Config, JudgeConfig, MailConfig, Settings
from judgeline.events import Watch
from judgeline.judging.languages import Languages
from judgeline.judging.packages import Library
from judgeline.queues.memory import MemoryEngine
from judgeline.queues.options import QueueOptions
from judgeline.queues.troubles import Troubles
from judgeline.store import jobs, keys
from judgeline.store.database import Store, open_store
from judgeline.store.keys import Plan, Scope
from judgeline.store.migrate import migrate

PROBLEMS = Path(__file__).parents[3] / "problems"
SUBMISSION = {"problem": "aplusb", "language": "python3", "source": "print(1)"}


class LocalListener:
    """Hands the memory engine's events to watches, as EventListener does with Redis's."""

    def __init__(self):
        self.watches = {}

    @contextlib.contextmanager
    def watch(self, channel):
        watch = Watch(channel)
        watch.confirmed.set()
        mates = self.watches.setdefault(channel, [])
        mates.append(watch)
        try:
            yield watch
        finally:
            mates.remove(watch)

    def publish(self, channel, event):
        for watch in list(self.watches.get(channel, [])):
            watch.deliver(msgspec.json.encode(event))

    def start(self):
        pass


@dataclass
class Front:
    """The front and everything a test may want to touch."""

    services: Services
    client: FlaskClient
    redis: fakeredis.FakeRedis
    troubles: dict[str, Troubles]
    stores: tuple[Store, ...]

    def close(self):
        for store in self.stores:
            store.close()

    @property
    def queue(self):
        return self.services.judge_engine

    @property
    def mails(self):
        return self.services.mail_engine

    def with_services(self, **changes):
        """The same front with other parts."""
        services = replace(self.services, **changes)
        return Front(services, create_app(services).test_client(), self.redis, self.troubles, self.stores)

    def with_api(self, **changes):
        """The same front with other keys in [api]."""
        config = msgspec.structs.replace(
            self.services.config, api=msgspec.structs.replace(self.services.config.api, **changes)
        )
        return self.with_services(
            config=config,
            authenticator=Authenticator(self.services.store, config.api),
            limits=Limits(self.redis, config.api),
        )

    def key(self, *scopes, owner="alice", plan=Plan.FREE):
        """Make a key; give the headers that send it."""
        with self.services.store.writer() as connection:
            _, token = keys.create(connection, owner, plan, [Scope(scope) for scope in scopes])
        return {"Authorization": f"Bearer {token}"}

    def submit(self, headers=None, **changes):
        """Submit; give the id."""
        answer = self.client.post("/v1/submissions", json=SUBMISSION | changes, headers=headers)
        assert answer.status_code == 202, answer.json
        return answer.json["id"]

    def row(self, job_id):
        with self.services.store.reader() as connection:
            return jobs.get(connection, job_id, payload=True)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A database with our tables and nothing in them; tests take copies."""
    path = tmp_path_factory.mktemp("migrated") / "store.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def library():
    return Library(PROBLEMS)


def make_front(tmp_path, migrated, library, **options) -> Front:
    path = tmp_path / "store.db"
    shutil.copy(migrated, path)
    url = f"sqlite:///{path}"
    store, patient = open_store(url, patience_s=0.2), open_store(url, patience_s=0.2)
    redis = fakeredis.FakeRedis(server=fakeredis.FakeServer())
    listener = LocalListener()
    queues = {
        "submissions": QueueOptions(handler="judge", **options),
        "emails": QueueOptions(handler="email"),
    }
    engines = {}
    for name, queue in queues.items():
        engine = MemoryEngine(
            name,
            queue,
            listener=lambda job_id, event, name=name: listener.publish(engines[name].channel(job_id), event),
        )
        engines[name] = engine
    config = Config(
        queues=queues,
        api=ApiConfig(anonymous_per_minute=1000, per_minute=1000),
        judge=JudgeConfig(problems=str(PROBLEMS)),
        mail=MailConfig(max_recipients=3),
        folder=str(tmp_path),
    )
    troubles = {name: Troubles(name, redis) for name in queues}
    services = Services(
        settings=Settings.from_environment({"JUDGELINE_HOME": str(tmp_path)}),
        config=config,
        engines=engines,
        store=store,
        authenticator=Authenticator(store, config.api),
        limits=Limits(redis, config.api),
        languages=Languages.load(),
        problems=library,
        listener=listener,
        judges=Judges(engines["submissions"], troubles["submissions"]),
        probe=Probe(redis, patient, troubles),
        slots=Slots(2),
        metrics=Metrics(),
        stopping=Stopping(),
    )
    return Front(services, create_app(services).test_client(), redis, troubles, (store, patient))


@pytest.fixture
def front(tmp_path, migrated, library):
    front = make_front(tmp_path, migrated, library)
    yield front
    front.close()


@pytest.fixture
def narrow(tmp_path, migrated, library):
    """A front whose queue takes two jobs, one a user."""
    front = make_front(tmp_path, migrated, library, max_queued=2, max_queued_per_user=1)
    yield front
    front.close()
