"""The strings below a struct's fields, which Python itself throws away, for the API's description."""

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import inspect as types


def field_docs(kind: type) -> dict[str, str]:
    """Field -> the string below it, on one line; fields without one are left out."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    docs: dict[str, str] = {}
    for field, below in itertools.pairwise(definition.body if isinstance(definition, ast.ClassDef) else []):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            docs[field.target.id] = " ".join(inspect.cleandoc(str(below.value.value)).split())
    return docs


def structs_of(kinds: Iterable[Any]) -> Iterator[type[msgspec.Struct]]:
    """Every struct that these types are made of, once each."""
    seen: set[type] = set()
    todo: list[Any] = list(types.multi_type_info(kinds))
    while todo:
        info = todo.pop()
        if isinstance(info, types.StructType):
            if info.cls in seen:
                continue
            seen.add(info.cls)
            yield info.cls
        todo.extend(_parts(info))


def _parts(info: types.Type) -> list[Any]:
    """The types that one is made of."""
    match info:
        case types.StructType():
            return [field.type for field in info.fields]
        case types.Metadata():
            return [info.type]
        case types.UnionType():
            return list(info.types)
        case types.ListType():
            return [info.item_type]
        case types.DictType():
            return [info.key_type, info.value_type]
        case _:
            return []
