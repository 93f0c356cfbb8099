"""A scenario on real UDP, against a client that is started, or whoever connects."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from math import inf

from icom_proto.codes import Stream
from icom_sim.captures.pcap_writer import PcapWriter
from icom_sim.event_log import EventLog, Fields, describe
from icom_sim.happenings import Happening
from icom_sim.network import Direction
from icom_sim.radio_server import LOOPBACK, RadioServer
from icom_sim.rig.catalogue import MODELS
from icom_sim.scenarios.client_actions import (
    CLIENT_ACTIONS,
    KILL,
    START,
    client_number,
)
from icom_sim.scenarios.client_process import ClientProcess, filled
from icom_sim.scenarios.engine import ScenarioRun, open_radio
from icom_sim.scenarios.model import Scenario
from icom_sim.scenarios.radio import radio_setup, rig_state
from icom_sim.scenarios.verdict import Verdict
from icom_sim.scenarios.vocabulary import CLIENT_EXITED, CLIENT_STARTED

# What has arrived when a client has ended is still to be read.
SETTLE_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """How a scenario is run. Without `client`, it begins when somebody calls."""

    client: list[str] | None = None
    host: str = LOOPBACK
    port: int = 0
    civ_port: int | None = None
    audio_port: int | None = None
    tell: Callable[[str], None] | None = None  # lines for people
    make_log: Callable[[float], EventLog] | None = None  # of all that happens
    capture: PcapWriter | None = None


@dataclass(frozen=True, slots=True)
class LiveResult:
    """The verdict, and the last words of the client."""

    verdict: Verdict
    client_output: str


class LiveRun:
    """One run; `run` gives the verdict."""

    def __init__(self, scenario: Scenario, options: LiveOptions) -> None:
        self._scenario, self._options = scenario, options
        self._run: ScenarioRun | None = None
        self._log: EventLog | None = None
        self._clients: list[ClientProcess] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._wake = asyncio.Event()
        self._is_over = False
        self._server = RadioServer(
            radio_setup(scenario),
            listener=self._on_happening,
            witness=self._on_datagram,
            host=options.host,
            port=options.port,
            civ_port=options.civ_port,
            audio_port=options.audio_port,
            capture=options.capture,
        )

    async def run(self, ended: asyncio.Event | None = None) -> LiveResult:
        """To the end, or until the event is set.

        Raises PortError, and ClientError if the client cannot be started.
        """
        loop = asyncio.get_running_loop()
        async with self._server:
            try:
                open_radio(self._scenario, self._perform, loop.time())
                self._tell_where()
                if self._options.client is None:
                    await self._wait_for(self._wake.wait(), ended)
                self._begin(loop.time())
                if self._options.client is not None:
                    await self._start_client()
                await self._until_ending(ended)
                await asyncio.gather(*self._tasks)
                await self._end_clients(ended)
                verdict = self._finish(loop.time())
            finally:
                self._is_over = True
                printed = [await client.close() for client in self._clients]
        return LiveResult(verdict, "".join(printed))

    # inside: the course of it

    def _begin(self, now: float) -> None:
        self._run = ScenarioRun(self._scenario, self._perform, now)
        if self._options.make_log is not None:
            self._log = self._options.make_log(now)
        self._run.handle_timeout(now)

    async def _until_ending(self, ended: asyncio.Event | None) -> None:
        loop, run = asyncio.get_running_loop(), self._run
        assert run is not None
        while not run.is_ending and not (ended is not None and ended.is_set()):
            self._wake.clear()
            due = run.next_timeout()
            wait_s = inf if due is None else due - loop.time()
            if wait_s > 0:
                await self._wait_for(self._wake.wait(), ended, wait_s)
            run.handle_timeout(loop.time())
        if not run.is_ending:
            self._fail("the run goes on to its end", "it was interrupted")

    async def _wait_for(
        self,
        something: Coroutine[None, None, bool],
        ended: asyncio.Event | None,
        within_s: float = inf,
    ) -> None:
        tasks = [asyncio.ensure_future(something)]
        if ended is not None:
            tasks.append(asyncio.ensure_future(ended.wait()))
        timeout = None if within_s == inf else within_s
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    async def _end_clients(self, ended: asyncio.Event | None) -> None:
        grace_s = self._scenario.grace
        told_to_end = ended is not None and ended.is_set()
        if self._options.client is None and not told_to_end:
            self._tell(f"the time is over: end your client within {grace_s:g} s")
            await self._wait_for(_never(), ended, grace_s)
        for client in self._clients:
            client.send(signal.SIGTERM)
        for client in self._clients:
            if not await client.ended(grace_s):
                self._fail("the client ends when told to", "killed after the grace")
                client.send(signal.SIGKILL)
        await asyncio.sleep(SETTLE_S)

    def _finish(self, now: float) -> Verdict:
        assert self._run is not None
        rig = self._server.touch(rig_state)
        return self._run.finish(self._server.summary(), rig, now)

    # inside: clients

    async def _start_client(self) -> None:
        assert self._options.client is not None
        values = self._values()
        number = len(self._clients) + 1
        client = ClientProcess(lambda status: self._on_exit(number, status))
        self._clients.append(client)
        environment = {f"ICOM_{name.upper()}": value for name, value in values.items()}
        await client.start(filled(self._options.client, values), environment)
        self._on_event(CLIENT_STARTED, {"number": number})

    def _values(self) -> dict[str, str]:
        """What a client is told: placeholders, and in capitals the environment."""
        scenario, server = self._scenario, self._server
        return {
            "host": self._options.host,
            "port": str(server.control_port),
            "civ_port": str(server.civ_port),
            "audio_port": str(server.audio_port),
            "user": scenario.username,
            "pass": scenario.password,
            "model": scenario.model,
            "civ_address": f"0x{MODELS[scenario.model].civ_address:02X}",
            "scenario": scenario.name,
            "task": scenario.task,
        }

    def _on_exit(self, number: int, status: int) -> None:
        run = self._run
        if run is None or self._is_over:
            return
        self._on_event(CLIENT_EXITED, {"number": number, "status": status})
        if status < 0 and -status not in (signal.SIGTERM, signal.SIGKILL):
            self._fail("the client does not crash", f"ended by signal {-status}")

    # inside: what happens

    def _on_happening(self, happening: Happening, now: float) -> None:
        told = describe(happening)
        if told is not None and self._run is not None:
            self._note(*told, now)

    def _on_event(self, name: str, fields: Fields) -> None:
        self._note(name, fields, asyncio.get_running_loop().time())

    def _note(self, name: str, fields: Fields, now: float) -> None:
        assert self._run is not None
        if self._log is not None:
            self._log.tell(name, fields, now)
        self._run.handle_event(name, fields, now)
        self._wake.set()

    def _on_datagram(
        self, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> None:
        if self._run is not None:
            self._run.handle_datagram(direction, stream, data, now)
        self._wake.set()

    def _perform(
        self, name: str, arguments: Mapping[str, object], _now: float
    ) -> object:
        if name not in CLIENT_ACTIONS:
            return self._server.perform(name, arguments)
        number = client_number(name, arguments)
        if self._options.client is None:
            self._tell(f"do it now: {CLIENT_ACTIONS[name]}")
        elif name == START:
            self._tasks.append(asyncio.ensure_future(self._start_client()))
        elif number <= len(self._clients):
            end = signal.SIGKILL if name == KILL else signal.SIGTERM
            self._clients[number - 1].send(end)
        return None

    def _fail(self, expected: str, told: str) -> None:
        assert self._run is not None
        self._run.fail(expected, told, asyncio.get_running_loop().time())

    # inside: words

    def _tell(self, line: str) -> None:
        if self._options.tell is not None:
            self._options.tell(line)

    def _tell_where(self) -> None:
        server, scenario = self._server, self._scenario
        where = (
            f"{scenario.model} on {self._options.host}: control {server.control_port},"
            f" CI-V {server.civ_port}, audio {server.audio_port}"
        )
        self._tell(f"{scenario.name}: {scenario.title} ({where}, seed {scenario.seed})")


async def _never() -> bool:
    return await asyncio.Event().wait()
