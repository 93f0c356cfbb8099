"""Textual's driver, with our `Terminal` in place of standard error."""

import asyncio
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
        self._terminal = Terminal(sys.__stderr__.fileno(), app.leave_soon)
        self._file = self._terminal  # type: ignore[assignment]

    @property
    def is_drawable(self) -> bool:
        """Whether the terminal has taken what was drawn last."""
        return self._terminal.is_idle

    async def stop_reading(self) -> None:
        """End the thread that reads keys, which else holds up the loop at the end."""
        if self._key_thread is not None:
            self.exit_event.set()
            await asyncio.to_thread(self._key_thread.join)
            self.exit_event.clear()  # or the driver takes it for closed

    def stop_application_mode(self) -> None:
        self._terminal.hurry()
        super().stop_application_mode()

    def suspend_application_mode(self) -> None:
        """By SIGTSTP, as `kill` or a job control sends it: the terminal stays ours."""
        self.stop_application_mode()
        self._end_writing()

    def close(self) -> None:
        if self._end_writing():
            self._terminal.close()

    def _end_writing(self) -> bool:
        """End the thread that writes, unless the terminal takes nothing."""
        is_settled = self._terminal.settles()
        if is_settled:
            super().close()
        return is_settled
