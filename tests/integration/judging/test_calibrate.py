"""``judgeline calibrate`` in the sandbox of this host."""

import json
import os

import pytest
from click.testing import CliRunner

from judgeline.cli import cli, doctor
from judgeline.config import Settings
from judgeline.judging.errors import SandboxError
from judgeline.judging.hostspeed import RUNS, recall
from judgeline.judging.sandbox import open_sandbox


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("JUDGELINE_HOME", str(tmp_path))
    monkeypatch.setenv("JUDGELINE_CONFIG", str(tmp_path / "none.toml"))
    settings = Settings.from_environment()
    try:
        open_sandbox(settings.sandbox_cache)
    except SandboxError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    return settings


def test_a_host_is_measured_and_doctor_tells(settings):
    assert doctor._host_speed(settings).detail == "not measured"
    result = CliRunner().invoke(cli, ["calibrate", "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert len(told["measured"]) == RUNS
    assert all(took > 1 for took in told["measured"])
    assert recall(settings.host_speed_file).factor == told["factor"] > 0
    assert doctor._host_speed(settings).detail == f"{told['factor']:g} times the reference"


def test_a_look_keeps_nothing(settings, monkeypatch):
    monkeypatch.setattr("judgeline.judging.hostspeed.RUNS", 1)
    assert "host speed" in CliRunner().invoke(cli, ["calibrate", "--dry-run"]).output
    assert recall(settings.host_speed_file) is None
