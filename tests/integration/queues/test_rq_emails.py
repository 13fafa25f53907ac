"""The e-mails of an installation on RQ, by one line of queues.toml: HTTP in, a file in the outbox out."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rq.registry import FinishedJobRegistry

from api.app import create_app, open_services
from judgeline.config import Settings, load_config
from judgeline.queues.connect import command_client
from judgeline.store import keys
from judgeline.store.database import open_store
from judgeline.store.keys import Plan, Scope
from judgeline.store.migrate import migrate

ROOT = Path(__file__).parents[3]
PATIENCE_S = 40
LETTER = {"to": ["a@a.example", "b@b.example"], "subject": "Hello", "text": "On RQ."}


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


@pytest.fixture
def settings(tmp_path, redis_url) -> Settings:
    shipped = (ROOT / "queues.toml").read_text()
    before, table, after = shipped.partition("[queues.emails]\n")
    assert after.startswith('engine = "lists"')
    (tmp_path / "queues.toml").write_text(before + table + after.replace('"lists"', '"rq"', 1))
    (tmp_path / "problems").symlink_to(ROOT / "problems")
    return Settings.from_environment(
        {
            "JUDGELINE_HOME": str(tmp_path),
            "JUDGELINE_CONFIG": str(tmp_path / "queues.toml"),
            "REDIS_URL": redis_url,
        }
    )


@pytest.fixture
def start(settings, tmp_path) -> Iterator[Callable[[str], None]]:
    processes = []
    (tmp_path / "log").touch()

    def start_one(name: str) -> None:
        environment = {
            "JUDGELINE_HOME": str(settings.home),
            "JUDGELINE_CONFIG": str(settings.config_file),
            "REDIS_URL": settings.redis_url,
            "JUDGELINE_PARENT_PID": str(os.getpid()),
        }
        with (tmp_path / "log").open("ab") as log:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "workers", name],
                    env=os.environ | environment,
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                )
            )

    yield start_one
    for process in processes:
        process.send_signal(signal.SIGTERM)
    codes = [process.wait(PATIENCE_S) for process in processes]
    print((tmp_path / "log").read_text())  # noqa: T201 - for the report of a failed test
    assert codes == [0] * len(codes)


@pytest.fixture
def client(settings):
    migrate(settings.database_url)
    services = open_services(settings, load_config(settings.config_file))
    yield create_app(services).test_client()
    services.listener.stop()
    services.store.close()


@pytest.fixture
def key(settings, client) -> dict[str, str]:
    store = open_store(settings.database_url)
    with store.writer() as connection:
        _, token = keys.create(connection, owner="teacher", plan=Plan.PREMIUM, scopes={Scope.MAIL})
    store.close()
    return {"Authorization": f"Bearer {token}"}


def test_an_email_over_http_is_sent_by_rq_and_recorded(settings, client, key, start):
    answer = client.post("/v1/emails", json=LETTER, headers=key)
    assert answer.status_code == 202
    job_id = answer.json["id"]
    start("emails")
    address = f"/v1/emails/{job_id}"
    until(lambda: client.get(f"{address}?wait=5", headers=key).json["status"] == "done")
    seen = client.get(address, headers=key).json
    assert {state["status"] for state in seen["recipients"].values()} == {"sent"}
    assert b"Subject: Hello" in (settings.home / "outbox" / f"{job_id}.eml").read_bytes()
    redis = command_client(settings.redis_url)
    until(lambda: FinishedJobRegistry("emails-high", connection=redis).get_job_ids() == [job_id])

    start("recorder")
    until(lambda: not redis.zcard("jl:{emails}:unrecorded"))
    redis.flushall()
    redis.close()
    assert client.get(address, headers=key).json["recipients"] == seen["recipients"]


def test_what_waited_when_redis_was_emptied_is_sent(settings, client, key, start):
    job_id = client.post("/v1/emails", json=LETTER, headers=key).json["id"]
    redis = command_client(settings.redis_url)
    redis.flushall()
    redis.close()
    start("recorder")
    start("emails")
    until((settings.home / "outbox" / f"{job_id}.eml").exists)
    until(lambda: client.get(f"/v1/emails/{job_id}", headers=key).json["status"] == "done")
