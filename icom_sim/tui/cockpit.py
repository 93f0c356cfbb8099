"""What a person at the view does and sees: keys in, lines out.

It knows neither the library that draws nor a clock, and keeps of the radio only what
the radio does not know: the step of the dial, and that PTT is held from here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from icom_sim.actions import ActionError
from icom_sim.dialects.presets import DIALECTS
from icom_sim.network.presets import PRESETS
from icom_sim.tui.chooser import Chooser
from icom_sim.tui.glyphs import Glyphs
from icom_sim.tui.help_page import help_page
from icom_sim.tui.journal import Journal
from icom_sim.tui.keys import (
    MEANINGS,
    NO_NETWORK,
    STEPS_HZ,
    Order,
    Panel,
    choose_audio,
    choose_dialect,
    choose_network,
)
from icom_sim.tui.radio_view import RadioView
from icom_sim.tui.rates import Rates
from icom_sim.tui.screen import Picture, event_rows, screen
from icom_sim.tui.text import Line, Look, Span

_MESSAGE_S: Final = 6.0
_STEP_AT_FIRST: Final = STEPS_HZ.index(1000)
_SOURCES: Final = ("tone:1000", "tone:700", "noise", "sweep", "silence")
QUIT_KEYS: Final = ("q", "ctrl+c")


class Cockpit:
    """One person at one radio. `started_at` is when the radio began."""

    def __init__(
        self, radio: RadioView, journal: Journal, glyphs: Glyphs, started_at: float
    ) -> None:
        self._radio, self._journal, self._glyphs = radio, journal, glyphs
        self._started_at = started_at
        self._rates = Rates()
        self._step_at = _STEP_AT_FIRST
        self._holds_ptt = False
        self._chatter = False
        self._back = 0
        self._page = 1
        self._message: Span | None = None
        self._message_until = 0.0
        self._chooser: Chooser | None = None
        self._shows_help = False

    def lines(self, width: int, height: int, now: float) -> list[Line]:
        """Exactly `height` lines of exactly `width` cells."""
        status = self._radio.status()
        self._rates.look(status, now)
        if not status["rig"]["transmitting"]:
            self._holds_ptt = False  # a time-out timer, or the radio was switched off
        if now >= self._message_until:
            self._message = None
        if self._shows_help:
            return help_page(width, height, self._glyphs)
        if self._chooser is not None:
            return self._chooser.lines(width, height, self._glyphs)
        picture = Picture(
            title=self._radio.title,
            status=status,
            rates=self._rates,
            journal=self._journal,
            uptime_s=now - self._started_at,
            step_hz=STEPS_HZ[self._step_at],
            back=self._back,
            chatter=self._chatter,
            message=self._message,
        )
        self._page = event_rows(picture, width, height, self._glyphs)
        return screen(picture, width, height, self._glyphs)

    def press(self, key: str, now: float) -> None:
        """Any key; those that mean nothing are told once."""
        if self._shows_help:
            self._shows_help = False
        elif self._chooser is not None:
            chooser, self._chooser = self._chooser, None
            self._choose(chooser, key, now)
        elif key in MEANINGS:
            status = self._radio.status()
            panel = Panel(status, STEPS_HZ[self._step_at], self._holds_ptt)
            self._carry_out(MEANINGS[key](panel), now)
        elif key in self._own:
            self._own[key](now)
        elif len(key) == 1:
            self._say(f"{key} means nothing here: ? shows all keys", Look.DIM, now)

    def release_ptt(self) -> None:
        """If it is held from here."""
        if self._holds_ptt:
            self._holds_ptt = False
            self._radio.perform("ptt", {"on": False})

    @property
    def keys(self) -> set[str]:
        """All that mean something, but for those that end the view."""
        return {*MEANINGS, *self._own}

    # inside

    @property
    def _own(self) -> Mapping[str, Callable[[float], None]]:
        return {
            "left": lambda _: self._turn_step(1),
            "right": lambda _: self._turn_step(-1),
            "pageup": lambda _: self._scroll(self._page),
            "pagedown": lambda _: self._scroll(-self._page),
            "e": lambda _: self._toggle_chatter(),
            "?": lambda _: self._show_help(),
            "n": lambda _: self._ask("Network", (NO_NETWORK, *PRESETS), choose_network),
            "a": lambda _: self._ask("What the radio hears", _SOURCES, choose_audio),
            "t": lambda _: self._ask("Behave as", tuple(DIALECTS), choose_dialect),
        }

    def _ask(
        self, title: str, names: Sequence[str], order: Callable[[str], Order]
    ) -> None:
        self._chooser = Chooser(title, names, order)

    def _choose(self, chooser: Chooser, key: str, now: float) -> None:
        order = chooser.press(key)
        if order is not None:
            self._carry_out([order], now)
        if chooser.is_open:
            self._chooser = chooser

    def _show_help(self) -> None:
        self._shows_help = True

    def _turn_step(self, by: int) -> None:
        self._step_at = min(len(STEPS_HZ) - 1, max(0, self._step_at + by))

    def _toggle_chatter(self) -> None:
        self._chatter, self._back = not self._chatter, 0

    def _scroll(self, by: int) -> None:
        furthest = self._journal.size(chatter=self._chatter) - self._page
        self._back = max(0, min(self._back + by, furthest))

    def _carry_out(self, orders: Sequence[Order], now: float) -> None:
        """Up to the first that the radio refuses, which says why."""
        for order in orders:
            try:
                self._radio.perform(order.action, order.arguments)
            except ActionError as error:
                self._say(str(error), Look.ALARM, now)
                return
            if order.action == "ptt":
                self._holds_ptt = order.arguments["on"] is True
            if order.said:
                self._say(order.said, Look.GOOD, now)

    def _say(self, text: str, look: Look, now: float) -> None:
        self._message, self._message_until = Span(text, look), now + _MESSAGE_S
