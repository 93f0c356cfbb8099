"""A fake radio that runs until it is told to end: what `icom-sim serve` does."""

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass

from icom_sim.captures.pcap_writer import PcapWriter
from icom_sim.event_log import EventLog, Style
from icom_sim.happenings import Happening, Trouble
from icom_sim.network import Network
from icom_sim.radio_server import RadioServer, open_endpoints
from icom_sim.radio_setup import RadioSetup
from icom_sim.tx_recorder import RecordingError, TxRecorder
from icom_sim.until_told import LineOutput, end_signals, until


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What the command line asks for, checked."""

    setup: RadioSetup
    network: Network
    host: str
    port: int
    civ_port: int | None
    audio_port: int | None
    save_tx: str | None
    record: str | None
    duration_s: float | None
    style: Style


def serve(options: ServeOptions) -> list[str]:
    """Run to the end; the troubles there were, each a line.

    Raises PortError, RecordingError and CaptureError if it cannot begin.
    """
    # Not even an old file is emptied for a radio that cannot begin.
    ports = options.port, options.civ_port, options.audio_port
    for endpoint in open_endpoints(options.host, *ports).values():
        endpoint.close()
    with ExitStack() as files:
        recorder = capture = None
        if options.save_tx is not None:
            recorder = files.enter_context(TxRecorder(options.save_tx))
        if options.record is not None:
            capture = files.enter_context(PcapWriter(options.record))
        troubles = asyncio.run(_serve(options, recorder, capture))
        try:
            if recorder is not None:
                recorder.close()
        except RecordingError as error:
            if str(error) not in troubles:
                troubles.append(str(error))
    return troubles


async def _serve(
    options: ServeOptions, recorder: TxRecorder | None, capture: PcapWriter | None
) -> list[str]:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    troubles: list[str] = []
    log = EventLog(LineOutput(ended, troubles).write, options.style, loop.time())

    def listen(happening: Happening, now: float) -> None:
        if isinstance(happening, Trouble):
            troubles.append(happening.message)
        log.listen(happening, now)

    server = RadioServer(
        options.setup,
        listener=listen,
        host=options.host,
        port=options.port,
        civ_port=options.civ_port,
        audio_port=options.audio_port,
        network=options.network,
        recorder=recorder,
        capture=capture,
    )
    with end_signals(ended):
        async with server:
            log.tell("listening", _listening(options, server), loop.time())
            await until(ended, options.duration_s)
        log.tell_summary(server.summary(), loop.time())
    return troubles


def _listening(options: ServeOptions, server: RadioServer) -> dict[str, object]:
    return {
        "host": options.host,
        "control_port": server.control_port,
        "civ_port": server.civ_port,
        "audio_port": server.audio_port,
        "model": options.setup.model.name,
        "seed": options.setup.seed,
    }
