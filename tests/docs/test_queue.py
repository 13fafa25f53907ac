"""The page of the queue: every key, script and failure window; and what scripts say of themselves."""

import itertools
import re
from pathlib import Path

import pytest

from judgeline.queues import keys, states
from judgeline.queues.lists.scripts import script_names

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    path
    for folder in ("judgeline", "api", "workers")
    for path in (ROOT / folder).rglob("*.lua")
    if path.parent.name != "shared"
)


def test_the_keys_are_those_of_the_code(page):
    told = {re.split(r"[:,]", word)[0] for word in page("queue").first_cells("## Keys")}
    assert told - {"<priority>", "high", "low"} == keys.RESERVED


def test_each_script_is_told_of(page):
    told = page("queue").first_cells("## The life of a job, script by script")
    assert sorted(word.lower() for word in told) == sorted(script_names())


def test_the_states_are_drawn_from_the_table_that_the_code_uses(page):
    assert states.page() in page("queue").section("## States")


def test_each_failure_window_names_a_test(page):
    rows = page("queue").rows("## The failure windows")
    assert [row[0].split()[0] for row in rows] == [f"W{number}" for number in range(1, 18)]
    for number, row in enumerate(rows, 1):
        assert f"`test_w{number:02}_" in row[2], row[0]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_script_opens_with_its_keys_arguments_and_guarantee(script):
    lines = script.read_text("utf-8").splitlines()
    head = "\n".join(itertools.takewhile(lambda line: line.startswith("--"), lines))
    assert head.startswith(f"-- {script.stem.upper()}: ")
    for said in (r"keys|KEYS\[1\]", r"arguments|ARGV\[1\]", r"guarantee|Gives"):
        assert re.search(rf"^-- ({said})\b|^-- ({said}) ", head, re.MULTILINE), said
