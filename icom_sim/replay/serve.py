"""`icom-sim replay --serve`: the replayed radio until it is told to end."""

import asyncio

from icom_sim.event_log import EventLog, Style
from icom_sim.replay.server import ReplayServer, ReplaySetup
from icom_sim.until_told import LineOutput, end_signals, until


async def serve(
    setup: ReplaySetup,
    *,
    host: str,
    port: int,
    duration_s: float | None,
    as_json: bool,
) -> None:
    """Raises PortError."""
    ended = asyncio.Event()
    output = LineOutput(ended, [])
    style = Style.JSONL if as_json else Style.TEXT
    log = EventLog(output.write, style, asyncio.get_running_loop().time())
    with end_signals(ended):
        async with ReplayServer(
            setup, listener=log.listen, host=host, port=port
        ) as server:
            script = setup.script
            log.tell(
                "listening",
                {
                    "host": host,
                    "control": server.control_port,
                    "civ": server.civ_port,
                    "audio": server.audio_port,
                    "requests": len(script.asked),
                    "rx": len(script.rx),
                    "rx_format": script.rx_format,
                },
                asyncio.get_running_loop().time(),
            )
            await until(ended, duration_s)
