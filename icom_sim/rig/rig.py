"""The rig: CI-V frames in, CI-V frames out, and a front panel that can be touched.

It decides who is spoken to and whether the radio is awake (spec CIV.md 7.1), and
addresses the answer. What the commands do stands in the `commands_*` modules; to model
more of a radio, add one with a table of `HANDLERS` to `dispatch`.
"""

import random
from collections import deque

from icom_proto.civ_commands import is_read
from icom_proto.civ_frames import (
    BROADCAST,
    NG,
    OK,
    build_frame,
    frame_body,
    frame_source,
    frame_to,
    is_frame,
)
from icom_proto.civ_values import Mode, encode_frequency
from icom_sim.rig import modes
from icom_sim.rig.answers import Request
from icom_sim.rig.dispatch import answer_of
from icom_sim.rig.models import RigModel
from icom_sim.rig.ports import Port
from icom_sim.rig.power import PowerState
from icom_sim.rig.scope import Scope
from icom_sim.rig.state import RigState

_POWER_ON = b"\x18\x01"
_DIAL_LOCK = 0x50
# A dial that is spun makes 10 to 30 frames a second (7.5). Whoever does not fetch them
# for ten seconds loses the oldest.
_UNSOLICITED_MAX = 300


class Rig:
    """One radio, without network and without a clock."""

    def __init__(
        self, model: RigModel, *, rng: random.Random, civ_address: int | None = None
    ) -> None:
        self.state = RigState(model, rng)
        self.civ_address = model.civ_address if civ_address is None else civ_address
        self.scope = Scope(self.state, random.Random(rng.random()))
        self._unsolicited: dict[Port, deque[bytes]] = {
            port: deque(maxlen=_UNSOLICITED_MAX) for port in Port
        }

    # from the network

    def handle_frame(
        self, frame: bytes, now: float, port: Port = Port.LAN
    ) -> list[bytes]:
        """The answers to a controller's frame, in order; none if the radio is silent.

        Any bytes may come. The echo is not among the answers: see `echoes`.
        """
        self.handle_timeout(now)
        if not self._is_for_me(frame):
            return []
        body = frame_body(frame)
        if not self.is_on:
            if body == _POWER_ON and self.power_state is PowerState.STANDBY:
                self.state.power.switch_on(now)
            return []
        if frame_to(frame) == BROADCAST and not is_read(frame):
            return []
        controller = frame_source(frame)
        answer = answer_of(self.state, Request(body, None, port, controller, now))
        self.state.settle(now)
        return [build_frame(controller, self.civ_address, answer)] if answer else []

    def echoes(self, frame: bytes) -> bool:
        """Whether the network side sends this frame back before the answers (1.4)."""
        return self.is_on and self._is_for_me(frame)

    def handle_tx_audio(self, level: float, now: float) -> None:
        """The loudness of the audio that arrives from the network, 0 to 1."""
        self.handle_timeout(now)
        self.state.transmitter.hear(level, now)

    def release_ptt(self, now: float) -> None:
        """The session is gone: nothing stays on the air, whatever keyed it (7.4).

        Waveforms go nowhere until somebody asks for them again (5.1).
        """
        self.handle_timeout(now)
        self.state.transmitter.stop(now)
        self.state.settle(now)
        self.scope.stop(Port.LAN)

    # time

    def handle_timeout(self, now: float) -> None:
        """Let tuner, keyer, TX time-out and waking end, and the scope sweep."""
        self.state.advance(now)
        for each in self.scope.take(now):
            frame = build_frame(each.controller, self.civ_address, each.body)
            self._unsolicited[each.port].append(frame)

    def next_timeout(self) -> float | None:
        ends = (
            self.state.power.next_timeout(),
            self.state.transmitter.next_timeout(),
            self.scope.next_timeout(),
        )
        return min((at for at in ends if at is not None), default=None)

    # on the front panel

    def turn_dial(self, hz: int) -> bool:
        """False where the dial does not move: lock, end of the range, transmitting."""
        state = self.state
        moved = (
            self.is_on and not state.functions[_DIAL_LOCK] and state.tune(state.vfo, hz)
        )
        if moved:
            self._push(b"\x00" + encode_frequency(hz))
        return moved

    def press_mode(self, mode: Mode, filter_number: int) -> bool:
        """False where there is no such mode or filter, or while transmitting."""
        state = self.state
        possible = (
            self.is_on
            and filter_number in modes.FILTER_NUMBERS
            and state.may_set_mode(state.vfo, mode)
        )
        if possible:
            state.vfo.press_mode(mode, filter_number)
            self._push(bytes((0x01, mode, filter_number)))
        return possible

    def press_data(self, data: int) -> bool:
        """The DATA key. It is reported as a mode that looks like the one before."""
        vfo = self.state.vfo
        possible = (
            self.is_on
            and not self.transmitting
            and 0 <= data <= self.state.model.data_modes
            and (not data or modes.allows_data(vfo.mode))
        )
        if possible:
            vfo.set_mode(vfo.mode, data, vfo.filter_number)
            self._push(bytes((0x01, vfo.mode, vfo.filter_number)))
        return possible

    def front_panel_ptt(self, on: bool, now: float) -> bool:
        """The key of the microphone. False where the radio does not transmit."""
        self.handle_timeout(now)
        possible = not on or (self.is_on and self.state.may_transmit)
        if possible:
            self.state.transmitter.hold_panel_ptt(on, now)
            self.state.settle(now)
        return possible

    def standby(self, now: float) -> None:
        """As 18 00 does it: the network stays."""
        self._close(now, network_stays=True)

    def switch_off(self, now: float) -> None:
        """The network goes too, and only `wake` brings the radio back."""
        self._close(now, network_stays=False)

    def wake(self, now: float) -> None:
        """The power key: it takes some seconds until the radio answers."""
        self.handle_timeout(now)
        self.state.power.switch_on(now)

    # outputs

    @property
    def is_on(self) -> bool:
        return self.power_state is PowerState.ON

    @property
    def power_state(self) -> PowerState:
        return self.state.power.state

    @property
    def cw_text(self) -> str:
        """What the keyer has sent of the text that 17 gave it, as of the last input."""
        return self.state.cw.sent

    def poll_unsolicited(self, port: Port = Port.LAN) -> bytes | None:
        """The next frame nobody asked for: of the front panel, or of the scope."""
        waiting = self._unsolicited[port]
        return waiting.popleft() if waiting else None

    @property
    def transmitting(self) -> bool:
        """As of the last input; `next_timeout` says when it may end by itself."""
        return self.state.transmitting

    @property
    def s_meter_raw(self) -> int:
        """The signal on the selected receiver, 0 to 255, as if never transmitting."""
        return self.state.receiver(None).s_meter_raw

    @s_meter_raw.setter
    def s_meter_raw(self, raw: int) -> None:
        self.state.receiver(None).s_meter_raw = max(0, min(255, raw))

    # inside

    def _close(self, now: float, *, network_stays: bool) -> None:
        self.handle_timeout(now)
        self.state.close(now, network_stays=network_stays)
        self.state.settle(now)

    def _push(self, body: bytes) -> None:
        if self.state.settings.transceive:
            frame = build_frame(BROADCAST, self.civ_address, body)
            for waiting in self._unsolicited.values():
                waiting.append(frame)

    def _is_for_me(self, frame: bytes) -> bool:
        """Not for another radio, not an answer, and not the radio's own frame."""
        return (
            is_frame(frame)
            and frame_to(frame) in (self.civ_address, BROADCAST)
            and frame_source(frame) != self.civ_address
            and frame_body(frame) not in (OK, NG)
        )
