"""The part of docs/benchmarks.md that the command writes: what stands between two markers."""

from pathlib import Path

BEGIN = "<!-- what follows is written by python -m bench.queues -->"
END = "<!-- what python -m bench.queues writes ends here -->"


def rewrite(page: Path, report: str) -> None:
    """Put a report between the markers. Raises OSError, and ValueError for a page without them."""
    before, after = around(page)
    page.write_text(f"{before}{BEGIN}\n\n{report.strip()}\n\n{END}{after}")


def around(page: Path) -> tuple[str, str]:
    """Give what stands before and after the markers. Raises as ``rewrite``."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the markers {BEGIN!r} and {END!r}")
    return before, after
