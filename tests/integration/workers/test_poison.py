"""Poison: a job that kills its child. It is given up after exactly max_crashes, and nobody else is blamed."""

import contextlib
import os
import random
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from api.app import create_app, open_services
from judgeline.cli import cli
from judgeline.config import Settings, load_config
from judgeline.store import keys
from judgeline.store.database import open_store
from judgeline.store.migrate import migrate

SEEDS = 50
SIGNALS = ("SIGKILL", "SIGSEGV", "SIGABRT")


@pytest.mark.parametrize("most", [1, 2, 4])
def test_poison_is_dead_after_exactly_max_crashes(make_pool, redis_url, most):
    pool = make_pool(redis_url, f"max_crashes = {most}")
    pool.start_ready("--processes", "2", workers=2)
    poison = [pool.put(crash=name, sleep_ms=number) for number, name in enumerate(("SIGKILL", "SIGSEGV"))]
    for job in poison:
        dead = pool.ended(job)
        assert (dead.state, dead.crashes, dead.attempt, dead.failures, dead.lost) == (
            "dead",
            most,
            most,
            0,
            0,
        )
        attempts = msgspec.json.decode(dead.evidence)["attempts"]
        assert [attempt["attempt"] for attempt in attempts] == [*range(1, most + 1)]
    assert pool.engine.stats().totals["crashed"] == 2 * most


def test_poison_that_recovers_in_time_is_done(make_pool, redis_url):
    pool = make_pool(redis_url, "max_crashes = 3")
    pool.start_ready("--processes", "2", workers=2)
    job = pool.ended(pool.put(crash="SIGKILL", crash_attempts=2))
    assert (job.state, job.crashes, job.attempt) == ("done", 2, 3)


def test_no_innocent_is_blamed_over_fifty_seeds(make_pool, redis_url):
    pool = make_pool(redis_url, "max_crashes = 3")
    pool.start_ready("--processes", "3", workers=3)
    crashed = 0
    for seed in range(SEEDS):
        chance = random.Random(seed)
        guilty = [batch_job(chance, crash=chance.choice(SIGNALS)) for _ in range(chance.randint(1, 3))]
        innocent = [batch_job(chance) for _ in range(12)]
        jobs = {}
        for told in chance.sample(guilty + innocent, len(guilty) + len(innocent)):
            jobs[pool.put(chance.choice(["high", "low"]), f"user{chance.randrange(4)}", **told)] = told
        for job_id, told in jobs.items():
            job = pool.ended(job_id)
            expected = ("dead", 3, 3) if "crash" in told else ("done", 0, 1)
            assert (job.state, job.crashes, job.attempt) == expected, f"seed {seed}: {told}"
            assert (job.lost, job.failures) == (0, 0), f"seed {seed}: {told}"
        crashed += 3 * len(guilty)
    assert pool.engine.stats().totals["crashed"] == crashed


def batch_job(chance: random.Random, **more: object) -> dict[str, object]:
    return {"sleep_ms": chance.choice([0, 0, 1, 2, 5]), **more}


@pytest.fixture
def letter(make_pool, redis_url, monkeypatch):
    """A pool, and a job of it that a real SIGSEGV made a dead letter."""
    pool = make_pool(redis_url, "max_crashes = 2")
    for name, value in {
        "REDIS_URL": redis_url,
        "JUDGELINE_HOME": str(pool.folder),
        "JUDGELINE_CONFIG": str(pool.folder / "queues.toml"),
    }.items():
        monkeypatch.setenv(name, value)
    pool.start_ready("--processes", "1")
    # The handler says it in its own words, Python's fault handler adds where that was.
    poison = pool.put(crash="SIGSEGV", say="about to fall\n", steps=2, sleep_ms=40, result_bytes=9)
    assert pool.ended(poison).state == "dead"
    return pool, poison


