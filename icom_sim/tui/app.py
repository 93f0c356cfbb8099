"""The view as an application of textual: looks, keys, and a redraw now and then.

What is drawn is made elsewhere, as lines; here only lines that changed are drawn
again. Nothing of it is markup.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.filter import NoColor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from icom_sim.tui.cockpit import QUIT_KEYS, Cockpit
from icom_sim.tui.driver import PanelDriver
from icom_sim.tui.text import Line, Look, line_width

# Calm to look at, light over ssh, and seldom enough for the radio's audio.
REFRESH_S: Final = 0.2
# Nobody can see the lamp of a terminal that hangs, nor release the key.
PTT_UNSEEN_S: Final = 3.0
_LOOKS: Final = {
    Look.PLAIN: Style(),
    Look.DIM: Style(dim=True),
    Look.STRONG: Style(bold=True),
    Look.TITLE: Style(bold=True, color="cyan"),
    Look.KEY: Style(bold=True, color="cyan"),
    Look.GOOD: Style(color="green"),
    Look.WARN: Style(color="yellow"),
    Look.ALARM: Style(bold=True, color="red"),
    Look.LAMP: Style(bold=True, reverse=True, color="red"),
}


class Face(Widget):
    """The whole screen."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[Line] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Draw again what differs from before."""
        before, self._lines = self._lines, lines
        width = self.size.width
        changed = [
            Region(0, y, width, 1)
            for y, line in enumerate(lines)
            if y >= len(before) or line != before[y]
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else ()
        segments = [Segment(span.text, _LOOKS[span.look]) for span in line]
        strip = Strip(segments, line_width(line))
        return strip.adjust_cell_length(self.size.width)


class PanelApp(App[None]):
    """Runs until somebody quits, or `leave_soon` is called."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Face { width: 100%; height: 100%; }"
    BINDINGS = [  # noqa: RUF012  textual wants it so
        Binding(key, "quit", priority=True) for key in QUIT_KEYS[1:]
    ]

    def __init__(
        self, cockpit: Cockpit, *, clock: Callable[[], float], colours: bool
    ) -> None:
        super().__init__(driver_class=PanelDriver, ansi_color=True)
        if not colours and not self.no_color:  # NO_COLOR has done it
            self._filters.append(NoColor())
        self.ready = asyncio.Event()
        self.failure: Exception | None = None
        self._cockpit, self._clock = cockpit, clock
        self._face = Face()
        self._loop_of_radio = asyncio.get_running_loop()
        self._seen_at = clock()

    def compose(self) -> ComposeResult:
        yield self._face

    def on_mount(self) -> None:
        self.set_interval(REFRESH_S, self.redraw)
        self.ready.set()

    def on_resize(self) -> None:
        """Also when it goes on after a SIGTSTP, with nothing on the screen."""
        self._face.refresh()
        self.call_after_refresh(self.redraw)

    async def on_key(self, event: events.Key) -> None:
        key = event.character if event.is_printable and event.key != "space" else None
        key = key or event.key
        if key in QUIT_KEYS:
            await self.leave()
            return
        self._cockpit.press(key, self._clock())
        self.redraw()

    def redraw(self) -> None:
        """Unless the terminal has not even taken what was drawn last."""
        now = self._clock()
        driver = self._driver
        if isinstance(driver, PanelDriver) and not driver.is_drawable:
            if now - self._seen_at > PTT_UNSEEN_S:
                self._cockpit.release_ptt()
            return
        self._seen_at = now
        width, height = self.size
        self._face.show(self._cockpit.lines(width, height, now))

    async def action_quit(self) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Let the terminal be as it was, and the radio keep its pace meanwhile."""
        if isinstance(self._driver, PanelDriver):
            await self._driver.stop_reading()
        self.exit()

    def leave_soon(self) -> None:
        """From any thread."""
        asyncio.run_coroutine_threadsafe(self.leave(), self._loop_of_radio)

    # of textual

    def _handle_exception(self, error: Exception) -> None:
        """Leave the terminal first: who started the view raises it again."""
        self.failure = error
        super()._handle_exception(error)
        self._exit_renderables.clear()
