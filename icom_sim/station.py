"""The radio behind its ports: rig, receiver, transmitter, and how its dialect has them.

No protocol here: frames and audio of the owners come in, frames and blocks for them go
out. `FakeRadio` puts it behind the radio's side of the protocol.
"""

import random
from collections.abc import Iterator
from math import inf

from icom_proto.codes import Codec
from icom_proto.events import Address, ClientGranted
from icom_proto.radio_session import RadioSession
from icom_sim.air.airwaves import Airwaves
from icom_sim.air.reception import Reception
from icom_sim.air.tuning import Tuning
from icom_sim.audio_source import AudioSourceError
from icom_sim.civ_desk import CivDesk, Handled
from icom_sim.dialects.civ_quirks import CivQuirks
from icom_sim.dialects.dialect import Dialect
from icom_sim.dialects.rig_knobs import set_up_rig
from icom_sim.dialects.tx_quirks import TxQuirks
from icom_sim.modulator import Modulator
from icom_sim.radio_audio import Feeds
from icom_sim.radio_setup import RadioSetup
from icom_sim.rig import meters
from icom_sim.rig.modes import CW_MODES
from icom_sim.rig.rig import Rig
from icom_sim.sample_clock import SampleClock
from icom_sim.tx_audio import Microphone
from icom_sim.tx_recorder import TxRecorder
from icom_sim.tx_verdict import TxVerdict

_CW_PITCH = 0x09
# How often the S-meter looks at an air that others use.
_LOOK_S = 0.1
_NOT_FROM_LAN = "the MOD input of the rig is not the network"
_CARRIER = "the key or the tuner sends, and not audio"


