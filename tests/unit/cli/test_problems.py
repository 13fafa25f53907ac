import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from judgeline.cli import cli

PROBLEMS = Path(__file__).parents[3] / "problems"


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "queues.toml").write_text(
        "[queues.submissions]\nhandler = 'judge'\n[queues.emails]\nhandler = 'email'\n"
        "[judge]\nproblems = 'p'\n"
    )
    monkeypatch.setenv("JUDGELINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUDGELINE_CONFIG", str(tmp_path / "queues.toml"))
    return lambda *arguments: CliRunner().invoke(cli, ["problems", *map(str, arguments)])


def test_packages_are_added_and_listed(run):
    result = run("add", PROBLEMS / "aplusb", PROBLEMS / "rope")
    assert result.exit_code == 0, result.output
    assert "15 tests, added" in result.output
    listed = json.loads(run("list", "--json").output)
    assert [problem["slug"] for problem in listed["problems"]] == ["aplusb", "rope"]
    assert listed["problems"][0]["imported_ms"] > 0
    assert "is in use already" in run("add", PROBLEMS / "aplusb").output
    assert "A plus B" in run("list").output


def test_a_refused_package_ends_with_1_and_says_all(run, tmp_path):
    shutil.copytree(PROBLEMS / "aplusb", tmp_path / "bad")
    (tmp_path / "bad" / "problem.yaml").write_text("foo: 1\n")
    next((tmp_path / "bad" / "data" / "secret").glob("*.ans")).unlink()
    result = run("add", tmp_path / "bad", PROBLEMS / "rope")
    assert result.exit_code == 1
    assert "problem.yaml: foo: is not a key of this format" in result.output
    assert ".ans" in result.output
    (report, other) = json.loads(run("add", "--json", tmp_path / "bad", PROBLEMS / "rope").output)
    assert (report["ok"], len(report["faults"])) == (False, 2)
    assert other["ok"]
    assert [one["slug"] for one in json.loads(run("list", "--json").output)["problems"]] == ["rope"]


def test_a_dry_run_takes_nothing_in(run):
    result = run("add", "--dry-run", PROBLEMS / "aplusb")
    assert result.exit_code == 0
    assert "would be added" in result.output
    assert json.loads(run("list", "--json").output)["problems"] == []


def test_one_name_for_two_is_a_wrong_call(run):
    assert run("add", "--slug", "x", PROBLEMS / "aplusb", PROBLEMS / "rope").exit_code == 2


def test_what_was_put_there_by_hand_is_listed_and_not_replaced(run, tmp_path):
    shutil.copytree(PROBLEMS / "aplusb", tmp_path / "p" / "aplusb")
    shutil.copytree(PROBLEMS / "rope", tmp_path / "p" / "broken")
    (tmp_path / "p" / "broken" / "problem.yaml").unlink()
    assert "by hand" in run("list").output
    assert "broken is broken: problem.yaml: not found" in run("list").output
    result = run("add", PROBLEMS / "aplusb")
    assert result.exit_code == 1
    assert "put there by hand" in result.output
