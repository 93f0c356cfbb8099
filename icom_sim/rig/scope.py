"""The spectrum scope: when a sweep is due, what range it shows, and where it goes.

Sweeps run while the radio is on and some port has its data output on. They stop in
hold, in standby, and while transmitting unless 27 1B lets them go on (spec CIV.md 5.5,
7.4, 7.5). The output is lost with the session that switched it on (5.1).
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from icom_sim.air.signals import Signal, Spectrum
from icom_sim.rig import front_end, meters
from icom_sim.rig.models import Band
from icom_sim.rig.passband import passband
from icom_sim.rig.ports import Port
from icom_sim.rig.power import PowerState
from icom_sim.rig.receiver import VfoRecord
from icom_sim.rig.scope_frames import Sweep, divided_frames, single_frame
from icom_sim.rig.scope_settings import (
    ATTENUATOR,
    DISPLAY,
    DUAL,
    DURING_TX,
    EDGE,
    HOLD,
    SELECTED,
    SPEED,
    VIDEO_BANDWIDTH,
    ScopeKnobs,
    ScopeMode,
)
from icom_sim.rig.scope_trace import Display, Trace
from icom_sim.rig.state import RigState

# FAST, MID and SLOW (5.5; an IC-7300MK2 was seen at 30, an IC-7760 at 7.7).
SWEEPS_PER_S = (30, 15, 7)
# guess: what the whole of the RF gain knob is.
_RF_GAIN_DB = 60
_RF_GAIN = 0x02
_LEVEL_MAX = 255
# guess: how strong the own transmitter is at full power.
_OWN_DBM = -30.0


@dataclass(frozen=True, slots=True)
class ScopeOutput:
    """The body of a frame, the port it leaves by, and the controller it is for."""

    port: Port
    controller: int
    body: bytes


class Scope:
    """One or two scopes that watch a rig. Draws what `spectrum` says is on the air.

    Without a spectrum each receiver's passband is filled with what its S-meter shows.
    `divided` says which ports get a sweep in pieces; `pixels` can be another number
    than the model's.
    """

    def __init__(self, state: RigState, rng: random.Random) -> None:
        self.spectrum: Spectrum | None = None
        self.divided = {Port.LAN: False, Port.USB: True}
        self.pixels = state.model.scope.pixels
        self._state = state
        self._settings = state.scope
        self._trace = Trace(rng)
        self._swept_at = [0.0 for _ in state.receivers]
        self._scrolled: dict[int, Band] = {}

    def take(self, now: float) -> list[ScopeOutput]:
        """The frames of the sweeps that are due, one sweep of a scope at most."""
        if self._state.power.state is not PowerState.ON:
            self._settings.outputs.clear()
        outputs: list[ScopeOutput] = []
        for index in self._running():
            due, pause = self._due(index), self._pause(index)
            if due > now:
                continue
            # On time, or if that was missed, from now on: no sweep is made up for.
            self._swept_at[index] = due if due + pause > now else now
            outputs += self._frames(self._sweep(index, now))
        return outputs

    def stop(self, port: Port) -> None:
        """The session is gone, or the port was closed."""
        self._settings.outputs.pop(port, None)

    def next_timeout(self) -> float | None:
        return min(map(self._due, self._running()), default=None)

    # when

    def _running(self) -> list[int]:
        """The scopes that sweep now."""
        state, settings = self._state, self._settings
        if (
            not settings.outputs
            or not settings.registers[DISPLAY]
            or state.power.state is not PowerState.ON
            or (state.transmitting and not settings.registers[DURING_TX])
        ):
            return []
        return [i for i in self._shown() if not settings.knobs[i].registers[HOLD]]

    def _shown(self) -> range:
        if self._settings.registers[DUAL]:
            return range(len(self._settings.knobs))
        selected = self._settings.registers[SELECTED]
        return range(selected, selected + 1)

    def _due(self, index: int) -> float:
        return self._swept_at[index] + self._pause(index)

    def _pause(self, index: int) -> float:
        rate = SWEEPS_PER_S[self._settings.knobs[index].registers[SPEED]]
        return len(self._shown()) / rate

    # what

    def _frames(self, sweep: Sweep) -> list[ScopeOutput]:
        return [
            ScopeOutput(port, controller, body)
            for port, controller in self._settings.outputs.items()
            for body in (
                divided_frames(sweep) if self.divided[port] else [single_frame(sweep)]
            )
        ]

    def _sweep(self, index: int, now: float) -> Sweep:
        knobs = self._settings.knobs[index]
        dial = self._dial(index)
        shown = self._range(index, knobs, dial)
        header = (shown.low_hz, shown.high_hz)
        if knobs.mode is ScopeMode.CENTER:
            header = (dial, knobs.span_hz)
        pixels = self._draw(index, shown, now) if shown.holds(dial) else None
        return Sweep(index, knobs.mode, header, pixels)

    def _dial(self, index: int) -> int:
        if index == 0 and self._state.transmitting:
            return self._state.transmit_frequency_hz
        return self._state.receivers[index].vfo.frequency_hz

    def _range(self, index: int, knobs: ScopeKnobs, dial: int) -> Band:
        """What is displayed. Scroll modes stand still until the dial leaves."""
        match knobs.mode:
            case ScopeMode.CENTER | ScopeMode.SCROLL_CENTER:
                home = Band(dial - knobs.span_hz, dial + knobs.span_hz)
            case _:
                home = self._settings.edges_at(dial, knobs.registers[EDGE])
        if knobs.mode in (ScopeMode.CENTER, ScopeMode.FIXED):
            self._scrolled.pop(index, None)
            return home
        width = home.high_hz - home.low_hz
        kept = self._scrolled.get(index, home)
        if kept.high_hz - kept.low_hz != width:
            kept = home
        if not kept.holds(dial):
            # guess: it comes back in the middle.
            kept = Band(dial - width // 2, dial - width // 2 + width)
        self._scrolled[index] = kept
        return kept

    def _draw(self, index: int, shown: Band, now: float) -> bytes:
        facts, knobs = self._state.model.scope, self._settings.knobs[index]
        display = Display(
            low_hz=shown.low_hz,
            high_hz=shown.high_hz,
            pixels=self.pixels,
            amplitude_max=facts.amplitude_max,
            gain_db=self._gain_db(index, knobs),
            smooth=not knobs.registers[VIDEO_BANDWIDTH],
        )
        return self._trace.draw(display, self._signals(shown, now))

    def _gain_db(self, index: int, knobs: ScopeKnobs) -> float:
        """Reference level and front end move the trace (5.5)."""
        receiver = self._state.receivers[index]
        turned_down = 1 - receiver.levels[_RF_GAIN] / _LEVEL_MAX
        return (
            knobs.reference_tenths_db / 10
            + front_end.gain_db(receiver)
            - knobs.registers[ATTENUATOR]
            - _RF_GAIN_DB * turned_down
        )

    def _signals(self, shown: Band, now: float) -> Sequence[Signal]:
        state = self._state
        if state.transmitting:
            power = meters.output_fraction(state, now)
            if power <= 0:
                return ()
            dbm = _OWN_DBM + 10 * math.log10(power)
            return (_filled(state.transmit_vfo, state.transmit_frequency_hz, dbm),)
        if self.spectrum is not None:
            return self.spectrum(max(0, shown.low_hz), shown.high_hz, now)
        return [
            _filled(each.vfo, each.vfo.frequency_hz, each.received_dbm)
            for each in state.receivers
        ]


def _filled(vfo: VfoRecord, hz: int, dbm: float) -> Signal:
    """A signal as wide as the passband."""
    band = passband(vfo, hz)
    width = band.high_hz - band.low_hz
    return Signal(band.low_hz + width // 2, width, dbm)
