import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from judgeline.cli import _VERBS, cli
from judgeline.cli.output import age, exit_code
from judgeline.config.errors import ConfigError
from judgeline.queues.errors import QueueUnavailable, UnknownJob
from judgeline.store.errors import BadAddress, BadName, StoreUnfit

FULL = Path("/dev/full")


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "queues.toml").write_text(
        "[queues.submissions]\nhandler = 'judge'\n[queues.emails]\nhandler = 'email'\n"
    )
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("JUDGELINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUDGELINE_CONFIG", str(tmp_path / "queues.toml"))
    for name in ("REDIS_URL", "DATABASE_URL", "SMTP_URL", "JUDGELINE_KEY", "JUDGELINE_URL"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("verb", _VERBS)
def test_every_verb_has_help(run, verb):
    result = run(verb, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert len(result.output.splitlines()) > 4


def test_a_verb_that_does_not_exist_ends_with_2(run):
    assert run("sumbit").exit_code == 2


def test_the_configuration_can_be_checked(run):
    result = run("config", "check")
    assert result.exit_code == 0
    assert "queue submissions: engine lists, handler judge, weights high 10, low 3" in result.output
    document = json.loads(run("config", "check", "--json").output)
    assert document["queues"]["emails"]["handler"] == "email"


def test_without_a_server_the_queues_verb_says_what_to_do(run):
    result = run("queues")
    assert isinstance(result.exception, QueueUnavailable)
    assert "judgeline up" in str(result.exception)


@pytest.mark.parametrize("verb", ["queues", "doctor", "dead"])
def test_a_wrong_redis_url_is_a_wrong_setting(run, monkeypatch, verb):
    monkeypatch.setenv("REDIS_URL", "redis://:secret@h?socket_timeout=abc")
    result = run(*([verb, "list"] if verb == "dead" else [verb]))
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).startswith(
        "environment: REDIS_URL: socket_timeout must be a number of seconds"
    )
    assert "secret" not in str(result.exception)


def test_keys_are_made_listed_and_revoked(run):
    assert run("up", "--prepare-only").exit_code == 0
    made = json.loads(run("keys", "create", "--owner", "ada", "--plan", "premium", "--json").output)
    assert made["plan"] == "premium"
    assert made["scopes"] == ["submit"]
    listed = json.loads(run("keys", "list", "--json").output)
    assert {key["owner"] for key in listed} == {"operator", "ada"}
    assert "key" not in listed[0]
    assert run("keys", "revoke", made["id"]).exit_code == 0
    assert "revoked" in run("keys", "list").output


def test_the_languages_are_listed(run):
    listed = json.loads(run("languages", "--json").output)
    assert {"python3", "c", "cpp"} <= {language["id"] for language in listed}


def test_a_source_without_a_known_ending_asks_for_the_language(run, tmp_path):
    source = tmp_path / "solution"
    source.write_text("x")
    result = run("submit", "aplusb", str(source))
    assert result.exit_code == 2
    assert "--language" in result.output


def test_an_error_has_the_exit_code_of_its_kind():
    assert exit_code(ConfigError("x", "y", "z")) == 2
    assert exit_code(QueueUnavailable("gone")) == 3
    assert exit_code(UnknownJob("no")) == 1


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (0, "0.0 s"),
        (400, "0.4 s"),
        (12_000, "12 s"),
        (200_000, "3 min"),
        (18_000_000, "5 h"),
        (200_000_000, "2 d"),
    ],
)
def test_ages_read_as_a_person_says_them(milliseconds, said):
    assert age(milliseconds) == said


def test_a_setting_that_a_part_will_refuse_ends_the_check(run, monkeypatch):
    monkeypatch.setenv("SMTP_URL", "smtp://user:secret@host?tls=perhaps")
    result = run("config", "check")
    assert isinstance(result.exception, ConfigError)
    assert "secret" not in str(result.exception)


def test_the_exit_codes_of_the_store():
    assert exit_code(BadAddress("no address", "write one")) == 2
    assert exit_code(BadName("no name")) == 2
    assert exit_code(StoreUnfit("no tables yet", "migrate")) == 3


@pytest.mark.parametrize(
    "options",
    [
        ("--url", "host:8000"),
        ("--url", "ftp://host"),
        ("--url", "http://[::1"),
        ("--key", "two\nlines"),
        ("--key", "\u00e9"),
    ],
)
def test_what_can_be_no_address_or_key_is_a_wrong_call(run, tmp_path, options):
    source = tmp_path / "solution.py"
    source.write_text("print(1)")
    result = run("submit", "aplusb", str(source), *options)
    assert result.exit_code == 2
    assert options[0] in result.output


def judgeline(tmp_path, *words, **streams):
    """The command line as its users start it."""
    return subprocess.Popen(
        [sys.executable, "-c", "from judgeline.cli import main; main()", *words],
        env=os.environ
        | {"JUDGELINE_HOME": str(tmp_path / "home"), "JUDGELINE_CONFIG": str(tmp_path / "queues.toml")},
        stderr=subprocess.PIPE,
        text=True,
        **streams,
    )


def test_a_closed_standard_output_is_no_fault(run, tmp_path):
    assert run("up", "--prepare-only").exit_code == 0
    with judgeline(tmp_path, "keys", "list", preexec_fn=lambda: os.close(1)) as process:
        assert process.communicate()[1] == ""
    assert process.returncode == 0


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full here")
def test_a_full_disk_is_one_line(run, tmp_path):
    assert run("config", "check").exit_code == 0
    with FULL.open("w") as full, judgeline(tmp_path, "config", "check", stdout=full) as process:
        said = process.communicate()[1]
    assert said.count("\n") == 1
    assert "No space left" in said
    assert process.returncode == 3
