"""The page on security: what it names as shown exists."""

import re
from pathlib import Path

from judgeline.judging.attacks import load_attacks

TESTS = Path(__file__).resolve().parents[1]


def test_each_attack_and_test_that_is_named_exists(page):
    text = page("security").text
    named = set(re.findall(r"`([a-z0-9]+(?:[-_][a-z0-9]+)*)`", text))
    tests = {name for name in named if name.startswith("test_")}
    sources = "".join(path.read_text() for path in TESTS.rglob("test_*.py"))
    assert {name for name in tests if f"def {name}(" not in sources} == set()
    attacks = load_attacks()
    assert named - tests - set(attacks) == {"judge_error"}
    assert len(named & set(attacks)) > 80


def test_each_claim_of_the_model_is_shown_by_something(page):
    for want, _, shown in page("security").rows("## Whom it keeps out"):
        assert "`" in shown, want


def test_each_test_that_the_sandbox_s_page_names_exists(page):
    sources = "".join(path.read_text() for path in TESTS.rglob("test_*.py"))
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", page("sandbox").text))
    assert {name for name in named if f"def {name}(" not in sources} == set()
