"""What a knob is: a name, the values it can have, where it comes from, how sure it is.

A knob sets one field of the same name in one of the dialects (session, links, radio).
Values have a text, for command lines and scenario files; a text that is none of them
is answered by one line that names what was given and what is allowed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Protocol


class DialectError(Exception):
    """A dialect, a knob or a value that does not exist: one line for people."""


class Fidelity(StrEnum):
    """How well a behaviour is known to be a radio's."""

    OBSERVED = "observed"  # on hardware or in a capture, by the source
    INFERRED = "inferred"  # follows from what clients do or from what was observed
    ASSUMED = "assumed"  # somebody had to decide


class Values(Protocol):
    """The values that a knob can have."""

    @property
    def allowed(self) -> str:
        """In one line, for an error and for the list of knobs."""

    def parse(self, text: str) -> object:
        """The value with this text; ValueError if there is none."""

    def show(self, value: object) -> str:
        """The text of a value."""


@dataclass(frozen=True, slots=True)
class Choices:
    """A few values, each with a word."""

    words: Mapping[str, object]

    @property
    def allowed(self) -> str:
        return ", ".join(self.words)

    def parse(self, text: str) -> object:
        if text not in self.words:
            raise ValueError(text)
        return self.words[text]

    def show(self, value: object) -> str:
        return next(word for word, each in self.words.items() if each == value)


@dataclass(frozen=True, slots=True)
class Subset:
    """Any of these members, with commas between; "none" for no member."""

    members: type[Enum]

    @property
    def allowed(self) -> str:
        return f"none or some of {', '.join(each.value for each in self.members)}"

    def parse(self, text: str) -> object:
        if text == "none":
            return frozenset[Enum]()
        return frozenset(self.members(word) for word in text.split(","))

    def show(self, value: object) -> str:
        assert isinstance(value, frozenset)
        words = [each.value for each in self.members if each in value]
        return ",".join(words) or "none"


@dataclass(frozen=True, slots=True)
class Whole:
    """Whole numbers in a range, in decimal or as Python writes them."""

    low: int
    high: int
    unit: str = ""

    @property
    def allowed(self) -> str:
        return f"{self.low} to {self.high} {self.unit}".rstrip()

    def parse(self, text: str) -> object:
        value = int(text, 0)
        if not self.low <= value <= self.high:
            raise ValueError(text)
        return value

    def show(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Number:
    """Numbers in a range, usually seconds."""

    low: float
    high: float
    unit: str = "s"

    @property
    def allowed(self) -> str:
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()

    def parse(self, text: str) -> object:
        value = float(text)
        if not math.isfinite(value) or not self.low <= value <= self.high:
            raise ValueError(text)
        return value

    def show(self, value: object) -> str:
        assert isinstance(value, int | float)
        return f"{value:g}"


@dataclass(frozen=True, slots=True)
class Hex:
    """So many bytes in hexadecimal; or "model": as the radio's model has it."""

    size: int

    @property
    def allowed(self) -> str:
        return f"model, or {self.size} bytes in hexadecimal"

    def parse(self, text: str) -> object:
        value = None if text == "model" else bytes.fromhex(text)
        if value is not None and len(value) != self.size:
            raise ValueError(text)
        return value

    def show(self, value: object) -> str:
        assert value is None or isinstance(value, bytes)
        return "model" if value is None else value.hex()


@dataclass(frozen=True, slots=True)
class Name:
    """A short text in ASCII, or the word "model"."""

    size_max: int

    @property
    def allowed(self) -> str:
        return f"model, or up to {self.size_max} ASCII characters"

    def parse(self, text: str) -> object:
        if text == "model":
            return None
        if not 0 < len(text) <= self.size_max or not text.isprintable():
            raise ValueError(text)
        return text.encode("ascii")

    def show(self, value: object) -> str:
        assert value is None or isinstance(value, bytes)
        return "model" if value is None else value.decode("ascii")


SWITCH = Choices({"off": False, "on": True})


def members(of: type[Enum]) -> Choices:
    """The members of an enum whose values are words."""
    return Choices({each.value: each for each in of})


@dataclass(frozen=True, slots=True)
class Knob:
    """One named behaviour. `default` is that of an IC-7610."""

    name: str
    values: Values
    default: object
    source: str
    fidelity: Fidelity
    text: str

    def parse(self, text: str) -> object:
        """The value with this text; DialectError if there is none."""
        try:
            return self.values.parse(text)
        except ValueError:
            raise DialectError(
                f"knob {self.name} cannot be {text!r}: allowed are"
                f" {self.values.allowed}"
            ) from None

    def show(self, value: object) -> str:
        """The text of a value, as `parse` takes it."""
        return self.values.show(value)
