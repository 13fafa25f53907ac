"""Which class of a Java source is its main one: the compiler wants a file of that name."""

import itertools
import re

# No alternative can match in two ways, and none gives back what it took: linear on any input.
_WORD = re.compile(
    r"""
    //[^\n]* | /\*(?:[^*]|\*(?!/))*+(?:\*/)?             # comments
    | \"{3}.*?\"{3} | "(?:[^"\\\n]|\\.)*+"? | '(?:[^'\\\n]|\\.)*+'?   # text
    | (?:[^\W\d]|\$)[\w$.]*+ | [{}(;]
    """,
    re.DOTALL | re.VERBOSE,
)
_LONGEST = 200
"""Bytes of a class name that may become a file's; the compiler has its say about longer ones."""
_KINDS = frozenset({"class", "record", "enum", "interface"})
DEFAULT = "Main"


def main_class(source: str) -> tuple[str, str]:
    """(file name without its ending, full name of the class to run) of a Java source.

    The public class, for the compiler insists on its name; else the class with ``void main``; else "Main".
    """
    package = public = holder = current = ""
    depth = 0
    words: list[str] = []
    for found in _WORD.finditer(source):
        word = found.group()
        if word[0] in "/\"'":
            continue
        if word == "(":
            if depth == 1 and words[-2:] == ["void", "main"]:
                holder = holder or current
        elif word not in {"{", "}", ";"}:
            words.append(word)
        else:
            if depth == 0 and word == "{":
                current = _declared(words) or current
                public = public or (current if "public" in words else "")
            if depth == 0 and word == ";" and words[:1] == ["package"]:
                package = ".".join(words[1:2])
            depth += {"{": 1, "}": -1, ";": 0}[word]
            words.clear()
    name = public or holder or DEFAULT
    return name, f"{package}.{name}" if package else name


def _declared(words: list[str]) -> str:
    """The name behind ``class`` and its like, or ""."""
    for kind, name in itertools.pairwise(words):
        if kind in _KINDS:
            return name if "." not in name and len(name.encode()) <= _LONGEST else ""
    return ""
