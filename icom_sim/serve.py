"""Fake radios that run until they are told to end: what `icom-sim serve` does."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass

from icom_proto.codes import Stream
from icom_sim.actions import ActionError
from icom_sim.captures.pcap_writer import PcapWriter
from icom_sim.control.addresses import ControlAddress
from icom_sim.control.server import ControlServer
from icom_sim.event_log import EventLog, Fields, Style
from icom_sim.farm import RadioFarm
from icom_sim.happenings import Happening, Trouble
from icom_sim.network import Direction, Network
from icom_sim.radio_server import RadioServer, open_endpoints
from icom_sim.radio_setup import RadioSetup
from icom_sim.scenarios import Scenario
from icom_sim.scenarios.keeper import ScenarioKeeper
from icom_sim.tui.journal import Journal
from icom_sim.tx_recorder import RecordingError, TxRecorder
from icom_sim.until_told import LineOutput, end_signals, until


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What the command line asks for, checked."""

    setups: tuple[RadioSetup, ...]
    make_network: Callable[[RadioSetup], Network]
    host: str
    port: int
    civ_port: int | None
    audio_port: int | None
    save_tx: str | None
    save_air: str | None
    record: str | None
    duration_s: float | None
    style: Style
    control: ControlAddress | None = None
    scenario: Scenario | None = None
    civ_pty: bool = False
    tui: bool = False


def serve(options: ServeOptions) -> list[str]:
    """Run to the end; the troubles there were, each a line.

    Raises PortError, FileLimitError, ControlError, RecordingError and CaptureWriteError
    if it cannot begin.
    """
    if len(options.setups) == 1:
        # Not even an old file is emptied for a radio that cannot begin.
        ports = options.port, options.civ_port, options.audio_port
        for endpoint in open_endpoints(options.host, *ports).values():
            endpoint.close()
    with ExitStack() as files:
        recorder, air_recorder = (
            None if path is None else files.enter_context(TxRecorder(path))
            for path in (options.save_tx, options.save_air)
        )
        capture = None
        if options.record is not None:
            capture = files.enter_context(PcapWriter(options.record))
        troubles = asyncio.run(_Serving(options, recorder, air_recorder, capture).run())
        for each in (recorder, air_recorder):
            try:
                if each is not None:
                    each.close()
            except RecordingError as error:
                if str(error) not in troubles:
                    troubles.append(str(error))
    return troubles


