"""`judgeline doctor --attack`: what it prints and how it ends."""

import json

import pytest
from click.testing import CliRunner

from judgeline.cli import attack, cli
from judgeline.judging.attacks import Arena, Result
from judgeline.judging.attacks.attack import Kind


@pytest.fixture
def doctor(own_sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("JUDGELINE_HOME", str(tmp_path))
    monkeypatch.setenv("JUDGELINE_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setattr(attack, "open_sandbox", lambda _cache: own_sandbox)
    return lambda *arguments: CliRunner().invoke(cli, ["doctor", *arguments])


def test_attacks_are_named_and_shown_in_a_table(doctor):
    result = doctor("--attack", "loopback", "message-is-a-link")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].split() == ["attack", "kind", "seen", "ok"]
    assert [line.split() for line in lines[1:3]] == [
        ["message-is-a-link", "checker", "accepted", "ok"],
        ["loopback", "run", "accepted", "ok"],
    ]
    assert lines[3] == "2 attacks, 0 not tried, 0 got through"


def test_programs_get_json(doctor):
    result = doctor("--attack", "loopback", "--json")
    (found,) = json.loads(result.stdout)
    assert (found["name"], found["kind"], found["ok"]) == ("loopback", "run", True)


def test_one_that_got_through_ends_with_1_and_says_how(doctor, monkeypatch):
    def run(_arena, tried):
        faults = ["BREACH [bold]\x1b[2J"] if tried.name == "loopback" else []
        skipped = "" if faults else "perl is not in /usr/bin"
        return Result(
            name=tried.name, group="x", kind=Kind.RUN, seen="[/] accepted", faults=faults, skipped=skipped
        )

    monkeypatch.setattr(Arena, "run", run)
    result = doctor("--attack", "loopback", "message-is-a-link")
    assert result.exit_code == 1
    assert "[/] accepted" in result.output
    assert "loopback: BREACH [bold]\ufffd[2J" in result.output
    assert "not tried" in result.output
    assert "2 attacks, 1 not tried, 1 got through" in result.output
    assert doctor("--attack", "loopback", "--json").exit_code == 1


def test_wrong_calls_are_refused(doctor):
    for arguments in (["--attack", "loopbak"], ["--attack", "--repair"], ["loopback"]):
        assert doctor(*arguments).exit_code == 2
    assert "there are loopback" in doctor("--attack", "loopbak").output
