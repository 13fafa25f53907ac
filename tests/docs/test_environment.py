"""Every variable that the code reads from the environment is documented."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SYSTEM = {"PATH"}
"""Read as every program reads it."""


def names_read(path):
    """The variables that a module reads: environ.get(x), environ[x], x in environ, envvar=x.

    A text that is the name of a variable of ours counts wherever it stands: it may be read by a constant.
    """
    tree = ast.parse(path.read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="get" | "pop" | "setdefault", value=value), args=args):
                found |= texts(args[:1]) if is_environ(value) else set()
            case ast.Call(func=ast.Name(id="_url" | "_port"), args=args):
                found |= texts(args[:2])
            case ast.Subscript(value=value, slice=name):
                found |= texts([name]) if is_environ(value) else set()
            case ast.Compare(left=name, ops=[ast.In() | ast.NotIn()], comparators=[value]):
                found |= texts([name]) if is_environ(value) else set()
            case ast.keyword(arg="envvar", value=name):
                found |= texts([name])
            case ast.Constant(value=str(text)) if re.fullmatch(r"JUDGELINE_[A-Z_]+", text):
                found.add(text)
    return {name for name in found if name.isupper()}


def is_environ(node):
    return getattr(node, "id", getattr(node, "attr", "")) == "environ"


def texts(nodes):
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


FILES = [path for folder in ("judgeline", "api", "workers") for path in (ROOT / folder).rglob("*.py")]
READ = sorted({name for path in FILES for name in names_read(path)} - SYSTEM)


def test_the_search_finds_them():
    assert {"JUDGELINE_HOME", "REDIS_URL", "API_PORT", "JUDGELINE_KEY", "JUDGELINE_LOG_LEVEL"} <= set(READ)


@pytest.mark.parametrize("name", READ)
def test_each_variable_is_documented(page, name):
    assert name in page("operations").first_cells("## Environment")
