"""What every test of a page needs: the pages, their sections, their tables."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Page:
    """One Markdown page."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text("utf-8")

    @property
    def prose(self):
        """The text without fenced blocks."""
        return re.sub(r"^```.*?^```", "", self.text, flags=re.MULTILINE | re.DOTALL)

    @property
    def headings(self):
        return re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)

    def section(self, heading):
        """The text below a heading ("## Keys"), down to the next one that is not below it."""
        level = heading.split(" ", 1)[0]
        body = self.text.split(f"\n{heading}\n", 1)[1]
        return re.split(rf"^#{{1,{len(level)}}} ", body, maxsplit=1, flags=re.MULTILINE)[0]

    def rows(self, heading=None):
        """The rows of the tables of a section (of the page): lists of cells, without the head."""
        text = self.text if heading is None else self.section(heading)
        rows = []
        for line in re.findall(r"^\|(.+)\|$", text, re.MULTILINE):
            cells = [cell.strip() for cell in line.split("|")]
            if set(line) <= set("|-: "):
                rows.pop()  # what stood above the dashes was the head
            else:
                rows.append(cells)
        return rows

    def first_cells(self, heading=None):
        """The words in backticks of each row's first cell, over all rows."""
        return [word for cells in self.rows(heading) for word in re.findall(r"`([^`]+)`", cells[0])]


@pytest.fixture(scope="session")
def page():
    """Give a page of docs/ by its name."""
    known = {}

    def read(name):
        if name not in known:
            known[name] = Page(ROOT / "docs" / f"{name}.md")
        return known[name]

    return read


@pytest.fixture(scope="session")
def pages():
    """Every page a reader may come by."""
    readers = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "problems/README.md"]
    paths = [*sorted((ROOT / "docs").glob("*.md")), *(ROOT / name for name in readers)]
    return [Page(path) for path in paths]
