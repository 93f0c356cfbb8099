"""One of several names, by arrows or by a digit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from icom_sim.tui.glyphs import Glyphs
from icom_sim.tui.keys import Order
from icom_sim.tui.overlay import framed
from icom_sim.tui.text import Line, Look, Span

_DIGITS: Final = "123456789"


@dataclass(slots=True)
class Chooser:
    """`order` makes of a name what is to be done."""

    title: str
    names: Sequence[str]
    order: Callable[[str], Order]
    at: int = 0
    is_open: bool = True

    def press(self, key: str) -> Order | None:
        """What was chosen. All keys but the arrows close it."""
        self.is_open = key in ("up", "down")
        if self.is_open:
            self.at = (self.at + (1 if key == "down" else -1)) % len(self.names)
        elif key in tuple(_DIGITS[: len(self.names)]):
            return self.order(self.names[_DIGITS.index(key)])
        elif key == "enter":
            return self.order(self.names[self.at])
        return None

    def lines(self, width: int, height: int, glyphs: Glyphs) -> list[Line]:
        rows: list[Line] = []
        for at, name in enumerate(self.names):
            digit = _DIGITS[at] if at < len(_DIGITS) else " "
            mark = f"{glyphs.mark} " if at == self.at else "  "
            look = Look.STRONG if at == self.at else Look.PLAIN
            rows.append(
                [Span(mark, Look.GOOD), Span(f"{digit} ", Look.KEY), Span(name, look)]
            )
        below = "enter or its digit chooses, any other key goes back"
        return framed(self.title, rows, below, (width, height), glyphs)
