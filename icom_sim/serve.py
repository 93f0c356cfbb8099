"""A fake radio that runs until it is told to end: what `icom-sim serve` does."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import TextIOWrapper

from icom_sim.captures.pcap_writer import PcapWriter
from icom_sim.event_log import EventLog, Style
from icom_sim.fake_radio import RadioSetup
from icom_sim.happenings import Happening, Trouble
from icom_sim.network import Network
from icom_sim.radio_server import RadioServer, open_endpoints
from icom_sim.tx_recorder import RecordingError, TxRecorder

_HANGUP = getattr(signal, "SIGHUP", None)  # Windows has none
END_SIGNALS = [each for each in (signal.SIGINT, signal.SIGTERM, _HANGUP) if each]


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
    log = EventLog(_Output(ended, troubles).write, options.style, loop.time())

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
    with _signals(ended):
        async with server:
            log.tell("listening", _listening(options, server), loop.time())
            await _until(ended, options.duration_s)
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


async def _until(ended: asyncio.Event, duration_s: float | None) -> None:
    try:
        async with asyncio.timeout(duration_s):
            await ended.wait()
    except TimeoutError:
        pass


@contextmanager
def _signals(ended: asyncio.Event) -> Iterator[None]:
    """The end signals set the event, here and on loops without signal handlers."""
    loop = asyncio.get_running_loop()
    before = {each: signal.getsignal(each) for each in END_SIGNALS}
    if before.get(_HANGUP) is signal.SIG_IGN:  # nohup wants it so
        del before[_HANGUP]
    try:
        for each in before:
            signal.signal(each, lambda *_: loop.call_soon_threadsafe(ended.set))
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class _Output:
    """Standard output, a line at a time. When nobody takes it, it is time to end."""

    def __init__(self, ended: asyncio.Event, troubles: list[str]) -> None:
        self._ended, self._troubles = ended, troubles
        # A client's name that the terminal's character set lacks must not end us.
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")

    def write(self, line: str) -> None:
        if sys.stdout is None:  # closed by who started us (>&-): nobody is to know
            return
        try:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except OSError as error:
            # Else the interpreter complains when it flushes what is left.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if not isinstance(error, BrokenPipeError):
                self._troubles.append(f"cannot write events: {error.strerror}")
            self._ended.set()
