"""A dialect: session, links and what is behind them, each with its knobs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Final

from icom_proto.link_dialect import LinkDialect
from icom_proto.session_dialect import SessionDialect
from icom_sim.dialects.knobs import DialectError, Knob
from icom_sim.dialects.link_knobs import LINK_KNOBS
from icom_sim.dialects.radio_dialect import RadioDialect
from icom_sim.dialects.radio_knobs import RADIO_KNOBS
from icom_sim.dialects.session_knobs import SESSION_KNOBS

Part = SessionDialect | LinkDialect | RadioDialect

KNOBS: Final[Mapping[str, Knob]] = {
    knob.name: knob for knob in (*SESSION_KNOBS, *LINK_KNOBS, *RADIO_KNOBS)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a radio behaves in everything that radios are known to do differently."""

    session: SessionDialect = field(default_factory=SessionDialect)
    links: LinkDialect = field(default_factory=LinkDialect)
    radio: RadioDialect = field(default_factory=RadioDialect)

    def with_knob(self, name: str, text: str) -> "Dialect":
        """The same with one knob turned. Raises DialectError, one line."""
        knob = knob_named(name)
        value: dict[str, Any] = {name: knob.parse(text)}
        if knob in SESSION_KNOBS:
            return replace(self, session=replace(self.session, **value))
        if knob in LINK_KNOBS:
            return replace(self, links=replace(self.links, **value))
        return replace(self, radio=replace(self.radio, **value))

    def value_of(self, knob: Knob) -> object:
        """Where this knob stands."""
        parts: tuple[tuple[tuple[Knob, ...], Part], ...] = (
            (SESSION_KNOBS, self.session),
            (LINK_KNOBS, self.links),
            (RADIO_KNOBS, self.radio),
        )
        for knobs, part in parts:
            if knob in knobs:
                return getattr(part, knob.name)
        raise DialectError(f"unknown knob {knob.name!r}")

    def settings(self) -> dict[str, str]:
        """The text of all knobs that do not stand as an IC-7610 has them."""
        return {
            name: knob.show(value)
            for name, knob in KNOBS.items()
            if (value := self.value_of(knob)) != knob.default
        }


def knob_named(name: str) -> Knob:
    """The knob of this name. Raises DialectError, one line."""
    knob = KNOBS.get(name)
    if knob is None:
        raise DialectError(f"unknown knob {name!r}: {suggestion(name, KNOBS)}")
    return knob


def suggestion(name: str, words: Mapping[str, object]) -> str:
    """What could have been meant, or all that is allowed."""
    near = get_close_matches(name, words, n=3)
    if near:
        return f"did you mean {' or '.join(near)}? (icom-sim dialects lists all)"
    return f"allowed are {', '.join(words)}"