class Station:
    """Everything of a fake radio that a client cannot see on the wire itself."""

    def __init__(
        self,
        setup: RadioSetup,
        *,
        airwaves: Airwaves | None = None,
        recorder: TxRecorder | None = None,
        air_recorder: TxRecorder | None = None,
    ) -> None:
        """Raises AudioSourceError for what no session could play."""
        dialect = setup.behaviour
        clock = SampleClock(setup.clock_ppm)
        self.rig = Rig(setup.model, rng=random.Random(f"{setup.seed}/rig"))
        self._quirks = CivQuirks(dialect.radio, random.Random(f"{setup.seed}/quirks"))
        self._desk = CivDesk(self.rig, self._quirks)
        self._tx_quirks = TxQuirks(dialect.radio)
        antenna = (airwaves or Airwaves()).connect(self._tuning)
        self._reception = Reception(setup.audio, antenna)
        self.feeds = Feeds(setup, self._reception, clock)
        self._modulator = Modulator(
            antenna, clock=clock, recorder=air_recorder, carrier=self._carrier
        )
        self._microphone = Microphone(self.rig, recorder, self._modulator)
        self._due = inf
        self._heard_dbm: float | None = None
        self._is_keyed = False
        # Only others change what is heard by themselves.
        self._look_at = 0.0 if setup.audio == "air" else inf
        self.rig.scope.spectrum = self._reception.spectrum
        self.feeds.set_ulaw(dialect.radio.ulaw)
        set_up_rig(self.rig, dialect, 0.0)
        self._listen(0.0)

    # CI-V

    def handle_frame(self, frame: bytes, now: float) -> Handled:
        """A frame of a client, and what comes of it."""
        self._listen(now)
        return self._desk.handle(frame, now)

    def poll_push(self, now: float) -> bytes | None:
        """The next frame that nobody asked for."""
        return self._desk.poll_push(now)

    def open_civ(self, now: float) -> None:
        """A client opened CI-V."""
        self._quirks.opened(now)

    def stall_civ(self, until: float) -> None:
        """Neither answer nor tell anything by CI-V before that time."""
        self._quirks.stall(until)

    # owners

    def grant(self, owner: RadioSession, granted: ClientGranted) -> Iterator[str]:
        """An owner has the streams. What it will not have, a line each."""
        self._quirks.granted()
        # Of several owners one has the transmitter: who only listens takes nothing.
        if granted.tx_codec is not Codec.NONE:
            self._tx_quirks.granted(granted.tx_buffer_ms)
            trouble = self._microphone.grant(
                granted.tx_codec, granted.tx_rate_hz, granted.tx_buffer_ms
            )
            if trouble is not None:
                yield trouble
        try:
            self.feeds.grant(owner, granted)
        except AudioSourceError as error:
            yield f"{error}; the client hears silence"

    def lose_owner(self, owners: tuple[RadioSession, ...], now: float) -> None:
        """Only these are left. Whoever keyed the rig may be gone."""
        self.rig.release_ptt(now)
        self.feeds.keep(owners)

    # audio

    def receive_audio(self, payload: bytes, now: float) -> str | None:
        """The next datagram of TX audio. Tells what goes wrong."""
        return self._microphone.receive(payload, now)

    def skip_audio(self, count: int) -> None:
        """So many datagrams of it are lost."""
        self._microphone.skip(count)

    def start_audio(self, address: Address, now: float) -> None:
        self.feeds.start(address, now)

    def stop_audio(self, address: Address) -> None:
        self.feeds.stop(address)

    def hear(self, source: str, now: float) -> None:
        """Hear something else from now on. Raises AudioSourceError."""
        self._reception.change(source, self.feeds.rates_hz)
        self._look_at = now if source == "air" else inf
        self.feeds.remake()
        self._listen(now)

    def receive_at(self, dbm: float, now: float) -> None:
        """The station that is heard is so strong."""
        self._reception.dbm = dbm
        self.feeds.remake()
        self._listen(now)

    # time

    def handle_timeout(self, now: float) -> None:
        """Let the rig do what is due; audio is `feeds.play`."""
        self.rig.handle_timeout(now)
        self._modulator.handle_timeout(now)
        if self._look_at <= now:
            self._look_at = now + _LOOK_S
            self._listen(now)

    def poll_trouble(self) -> str | None:
        """What people should know, once."""
        return self._modulator.poll_trouble() or self._reception.poll_notice()

    def settle(self, now: float) -> bool:
        """After every input: follow the rig. True if it began or ceased to transmit."""
        due = self.rig.next_timeout()
        changed = self.rig.transmitting is not self._is_keyed
        if changed:
            self._is_keyed = self.rig.transmitting
            if self._is_keyed:
                self._modulator.key(now, self._why_muted)
            else:
                self._modulator.unkey(now)
        rig_due = inf if due is None else due
        self._due = min(rig_due, self._modulator.next_timeout(), self._look_at)
        return changed

    def next_timeout(self) -> float:
        """When `handle_timeout` wants to be called."""
        return self._due

    def adopt(self, dialect: Dialect, before: Dialect, now: float) -> None:
        """Behave like this from now on."""
        self._quirks.dialect = self._tx_quirks.dialect = dialect.radio
        self.feeds.set_ulaw(dialect.radio.ulaw)
        set_up_rig(self.rig, dialect, now, before)

    # questions

    def tx_verdict(self) -> TxVerdict:
        """What would have been heard on the air."""
        return self._modulator.verdict()

    def tx_counts(self) -> dict[str, int]:
        """Datagrams of TX audio."""
        return self._microphone.counts()

    # inside

    def _listen(self, now: float) -> None:
        """The S-meter follows what is received, when that changes."""
        dbm = self._reception.received_dbm(now)
        if dbm != self._heard_dbm:
            self._heard_dbm = dbm
            for receiver in self.rig.state.receivers:
                receiver.received_dbm = dbm

    def _tuning(self) -> Tuning:
        state = self.rig.state
        hearing = state.hearing(state.selected_receiver)
        hz = state.transmit_frequency_hz
        return Tuning(
            frequency_hz=hearing.frequency_hz,
            mode=hearing.mode,
            low_hz=hearing.low_hz,
            high_hz=hearing.high_hz,
            transmit_hz=hz,
            transmit_mode=state.transmit_vfo.mode,
            power_w=state.model.full_power_w(hz) * meters.power_setting(state),
            cw_pitch_hz=_pitch_hz(state.levels.get(_CW_PITCH, 0x80)),
        )

    def _carrier(self, _now: float) -> bool | None:
        """What the tuner or the keyer sends; None where audio modulates."""
        state = self.rig.state
        if state.transmitter.tuning:
            return True
        if state.transmit_vfo.mode in CW_MODES:
            return state.transmitter.sending_cw
        return None

    @property
    def _why_muted(self) -> str:
        why = self._tx_quirks.why_muted
        if why is not None:
            return why
        state = self.rig.state
        if self._carrier(0.0) is not None:
            return _CARRIER
        from_lan = state.settings.modulates_from_lan(state.transmit_vfo.data)
        return "" if from_lan else _NOT_FROM_LAN


def _pitch_hz(raw: int) -> int:
    """300 to 900 Hz in steps of 5 (CIV.md 3.5)."""
    return 5 * round((300 + raw * 600 / 255) / 5)
