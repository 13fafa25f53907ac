"""The page of the engines: a row for each guarantee, as the suite has it; and every test it names exists."""

import ast
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "tests" / "conformance" / "queues"
TOLD = runpy.run_path(str(SUITE / "guarantees.py"))
COLUMNS = {"lists-valkey": 1, "rq": 2, "memory": 3}


def rows(page):
    """Give guarantee -> the row of the first table of its section."""
    found = page("engines").rows("## What each promises")
    return {row[0].split("`")[1]: row for row in found if row[0].startswith("`")}


def named(mark, assigned):
    """Give the guarantees that a decorator names: ``pytest.mark.guarantee("x")``, or a name given to one."""
    if isinstance(mark, ast.Name):
        mark = assigned.get(mark.id)
    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.guarantee":
        return {argument.value for argument in mark.args}
    return set()


@pytest.fixture(scope="module")
def needed():
    """Give (file, test) -> the guarantees it needs."""
    found = {}
    for path in SUITE.glob("test_*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        assigned = {
            node.targets[0].id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        everywhere = named(assigned.get("pytestmark"), assigned)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                own = [named(mark, assigned) for mark in node.decorator_list]
                found[path.name, node.name] = everywhere.union(*own)
    return found


def test_there_is_a_row_for_each_guarantee_and_no_other(page):
    assert set(rows(page)) == TOLD["PROMISED"]


@pytest.mark.parametrize("guarantee", sorted(TOLD["PROMISED"]))
def test_each_cell_says_what_the_suite_holds_the_engine_to(page, guarantee):
    row = rows(page)[guarantee]
    for engine, column in COLUMNS.items():
        said = re.match(r"yes|no", row[column])
        assert said, row[column]
        assert (said.group() == "yes") == (guarantee in TOLD["GUARANTEES"][engine]), engine
    assert (guarantee in TOLD["LACKING"]["lists-sharded"]) == ("`shards`" in row[1])


@pytest.mark.parametrize("guarantee", sorted(TOLD["PROMISED"]))
def test_each_row_links_to_a_test_that_needs_the_guarantee(page, needed, guarantee):
    link = re.fullmatch(
        r"\[(test_\w+)\]\(\.\./tests/conformance/queues/(\w+\.py)\)", rows(page)[guarantee][4]
    )
    assert link
    assert guarantee in needed[link.group(2), link.group(1)]


def test_each_test_that_the_page_names_exists(page):
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^\s*def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert set(re.findall(r"\btest_\w+(?=[`\]])", page("engines").text)) - there == set()
