"""The page of the sandbox: every cure that can be printed, every finding, every mode."""

import re

from judgeline.judging.sandbox import cures, native
from judgeline.judging.sandbox.doctor import diagnose


def constants(module):
    """The module's texts in capitals: what it may print."""
    return {name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}


def test_each_cure_stands_on_the_page_as_it_is_printed(page):
    text = page("sandbox").text
    printed = constants(cures) | {"NO_COMPILER": native.NO_COMPILER}
    assert len(printed) >= 10
    for name, cure in printed.items():
        assert cure in text, name


def test_each_finding_is_explained(page, tmp_path):
    told = page("sandbox").first_cells("## What `judgeline doctor` says")
    findings = [finding.name for finding in diagnose(tmp_path)]
    assert findings == [word for word in told if word in findings]
    assert told[:5] == ["platform", "compiler", "helper", "box", "memory"]


def test_each_mode_is_explained(page):
    modes = [row[0] for row in page("sandbox").rows("## Memory")]
    assert modes == ["v2", "v1", "none"]
    assert re.search(r'What "none" gives up', page("sandbox").text)