def check_evidence(evidence, poison):
    """Signal, rusage, last output, where it was, and a line for each attempt."""
    assert evidence["signal"] == "SIGSEGV"
    assert evidence["how"] == "killed by SIGSEGV"
    assert evidence["exit_code"] is None
    assert (evidence["job"], evidence["attempt"]) == (poison, 2)
    assert (evidence["stage"], evidence["test"]) == ("step", 2)
    assert evidence["ran_s"] >= 0.04
    usage = evidence["rusage"]
    assert usage["max_rss_kb"] > 1_000
    assert usage["user_s"] + usage["system_s"] > 0
    assert "about to fall" in evidence["output"]
    assert "Segmentation fault" in evidence["output"]
    assert "noop.py" in evidence["output"], "where it fell"
    first, second = evidence["attempts"]
    assert (first["attempt"], second["attempt"]) == (1, 2)
    assert {first["how"], second["how"]} == {"crashed"}
    assert first["worker"] != second["worker"], "the name of a dead worker is not used again"
    assert evidence["worker"] == second["worker"]
    assert first["started_ms"] < first["ended_ms"] <= second["started_ms"] < second["ended_ms"]
    assert first["reason"] == "its worker died"


def test_the_letter_holds_all_that_was_seen(letter):
    pool, poison = letter
    dead = pool.look(poison)
    assert "2 times" in dead.reason
    assert msgspec.json.decode(dead.payload)["crash"] == "SIGSEGV", "so that it can be put back"
    check_evidence(msgspec.json.decode(dead.evidence), poison)


def test_the_command_line_shows_it(letter):
    _, poison = letter
    shown = CliRunner().invoke(cli, ["dead", "show", "submissions", poison], catch_exceptions=False)
    told = msgspec.json.decode(shown.output)
    check_evidence(told["evidence"], poison)
    assert (told["state"], told["crashes"], told["attempt"]) == ("dead", 2, 2)
    listed = CliRunner().invoke(cli, ["dead", "list", "submissions"], catch_exceptions=False)
    assert poison in listed.output
    assert "its worker died" in listed.output


def test_the_http_api_shows_it(letter, tmp_path):
    pool, poison = letter
    url = f"sqlite:///{tmp_path / 'judgeline.db'}"
    migrate(url)
    with contextlib.closing(open_store(url)) as store, store.writer() as connection:
        _, token = keys.create(connection, "ops", keys.Plan.OPERATOR, [*keys.Scope])
    settings = Settings.from_environment({**os.environ, "DATABASE_URL": url})
    services = open_services(settings, load_config(Path(pool.folder, "queues.toml")))
    try:
        answer = (
            create_app(services)
            .test_client()
            .get(f"/v1/queues/submissions/dead/{poison}", headers={"Authorization": f"Bearer {token}"})
        )
        assert answer.status_code == 200, answer.text
        check_evidence(answer.json["evidence"], poison)
        assert (answer.json["id"], answer.json["crashes"], answer.json["attempt"]) == (poison, 2, 2)
        assert "SIGSEGV" in answer.json["payload"]
    finally:
        services.store.close()


def test_one_command_puts_it_back_and_it_ends_well(make_pool, redis_url, monkeypatch):
    pool = make_pool(redis_url, "max_crashes = 2")
    store = f"sqlite:///{pool.folder / 'judgeline.db'}"
    migrate(store)
    for name, value in {
        "REDIS_URL": redis_url,
        "JUDGELINE_HOME": str(pool.folder),
        "JUDGELINE_CONFIG": str(pool.folder / "queues.toml"),
        "DATABASE_URL": store,
    }.items():
        monkeypatch.setenv(name, value)
    pool.start_ready("--processes", "1")
    poison = pool.put(crash="SIGKILL", crash_attempts=2)
    assert pool.ended(poison).state == "dead"
    put_back = CliRunner().invoke(cli, ["dead", "requeue", "submissions", poison], catch_exceptions=False)
    assert put_back.exit_code == 0, put_back.output
    job = pool.ended(poison)
    assert (job.state, job.crashes, job.attempt) == ("done", 0, 3)
