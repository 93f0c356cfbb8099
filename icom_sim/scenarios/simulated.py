"""A scenario in simulated time: the fake radio, and client programs without sockets.

Seconds take milliseconds, and the same seed gives the same verdict to the microsecond.
"""

from collections.abc import Callable, Mapping
from math import inf
from typing import Protocol

from icom_proto.events import Transmit
from icom_sim.actions import perform
from icom_sim.event_log import Fields, describe
from icom_sim.fake_radio import FakeRadio
from icom_sim.happenings import Happening
from icom_sim.network import Direction, Network
from icom_sim.scenarios.client_actions import (
    CLIENT_ACTIONS,
    KILL,
    START,
    client_number,
)
from icom_sim.scenarios.engine import ScenarioRun, open_radio
from icom_sim.scenarios.model import Scenario
from icom_sim.scenarios.radio import radio_setup, rig_state
from icom_sim.scenarios.verdict import Verdict
from icom_sim.scenarios.vocabulary import CLIENT_EXITED, CLIENT_STARTED

CIV_PORT, AUDIO_PORT = 50002, 50003
# Rounds of give and take at one moment: more is somebody who never has enough.
ROUNDS_MAX = 10_000


class Program(Protocol):
    """A client program. What it sends has its own address in `Transmit.address`."""

    @property
    def is_done(self) -> bool: ...
    def start(self, now: float) -> None: ...
    def stop(self, now: float) -> None: ...
    def handle_datagram(self, sent: Transmit, now: float) -> None: ...
    def handle_timeout(self, now: float) -> None: ...
    def next_timeout(self) -> float | None: ...
    def poll_output(self) -> Transmit | None: ...


# Makes the n-th client program, from 1.
MakeProgram = Callable[[int], Program]

# Told what happens, as `icom_sim.event_log` has it, with the time.
OnEvent = Callable[[str, Fields, float], None]
# Told each datagram that leaves a client or arrives at one; with the client's address.
OnDatagram = Callable[[Direction, Transmit, float], None]


class SimulatedRun:
    """One run of a scenario; `run` gives the verdict."""

    def __init__(
        self,
        scenario: Scenario,
        make_program: MakeProgram,
        *,
        on_event: OnEvent | None = None,
        on_datagram: OnDatagram | None = None,
    ) -> None:
        self.now = 0.0
        self._on_event, self._on_datagram = on_event, on_datagram
        self._make_program = make_program
        self._programs: dict[int, Program] = {}
        self._started = 0
        self._radio = FakeRadio(
            radio_setup(scenario),
            civ_port=CIV_PORT,
            audio_port=AUDIO_PORT,
            network=Network(seed=scenario.seed),
            listener=self._on_happening,
        )
        self._run = ScenarioRun(scenario, self._perform, 0.0)
        open_radio(scenario, self._perform, 0.0)

    def run(self, *, until_failed: bool = False) -> Verdict:
        """To the end, or until something has gone wrong."""
        scenario, run = self._run.scenario, self._run
        run.handle_timeout(0.0)
        self._start_program()
        while not run.is_ending and not (until_failed and run.has_failed):
            self._step(inf)
        for program in list(self._programs.values()):
            program.stop(self.now)
        end = self.now + scenario.grace
        while self._programs and self._step(end):
            pass
        rig = self._radio.touch(rig_state, self.now)
        return run.finish(self._radio.summary(), rig, self.now)

    # inside

    def _step(self, end: float) -> bool:
        """The next thing that is due; False if that is after the end."""
        self._drain()
        programs = self._programs.values()
        deadlines = [self._run.next_timeout(), self._radio.next_timeout()]
        deadlines += [program.next_timeout() for program in programs]
        at = min((each for each in deadlines if each is not None), default=inf)
        if at > end:
            self.now = end
            return False
        self.now = max(self.now, at)
        self._run.handle_timeout(self.now)
        self._radio.handle_timeout(self.now)
        for program in list(self._programs.values()):
            program.handle_timeout(self.now)
        self._drain()
        return True

    def _drain(self) -> None:
        """Carry what everybody wants sent, until nobody wants anything."""
        for _ in range(ROUNDS_MAX):
            busy = False
            for number, program in list(self._programs.items()):
                while (sent := program.poll_output()) is not None:
                    busy = True
                    self._send(sent)
                if program.is_done:
                    self._forget(number, 0)
            while (output := self._radio.poll_output()) is not None:
                busy = True
                assert isinstance(output, Transmit)
                self._deliver(output)
            if not busy:
                return
        raise AssertionError(f"time stands still at {self.now}")

    def _send(self, sent: Transmit) -> None:
        stream, data, address = sent
        assert address is not None
        self._witness(Direction.TO_RADIO, sent)
        self._radio.handle_datagram(stream, data, address, self.now)

    def _deliver(self, sent: Transmit) -> None:
        self._witness(Direction.TO_CLIENT, sent)
        for program in self._programs.values():
            program.handle_datagram(sent, self.now)

    def _witness(self, direction: Direction, sent: Transmit) -> None:
        if self._on_datagram is not None:
            self._on_datagram(direction, sent, self.now)
        self._run.handle_datagram(direction, sent.stream, sent.data, self.now)

    def _on_happening(self, happening: Happening, now: float) -> None:
        told = describe(happening)
        if told is not None:
            self._tell(*told, now)

    def _tell(self, name: str, fields: Fields, now: float) -> None:
        if self._on_event is not None:
            self._on_event(name, fields, now)
        self._run.handle_event(name, fields, now)

    def _perform(
        self, name: str, arguments: Mapping[str, object], now: float
    ) -> object:
        if name not in CLIENT_ACTIONS:
            return perform(self._radio, name, arguments, now)
        number = client_number(name, arguments)
        if name == START:
            self._start_program()
        elif name == KILL:
            self._forget(number, -9)
        elif number in self._programs:
            self._programs[number].stop(now)
        return None

    def _start_program(self) -> None:
        self._started += 1
        program = self._programs[self._started] = self._make_program(self._started)
        self._tell(CLIENT_STARTED, {"number": self._started}, self.now)
        program.start(self.now)

    def _forget(self, number: int, status: int) -> None:
        if self._programs.pop(number, None) is not None:
            told = {"number": number, "status": status}
            self._tell(CLIENT_EXITED, told, self.now)
