"""Each package's errors are drawn as a tree in the module that defines them."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import judgeline.errors
from judgeline.errors import JudgelineError

ROOT = Path(__file__).parents[2]
BRANCH = re.compile(r"^( {4}(?:[│ ]*[├└]── )?)([A-Z]\w+)(?: |$)", re.MULTILINE)
"""A line of a tree: four columns a level, then the error's name."""
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for folder in ("judgeline", "api", "workers")
    for path in (ROOT / folder).rglob("errors.py")
    if path != ROOT / "judgeline" / "errors.py"
)


@pytest.mark.parametrize("name", MODULES)
def test_each_error_is_in_the_tree_below_its_base(name):
    module = importlib.import_module(name)
    defined = {
        error.__name__: error
        for _, error in inspect.getmembers(module, inspect.isclass)
        if error.__module__ == name and issubclass(error, Exception)
    }
    drawn = BRANCH.findall(module.__doc__.split("::", 1)[1])
    assert sorted(word for _, word in drawn) == sorted(defined)
    above = []
    for branch, word in drawn:
        del above[len(branch) // 4 - 1 :]
        assert defined[word].__base__ is (above[-1] if above else JudgelineError)
        above.append(defined[word])


@pytest.mark.parametrize("name", MODULES)
def test_each_tree_grows_from_the_one_root(name):
    module = importlib.import_module(name)
    for _, error in inspect.getmembers(module, inspect.isclass):
        if error.__module__ == name and issubclass(error, Exception):
            assert issubclass(error, JudgelineError)
            assert error.__doc__


def test_the_root_shows_every_tree():
    for folder in ("judgeline", "api", "workers"):
        for path in (ROOT / folder).rglob("*.py"):
            if "class" in (text := path.read_text()) and "(JudgelineError)" in text:
                importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    drawn = re.findall(r"── ([\w.]+)", judgeline.errors.__doc__)
    trees = {f"{error.__module__}.{error.__name__}" for error in JudgelineError.__subclasses__()}
    assert sorted(drawn) == sorted(
        name.removeprefix("judgeline.")
        for name in trees
        if name.split(".")[0] in ("judgeline", "api", "workers")
    )
