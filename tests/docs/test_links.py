"""Links between pages lead somewhere, and tests that pages name exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TEST = re.compile(r"\btest_[a-z0-9_]+\b(?!\.yaml)")


def anchors(text):
    """The anchors that a page's headings make, as GitHub writes them."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    found = set()
    for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
        found.add(words.replace(" ", "-"))
    return found


def test_links_lead_to_files_and_headings(pages):
    broken = []
    for page in pages:
        for target in LINK.findall(page.prose):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            path = (page.path.parent / name).resolve() if name else page.path
            if not path.exists() or (anchor and anchor not in anchors(path.read_text("utf-8"))):
                broken.append(f"{page.path.name}: {target}")
    assert broken == []


def test_tests_that_are_named_exist(pages):
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in [path.stem, *re.findall(r"def (test_\w+)", path.read_text("utf-8"))]
    }
    named = {name for page in pages for name in TEST.findall(page.text)}
    assert len(named) > 50
    assert named <= defined, sorted(named - defined)


def test_every_page_is_reachable_from_another(pages):
    linked = {
        (page.path.parent / target.partition("#")[0]).resolve()
        for page in pages
        for target in LINK.findall(page.prose)
        if not re.match(r"[a-z]+:", target)
    }
    for page in pages:
        if page.path.parent.name == "docs":
            assert page.path in linked, f"no page links to {page.path.name}"
