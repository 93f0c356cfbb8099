"""Textual's driver, with our `Terminal` in place of standard error."""

import sys
from typing import TYPE_CHECKING

from textual.drivers.linux_driver import LinuxDriver

from icom_sim.tui.terminal import Terminal

if TYPE_CHECKING:
    from icom_sim.tui.app import PanelApp


class PanelDriver(LinuxDriver):
    """Neither waits for a terminal that takes nothing nor dies of one that is gone."""

    def __init__(
        self,
        app: "PanelApp",
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        assert sys.__stderr__ is not None
        self._terminal = Terminal(sys.__stderr__, app.leave_soon)
        self._file = self._terminal  # type: ignore[assignment]
        app.is_drawable = lambda: self._terminal.is_idle

    def stop_application_mode(self) -> None:
        self._terminal.hurry()
        super().stop_application_mode()
