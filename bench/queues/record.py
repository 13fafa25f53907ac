"""What one measurement of one contender gave, kept as JSON that tables can be made of again."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from bench.queues.contender import Absent, Contender


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a contender: what a reader may know, and no path of this machine."""

    name: str
    label: str
    version: str
    settings: str
    best_is: str
    shapes: tuple[str, ...]

    @classmethod
    def of(cls, contender: Contender) -> "Seen":
        """Keep that."""
        return cls(
            name=contender.name,
            label=contender.label,
            version=contender.version,
            settings=contender.settings,
            best_is=contender.best_is if contender.best else "two workers",
            shapes=contender.shapes,
        )


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One contender, once."""

    round: int
    shape: str
    name: str
    figures: dict[str, float] = {}
    note: str = ""
    """Why there are no figures, or what must be known with them."""


class Results(msgspec.Struct, kw_only=True):
    """A whole run."""

    machine: str
    loads: tuple[float, float] = (0.0, 0.0)
    """Of the machine, before the run and after it."""
    quick: bool
    rounds: int
    """Whole rounds of drains and waits that were made."""
    took_s: float = 0.0
    contenders: list[Seen]
    absent: list[Absent]
    records: list[Record]
    dispatches: dict[str, list[str]] = {}
    """The order in which jobs were started, for the plot of fairness."""

    def save(self, path: Path) -> None:
        """Write a JSON file that a person can compare with the last one: a record a line."""
        head = msgspec.structs.replace(self, records=[], dispatches={})
        fields = {name: getattr(head, name) for name in head.__struct_fields__}
        lines = [
            f"{msgspec.json.encode(name).decode()}: {_json(value)}"
            for name, value in fields.items()
            if name not in ("records", "dispatches", "contenders")
        ]
        lines.append(f'"contenders": {_listed(self.contenders)}')
        lines.append(f'"dispatches": {_json(self.dispatches)}')
        lines.append(f'"records": {_listed(self.records)}')
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n")

    @classmethod
    def load(cls, path: Path) -> "Results":
        """Read what ``save`` wrote. Raises msgspec.ValidationError."""
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def contender(self, name: str) -> Seen | None:
        """Give a contender by its name."""
        return next((each for each in self.contenders if each.name == name), None)

    def of(self, shape: str, name: str) -> list[Record]:
        """Give the records of one contender in one shape."""
        return [each for each in self.records if each.shape == shape and each.name == name]

    def values(self, shape: str, name: str, figure: str) -> list[float]:
        """Give one figure of all rounds."""
        return [each.figures[figure] for each in self.of(shape, name) if figure in each.figures]

    def ratios(self, above: tuple[str, str, str], below: tuple[str, str, str]) -> list[float]:
        """Give the ratio of two figures, each (shape, name, figure), in each round that has both."""
        over, under = self._by_round(above), self._by_round(below)
        return [over[number] / under[number] for number in sorted(over) if under.get(number)]

    def _by_round(self, which: tuple[str, str, str]) -> dict[int, float]:
        shape, name, figure = which
        return {each.round: each.figures[figure] for each in self.of(shape, name) if figure in each.figures}


def _json(value: object) -> str:
    return msgspec.json.encode(_rounded(value)).decode()


def _listed(values: Sequence[object]) -> str:
    return "[\n" + ",\n".join(map(_json, values)) + "\n]"


def _rounded(value: object) -> object:
    """Four digits that count: more is noise, and the file is kept."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, Record):
        return msgspec.structs.replace(
            value, figures={name: float(f"{figure:.4g}") for name, figure in value.figures.items()}
        )
    return value


def notes(records: Iterable[Record]) -> list[str]:
    """Give each different note once, in order."""
    return list(dict.fromkeys(each.note for each in records if each.note))
