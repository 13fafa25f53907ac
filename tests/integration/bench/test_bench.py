"""The benchmarks can be run by anyone: each parses, and one of them measures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NAMES = ("queues", "latency", "http", "judging", "footprint")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_measurement_explains_itself(name):
    result = run(f"bench.{name}", "--help")
    assert result.returncode == 0
    assert "--quick" in result.stdout
    assert f"bench.{name}" in (ROOT / "docs" / "benchmarks.md").read_text()


def test_a_measurement_gives_figures_beside_a_peer(valkey_url):
    result = run("bench.latency", "--quick", "--rounds", "1", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)
