"""Every verb is documented, and what the pages tell people to type exists."""

import importlib.util
import re
import shlex

import click
import pytest

from judgeline.cli import cli

VERBS = {name: cli.get_command(click.Context(cli), name) for name in cli.list_commands(click.Context(cli))}
LINE = re.compile(r"(?:^|[`$;&|(]|\s)(judgeline (?:[a-z]|--)[^`|;&)\n]*)")
MODULE = re.compile(r"python3? -m ([a-z_.]+)")


def test_each_verb_has_its_row(page):
    section = "## The command line"
    told = {row[0].strip("`").split()[1]: row[1] for row in page("operations").rows(section)}
    assert set(told) == set(VERBS)
    for name, verb in VERBS.items():
        for below in getattr(verb, "commands", {}):
            assert f"`{below}`" in told[name] or f"{below}" in told[name].split(), f"{name} {below}"


def code_of(page):
    """What stands in backticks, in fenced blocks and in indented ones."""
    spans = re.findall(r"`([^`\n]+)`", page.prose)
    fenced = re.findall(r"^```\w*\n(.*?)^```", page.text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^ {4}(\S.*)$", page.prose, re.MULTILINE)
    return "\n".join([*spans, *fenced, *indented])


def test_commands_in_the_pages_exist(pages):
    seen = 0
    for page in pages:
        for line in LINE.findall(code_of(page)):
            words = shlex.split(line.split(" #")[0].replace("'", ""))[1:]
            check(words, f"{page.path.name}: {line}")
            seen += 1
    assert seen > 20


def check(words, where):
    command = cli
    context = click.Context(cli)
    for word in words:
        if isinstance(command, click.Group) and not word.startswith("-"):
            below = command.get_command(context, word)
            if below is None and command is not cli:
                return  # a word of the sentence that goes on behind a group's name
            assert below is not None, where
            command = below
        elif word.startswith("-") and word != "-":
            known = {name for option in command.params for name in option.opts} | {
                "--help",
                "-h",
                "--version",
            }
            assert word.split("=")[0] in known, where


@pytest.mark.parametrize(
    ("line", "fine"),
    [
        ("judgeline dead list", True),
        ("judgeline deed list", False),
        ("judgeline submit --loud", False),
        ("judgeline up -c submissions=3", True),
    ],
)
def test_the_check_itself(line, fine):
    if fine:
        check(line.split()[1:], line)
    else:
        with pytest.raises(AssertionError):
            check(line.split()[1:], line)


def test_modules_in_the_pages_exist(pages):
    named = {module for page in pages for module in MODULE.findall(page.text)}
    assert "workers" in named
    for module in named - {"venv", "pip"}:
        assert importlib.util.find_spec(module.rstrip(".")), module
