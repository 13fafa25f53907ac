"""Telling Python 2 from Python 3 where both are called ``.py``: reported to people, never guessed."""

import ast
import re
import warnings

_SHEBANG = re.compile(rb"#![^\n]*python2")
_PRINT = re.compile(rb"^[ \t]*print[ \t]+[^\s(=.,:)\]]", re.MULTILINE)
_GONE = frozenset({"raw_input", "xrange", "unicode", "long", "unichr"})


def sign_of_python_2(source: bytes) -> str:
    """What in a source is Python 2, e.g. "raw_input"; "" where nothing is.

    A program that names what is gone and catches NameError, or gives the name a meaning, runs under both.
    """
    if _SHEBANG.match(source):
        return "its first line"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "print without brackets" if _PRINT.search(source) else ""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    names = {node.id for node in nodes}
    given = {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    gone = sorted(names & _GONE - given)
    return gone[0] if gone and "NameError" not in names else ""
