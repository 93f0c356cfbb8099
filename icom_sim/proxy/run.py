"""A proxy that runs until it is told to end: what `icom-sim proxy` does."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field

from icom_proto.codes import Stream
from icom_proto.events import Address
from icom_sim.captures.pcap_writer import PcapWriter
from icom_sim.control.addresses import ControlAddress
from icom_sim.control.server import ControlServer
from icom_sim.event_log import EventLog, Fields, Style
from icom_sim.network import Network
from icom_sim.proxy import orders
from icom_sim.proxy.recording import Recording
from icom_sim.proxy.server import ProxyServer
from icom_sim.radio_server import open_endpoints
from icom_sim.until_told import LineOutput, end_signals, until


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyOptions:
    """What the command line asks for, checked."""

    radio: Address
    listen: Address
    network: Network
    seed: int
    record: str | None = None
    record_from: str | None = None
    before_s: float = 0.0
    duration_s: float | None = None
    style: Style = Style.TEXT
    control: ControlAddress | None = None


def run(options: ProxyOptions) -> list[str]:
    """Run to the end; the troubles there were, each a line.

    Raises PortError, ControlError and CaptureWriteError if it cannot begin.
    """
    # Not even an old file is emptied for a proxy that cannot begin.
    listen = options.listen
    for endpoint in open_endpoints(listen.host, listen.port, None, None).values():
        endpoint.close()
    with ExitStack() as files:
        capture = None
        if options.record is not None:
            capture = files.enter_context(PcapWriter(options.record))
        return asyncio.run(_Running(options, capture).run())


@dataclass(slots=True)
class _Running:
    """One run: what it tells, and who gives it orders."""

    options: ProxyOptions
    capture: PcapWriter | None
    troubles: list[str] = field(default_factory=list)
    logs: list[EventLog] = field(default_factory=list)
    control: ControlServer | None = None

    async def run(self) -> list[str]:
        options, loop = self.options, asyncio.get_running_loop()
        ended, started_at = asyncio.Event(), loop.time()
        output = LineOutput(ended, self.troubles)
        self.logs = [
            EventLog(output.write, options.style, started_at),
            EventLog(self._publish, Style.JSONL, started_at),
        ]
        recording = None
        if self.capture is not None:
            recording = Recording(
                self.capture,
                from_event=options.record_from,
                before_s=options.before_s,
                # One look at the clock: it may be set while we record.
                epoch=time.time() - started_at,
            )
        proxy = ProxyServer(
            options.radio,
            listener=self._tell,
            host=options.listen.host,
            port=options.listen.port,
            network=options.network,
            recording=recording,
        )
        async with AsyncExitStack() as stack:
            stack.enter_context(end_signals(ended))
            await stack.enter_async_context(proxy)
            if options.control is not None:

                def perform(order: str, arguments: Mapping[str, object]) -> object:
                    return proxy.apply(
                        lambda now: orders.perform(
                            proxy.network, proxy.recording, order, arguments, now
                        )
                    )

                control = ControlServer(options.control, perform)
                self.control = await stack.enter_async_context(control)
            self._tell("relaying", _relaying(options, proxy), loop.time())
            await until(ended, options.duration_s)
            recorded = 0 if recording is None else recording.recorded
            self._tell("relayed", {"recorded": recorded}, loop.time())
        summary = {"network": dict(options.network.summary())}
        if options.style is Style.JSONL:
            self._tell("summary", summary, loop.time())
        return self.troubles

    def _tell(self, event: str, fields: Fields, now: float) -> None:
        if event == "trouble":
            self.troubles.append(str(fields["message"]))
        log, published = self.logs
        log.tell(event, fields, now)
        if self.control is not None and self.control.is_heard:
            published.tell(event, fields, now)

    def _publish(self, line: str) -> None:
        assert self.control is not None
        self.control.publish(line)


def _relaying(options: ProxyOptions, proxy: ProxyServer) -> Fields:
    return {
        "host": options.listen.host,
        "control_port": proxy.address(Stream.CONTROL).port,
        "civ_port": proxy.address(Stream.CIV).port,
        "audio_port": proxy.address(Stream.AUDIO).port,
        "radio": f"{options.radio.host}:{options.radio.port}",
        "seed": options.seed,
    }
