"""A table of a scenario file, read key by key: each has one type, and none is left."""

from collections.abc import Iterable, Mapping
from math import isfinite

from icom_sim.scenarios.model import Path, ScenarioError
from icom_sim.scenarios.vocabulary import not_among


class Table:
    """Gives values of the type that is asked for; ScenarioError for any other."""

    def __init__(self, values: Mapping[str, object], path: Path = ()) -> None:
        self.values = values
        self.path = path

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def allow(self, what: str, keys: Iterable[str]) -> None:
        """Refuse a key that is not among these."""
        allowed = tuple(keys)
        for key in self.values:
            if key not in allowed:
                message = not_among(f"key of {what}", key, allowed)
                raise ScenarioError(message, self.at(key))

    def at(self, key: str) -> Path:
        return (*self.path, key)

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def number(self, key: str, default: float) -> float:
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(key, "a number")
        if key in self.values and not isfinite(value):
            raise self.wrong(key, "a number")
        return value

    def seconds(self, key: str) -> float | None:
        return self.number(key, 0.0) if key in self.values else None

    def whole(self, key: str, default: int) -> int:
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(key, "a whole number")
        return value

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def table(self, key: str) -> "Table":
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "a table")
        return Table(value, self.at(key))

    def tables(self, key: str) -> list["Table"]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(t, dict) for t in value):
            raise self.wrong(key, f"a list of tables: [[{key}]]")
        return [Table(each, (*self.path, key, n)) for n, each in enumerate(value)]

    def texts(self, key: str) -> tuple[str, ...]:
        """One text or a list of them."""
        value = self.values.get(key, [])
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            raise self.wrong(key, "a text or a list of texts")
        return tuple(values)

    def wrong(self, key: str, allowed: str) -> ScenarioError:
        given = self.values[key]
        return ScenarioError(f"{key} must be {allowed}, not {given!r}", self.at(key))
