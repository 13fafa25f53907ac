"""Reading YAML strictly: safe types only, no key twice, no unknown key, every fault with its path."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Self

import yaml

from judgeline.judging.packages.faults import Report

MOST_YAML_BYTES = 64 << 10


class _Loader(yaml.SafeLoader):
    """YAML without what a package has no use for: anchors can make a small file enormous."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "anchors and aliases are not allowed", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  PyYAML's signature
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                problem = f"the key {key!r} is not text (quote it)"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def parse_yaml(text: str, where: str, report: Report) -> dict[str, Any]:
    """The mapping in a YAML text; {} where it is empty or broken (then it is a fault)."""
    try:
        loaded = yaml.load(text, _Loader)  # noqa: S506  a SafeLoader, made stricter
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        report.fault(f"{where}:{mark.line + 1}" if mark else where, error.problem or "is not YAML")
        return {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        report.fault(where, f"is not YAML: {str(error).splitlines()[0][:200]}")
        return {}
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        report.fault(where, f"must be a mapping of keys to values, not {_kind(loaded)}")
        return {}
    return loaded


class Fields:
    """A mapping whose keys are taken one by one, checked; ``finish`` reports those nobody took."""

    def __init__(self, where: str, values: dict[str, Any], report: Report, prefix: str = "") -> None:
        self._where = where
        self._left = dict(values)
        self._report = report
        self._prefix = prefix

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def keys(self) -> list[str]:
        """The keys that nobody has taken yet."""
        return list(self._left)

    def fault(self, key: str, what: str) -> None:
        """Report a key's value."""
        self._report.fault(self._where, f"{self._prefix}{key}: {what}")

    def any(self, key: str) -> Any:
        """The value as it stands, or None."""
        return self._left.pop(key, None)

    def ignore(self, *keys: str) -> None:
        """Take keys that are known and have no bearing on judging."""
        for key in keys:
            self._left.pop(key, None)

    def text(self, key: str, default: str = "", *, choices: Sequence[str] = ()) -> str:
        """Text."""
        value = self._left.pop(key, None)
        if value is None:
            return default
        if not isinstance(value, str):
            self.fault(key, f"must be text, not {_kind(value)} (quote it)")
            return default
        if choices and value not in choices:
            self.fault(key, f"must be one of {', '.join(choices)}, not {value[:60]!r}")
            return default
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._left.pop(key, None)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(key, f"must be true or false, not {_kind(value)}")
            return default
        return value

    def number(self, key: str, default: float, *, most: float, least: float = 0) -> float:
        """A number above 0, from ``least`` to ``most``."""
        value = self._left.pop(key, None)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(key, f"must be a number, not {_kind(value)}")
        elif not (value > 0 and least <= value <= most):
            self.fault(key, _out_of_bounds("a number", value, least, most))
        else:
            return float(value)
        return default

    def whole(self, key: str, default: int, *, most: int, least: int = 1) -> int:
        """A whole number from ``least`` to ``most``."""
        value = self._left.pop(key, None)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(key, f"must be a whole number, not {_kind(value)}")
        elif not least <= value <= most:
            self.fault(key, _out_of_bounds("a whole number", value, least, most))
        else:
            return value
        return default

    def strings(self, key: str) -> tuple[str, ...] | None:
        """A sequence of texts, or None where the key is not there."""
        value = self._left.pop(key, None)
        if value is None:
            return None
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.fault(key, f"must be a sequence of texts, not {_kind(value)} (quote numbers)")
        return None

    def fields(self, key: str) -> Self:
        """A mapping below this one; an empty one where it is not there."""
        value = self._left.pop(key, None)
        if value is not None and not isinstance(value, dict):
            self.fault(key, f"must be a mapping of keys to values, not {_kind(value)}")
            value = None
        return type(self)(self._where, value or {}, self._report, f"{self._prefix}{key}.")

    def refuse(self, key: str, reason: str, unless: Callable[[Any], bool] = lambda value: not value) -> None:
        """Refuse the package for a key that cannot be honoured, unless its value asks for nothing."""
        value = self._left.pop(key, None)
        if value is not None and not unless(value):
            self.fault(key, reason)

    def finish(self) -> None:
        """Report every key that nobody took."""
        for key in self._left:
            self.fault(key[:80], "is not a key of this format")


def _out_of_bounds(wanted: str, value: float, least: float, most: float) -> str:
    bound = f"from {least:g}" if least else "above 0"
    shown = f"{value:g}" if abs(value) < 1e300 else "one so large"
    return f"must be {wanted} {bound} and at most {most:g}, not {shown}"


def _kind(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a sequence"}
    name = names.get(type(value))
    if name is None:
        return (
            "a mapping"
            if isinstance(value, dict)
            else "a date"
            if hasattr(value, "year")
            else type(value).__name__
        )
    return f"the text {value[:60]!r}" if isinstance(value, str) else name