class _Serving:
    """One run: radios, what they tell, and who gives them orders."""

    def __init__(
        self,
        options: ServeOptions,
        recorder: TxRecorder | None,
        air_recorder: TxRecorder | None,
        capture: PcapWriter | None,
    ) -> None:
        self._options = options
        self._recorder, self._air_recorder = recorder, air_recorder
        self._capture = capture
        self._radios: tuple[RadioServer, ...] = ()
        self._logs: list[EventLog] = []
        self._published: list[EventLog] = []
        self._control: ControlServer | None = None
        self._keeper: ScenarioKeeper | None = None
        self._troubles: list[str] = []
        self._journal = Journal() if options.tui else None

    async def run(self) -> list[str]:
        options, loop = self._options, asyncio.get_running_loop()
        ended, started_at = asyncio.Event(), loop.time()
        self._output = LineOutput(ended, self._troubles)
        # The view's journal is for people.
        style = Style.TEXT if options.tui else options.style
        numbers = [None] if len(options.setups) == 1 else range(len(options.setups))
        for number in numbers:
            self._logs.append(EventLog(self._write, style, started_at, number))
            self._published.append(
                EventLog(self._publish, Style.JSONL, started_at, number)
            )
        if options.scenario is not None:
            self._keeper = ScenarioKeeper(options.scenario, lambda: self._radios[0])
        async with AsyncExitStack() as stack:
            stack.enter_context(end_signals(ended))
            if options.control is not None:
                control = ControlServer(options.control, self._perform)
                self._control = await stack.enter_async_context(control)
            async with self._running():
                for at, radio in enumerate(self._radios):
                    self._tell(at, "listening", self._listening(at, radio))
                if self._keeper is not None:
                    self._keeper.open()
                with self._civ_port():
                    await self._until(ended)
                self._judge()
            for at, radio in enumerate(self._radios):
                self._tell_summary(at, radio)
        return self._troubles

    # inside

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        options = self._options
        if len(options.setups) > 1:
            farm = RadioFarm(
                options.setups,
                listener=self._listen,
                host=options.host,
                port=options.port,
                network=options.make_network,
            )
            async with farm:
                self._radios = farm.radios
                yield
            return
        (setup,) = options.setups
        server = RadioServer(
            setup,
            listener=lambda happening, now: self._listen(0, happening, now),
            host=options.host,
            port=options.port,
            civ_port=options.civ_port,
            audio_port=options.audio_port,
            network=options.make_network(setup),
            recorder=self._recorder,
            air_recorder=self._air_recorder,
            capture=self._capture,
            witness=self._witness if options.scenario is not None else None,
        )
        async with server:
            self._radios = (server,)
            yield

    async def _until(self, ended: asyncio.Event) -> None:
        options = self._options
        if self._journal is None:
            await until(ended, options.duration_s)
            return
        from icom_sim.tui.radio_view import ServedRadio
        from icom_sim.tui.view import run_view

        radio = ServedRadio(self._radios[0], options.host, options.setups[0].seed)
        try:
            await run_view(radio, self._journal, ended, options.duration_s)
        finally:
            self._journal = None  # the rest is for the terminal as it was

    def _write(self, line: str) -> None:
        if self._journal is not None:
            self._journal.note(line)
        else:
            self._output.write(line)

    def _civ_port(self) -> ExitStack:
        stack = ExitStack()
        if self._options.civ_pty:
            from icom_sim.pty_port import PtyPort  # not on Windows

            port = stack.enter_context(PtyPort(self._radios[0].touch))
            self._tell(0, "civ_pty", {"path": port.path})
        return stack

    def _listening(self, at: int, radio: RadioServer) -> dict[str, object]:
        setup = self._options.setups[at]
        return {
            "host": self._options.host,
            "control_port": radio.control_port,
            "civ_port": radio.civ_port,
            "audio_port": radio.audio_port,
            "model": setup.model.name,
            "seed": setup.seed,
        }

    def _judge(self) -> None:
        """The scenario's verdict, if there is one."""
        if self._keeper is None or self._options.scenario is None:
            return
        verdict = self._keeper.finish()
        if verdict is None:  # which is no pass: a test would never notice
            name = self._options.scenario.name
            self._troubles.append(f"scenario {name}: no client called")
            return
        told = verdict.to_dict()
        fields = {name: told[name] for name in told if name not in ("event", "t")}
        self._tell(0, "verdict", fields)
        failure = verdict.first_failure
        if failure is not None:
            self._troubles.append(
                f"scenario {verdict.scenario}: {failure.expected}: {failure.told}"
            )

    # inside: what happens

    def _listen(self, at: int, happening: Happening, now: float) -> None:
        if isinstance(happening, Trouble):
            self._troubles.append(happening.message)
        if self._keeper is not None:
            self._keeper.note_happening(happening, now)
        self._logs[at].listen(happening, now)
        if self._is_heard:
            self._published[at].listen(happening, now)

    def _witness(
        self, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> None:
        if self._keeper is not None:
            self._keeper.note_datagram(direction, stream, data, now)

    def _tell(self, at: int, event: str, fields: Fields) -> None:
        now = asyncio.get_running_loop().time()
        self._logs[at].tell(event, fields, now)
        if self._is_heard:
            self._published[at].tell(event, fields, now)

    def _tell_summary(self, at: int, radio: RadioServer) -> None:
        now = asyncio.get_running_loop().time()
        summary = radio.summary()
        self._logs[at].tell_summary(summary, now)
        if self._is_heard:
            self._published[at].tell_summary(summary, now)

    # inside: orders

    def _perform(self, action: str, arguments: Mapping[str, object]) -> object:
        """Of several radios the argument `radio` names one; the first, without it."""
        rest = dict(arguments)
        at = rest.pop("radio", 0) if len(self._radios) > 1 else 0
        numbers = {str(number): number for number in range(len(self._radios))}
        if str(at) not in numbers:
            raise ActionError(
                f"'radio' must be 0 to {len(self._radios) - 1}, not {json.dumps(at)}"
            )
        return self._radios[numbers[str(at)]].perform(action, rest)

    @property
    def _is_heard(self) -> bool:
        return self._control is not None and self._control.is_heard

    def _publish(self, line: str) -> None:
        assert self._control is not None
        self._control.publish(line)
