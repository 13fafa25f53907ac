"""The page of languages: every key with its default, every language, and an example that really judges."""

import os
import re
import shutil

import msgspec
import pytest

from judgeline.judging.errors import SandboxError
from judgeline.judging.judge import Judge
from judgeline.judging.languages import Entry, Languages, Memory
from judgeline.judging.sandbox import open_sandbox
from judgeline.judging.verdicts import Verdict


def test_each_key_is_documented_with_its_default(page):
    rows = {row[0].strip("`"): row[1] for row in page("languages").rows("## What a table holds")}
    fields = {field.name: field for kind in (Entry, Memory) for field in msgspec.structs.fields(kind)}
    assert {name for name in rows if not name.startswith("{")} == set(fields)
    for name, field in fields.items():
        if field.required:
            assert rows[name] == "(required)"
        elif isinstance(field.default, bool | int | str | tuple):
            assert rows[name] == f"`{msgspec.json.encode(field.default).decode()}`"


def test_each_word_of_the_commands_is_documented(page):
    words = set(page("languages").first_cells("## What a table holds"))
    used = {
        word
        for language in Languages.load().all()
        for command in [*language.entry.compile, language.entry.run]
        for part in command
        for word in re.findall(r"\{[a-z_]+\}", part)
        if word[1:-1] not in language.entry.tools
    }
    assert used <= words


def test_each_language_has_its_row(page):
    rows = {row[0].strip("`"): row for row in page("languages").rows() if len(row) == 5}
    assert set(rows) == {language.id for language in Languages.load().all()}
    for language in Languages.load().all():
        assert rows[language.id][1] == language.name
        assert re.findall(r"`([^`]+)`", rows[language.id][2]) == list(language.extensions)


@pytest.fixture
def example(page, tmp_path):
    """The worked example of the page, as a table of its own."""
    (text,) = re.findall(r"^```toml\n(.*?)^```", page("languages").text, re.MULTILINE | re.DOTALL)
    table = tmp_path / "languages.toml"
    table.write_text(text)
    return table


def test_the_example_takes_at_most_ten_lines(example):
    assert len(example.read_text().splitlines()) <= 10
    (language,) = Languages.load(example).all()
    assert language.id == "perl"


def test_the_example_judges(example, tmp_path):
    if shutil.which("perl", path="/usr/local/bin:/usr/bin:/bin") is None:
        pytest.skip("perl is not installed")
    try:
        sandbox = open_sandbox(tmp_path / "helper")
    except SandboxError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no sandbox here: {error}")
    with Judge(sandbox, Languages.load(example)) as judge:
        fine = judge.run("perl", "print scalar reverse <STDIN>;", b"abc", expected_output=b"cba")
        broken = judge.run("perl", "print +;;(")
    assert (fine.verdict, broken.verdict) == (Verdict.ACCEPTED, Verdict.COMPILE_ERROR)
    assert re.fullmatch(r"perl \(5\.\d+\.\d+\)", fine.language)
    assert "main.pl" in broken.compile_output
