"""The view of a running radio, from here to the terminal and back out of it.

`check_terminal` imports it, before the radio runs.
"""

import asyncio
import os

from icom_sim.tui.app import PanelApp
from icom_sim.tui.cockpit import Cockpit
from icom_sim.tui.journal import Journal
from icom_sim.tui.radio_view import RadioView
from icom_sim.tui.terminal import glyphs_for, has_colours
from icom_sim.until_told import until


async def run_view(
    radio: RadioView,
    journal: Journal,
    ended: asyncio.Event,
    duration_s: float | None = None,
) -> None:
    """Until somebody quits, the event is set, or the time is over.

    However it ends, PTT is not held from here and the terminal is as it was. Ask
    `check_terminal` before.
    """
    clock = asyncio.get_running_loop().time
    colours = has_colours(os.environ)
    glyphs = glyphs_for(os.environ, colours=colours)
    cockpit = Cockpit(radio, journal, glyphs, clock())
    app = PanelApp(cockpit, clock=clock, colours=colours)

    async def watch() -> None:
        await until(ended, duration_s)
        await app.ready.wait()
        await app.leave()

    watching = asyncio.create_task(watch())
    try:
        await app.run_async(mouse=False)
    finally:
        watching.cancel()
        cockpit.release_ptt()
    if app.failure is not None:
        raise app.failure
    task = asyncio.current_task()
    if task is not None and task.cancelling():  # which textual swallows
        raise asyncio.CancelledError
