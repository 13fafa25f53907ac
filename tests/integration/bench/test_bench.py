"""The benchmarks can be run by anyone: each parses, and two of them measure, peers or not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.harness import Options
from bench.queues import rounds
from bench.queues.contender import Contender
from bench.queues.record import Results, Seen

ROOT = Path(__file__).parents[3]
NAMES = ("queues", "latency", "fairness", "http", "overload", "judging", "footprint")


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


def test_the_queue_is_measured_where_no_peer_is(valkey_url, tmp_path):
    kept = tmp_path / "figures.json"
    only = ("--quick", "--peers", "none", "--shapes", "latency", "--json", "--save", str(kept))
    result = run("bench.queues", *only)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    (record,) = told["records"]
    assert record["name"] == "ours"
    assert set(record["figures"]) == {"idle p50", "idle p99", "loaded p50", "loaded p99"}, record
    assert str(ROOT) not in kept.read_text()
    shown = run("bench.queues", "--from", str(kept))
    assert "| Judgeline |" in shown.stdout


def test_a_peer_that_cannot_be_measured_is_a_row_and_not_the_end(valkey_url, tmp_path):
    broken = Contender(
        name="broken",
        label="Broken",
        version="1",
        one=["/bin/false"],
        settings="",
        pace=(10, 10),
        best_is="",
        client=["/bin/false"],
        kill="executor",
        shapes=("drain", "kill"),
    )
    results = Results(machine="", quick=True, rounds=1, contenders=[Seen.of(broken)], absent=[], records=[])
    plan = rounds.Plan([broken], ("drain", "kill"), Options(quick=True, rounds=1))
    rounds.run(results, plan, tmp_path / "kept.json")
    assert [each.shape for each in results.records] == ["one", "kill"]
    assert all(each.note.startswith("failed: its client") for each in results.records)
    assert Results.load(tmp_path / "kept.json").records == results.records


def test_a_page_without_a_place_for_the_tables_is_refused_before_anything_is_measured(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Benchmarks\n")
    result = run("bench.queues", "--docs", str(page))
    assert result.returncode == 1
    assert "lacks the markers" in result.stderr


def test_an_unknown_peer_is_named():
    result = run("bench.queues", "--peers", "huey,hueyy")
    assert result.returncode == 2
    assert "hueyy: not one of" in result.stderr
