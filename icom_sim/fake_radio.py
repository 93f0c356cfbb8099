"""The fake radio: the core's radio role, a rig, its audio, and a network in between.

No sockets and no clock: it is a core like the one it holds, with the same methods, and
runs under the driver (`radio_server`) as well as in simulated time. What happens is
told to a listener while it happens; only what is to be sent is polled.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import TypeAlias, TypeVar

from icom_proto.codes import Codec, Stream
from icom_proto.events import (
    Address,
    AudioLost,
    AudioReceived,
    CivFrameReceived,
    ClientAudioStarted,
    ClientAudioStopped,
    ClientCivOpened,
    ClientGranted,
    ClientRefused,
    CloseReason,
    Output,
    PacketIgnored,
    Transmit,
)
from icom_proto.radio_connection import RadioConnection
from icom_proto.radio_session import RadioSession
from icom_sim.audio_coder import OPUS_CODECS, OpusMissingError, load_opus
from icom_sim.audio_source import AudioSourceError
from icom_sim.civ_desk import CivDesk
from icom_sim.dialects.civ_quirks import CivQuirks
from icom_sim.dialects.dialect import Dialect
from icom_sim.happenings import CivPushed, Happening, PttChanged, Trouble
from icom_sim.network import Network
from icom_sim.radio_audio import Feeds
from icom_sim.radio_setup import RadioSetup, radio_config
from icom_sim.rig.power import PowerState
from icom_sim.rig.rig import Rig
from icom_sim.status import Status, status_of
from icom_sim.summary_text import Summary
from icom_sim.tx_audio import Microphone
from icom_sim.tx_recorder import TxRecorder
from icom_sim.wire import Tap, Wire

# What the summary tells of the counters of a link.
_RETRANSMIT = (
    *("requests_received", "resent", "fillers_sent"),
    *("requests_sent", "healed", "given_up"),
)

# Until somebody presses the power key. Infinity is a deadline that nobody set.
_FOR_EVER_S = 1e9

T = TypeVar("T")
Listener: TypeAlias = Callable[[Happening, float], None]


class FakeRadio:
    """One radio for any number of clients, behind one network."""

    def __init__(
        self,
        setup: RadioSetup,
        *,
        civ_port: int,
        audio_port: int,
        network: Network,
        listener: Listener,
        recorder: TxRecorder | None = None,
        witness: Tap | None = None,
    ) -> None:
        self.dialect = setup.behaviour
        self._config = radio_config(setup, civ_port, audio_port, self._can_code)
        self._radio = RadioConnection(
            self._config, rng=random.Random(f"{setup.seed}/radio")
        )
        self.rig = Rig(setup.model, rng=random.Random(f"{setup.seed}/rig"))
        self._quirks = CivQuirks(
            self.dialect.radio, random.Random(f"{setup.seed}/quirks")
        )
        self._desk = CivDesk(self.rig, self._quirks)
        self._wire = Wire(network, witness)
        self.outputs = self._wire.outputs  # to be sent now; drivers take from it
        self._listener = listener
        self._feeds = Feeds(setup)
        self._microphone = Microphone(self.rig, recorder)
        self._owners: tuple[RadioSession, ...] = ()
        self._rig_due = inf
        # One of many radios wakes for nothing else while it sends 50 blocks a second.
        self.waits_for_audio = False
        self._opus_missing: str | None = None
        self._was_transmitting = self._is_off = False
        self._ignored: Counter[tuple[str, str]] = Counter()

    # inputs

    def handle_datagram(
        self, stream: Stream, data: bytes, address: Address, now: float
    ) -> None:
        """A client sent this; what the network makes of it reaches the radio."""
        for copy, seen in self._wire.arriving(stream, data, address, now):
            self._radio.handle_datagram(stream, copy, seen, now)
        self._settle(now)

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        if now < self._due_beside_audio():
            self._play(now)  # alone, and that is nearly always: 50 times a second
            return
        for flight in self._wire.land(now):
            stream, data, address = flight.stream, flight.data, flight.address
            self._radio.handle_datagram(stream, data, address, now)
        self._radio.handle_timeout(now)
        self.rig.handle_timeout(now)
        self._play(now)
        self._settle(now)

    # commands

    def touch(self, panel: Callable[[Rig], T], now: float) -> T:
        """Do something at the front panel: `touch(lambda rig: rig.turn_dial(hz))`."""
        result = panel(self.rig)
        self._settle(now)
        return result

    def order(self, command: Callable[[RadioConnection], T], now: float) -> T:
        """Have the radio's side of the protocol do something, say goodbye or reboot."""
        result = command(self._radio)
        self._settle(now)
        return result

    def force_disconnect(self, now: float) -> None:
        """Take the streams from their owners and leave them logged in."""
        self.order(lambda radio: radio.force_disconnect(now), now)

    def adopt(self, dialect: Dialect, now: float) -> None:
        """Behave like this from now on; sessions and links stay."""
        self.dialect = dialect
        self._config = replace(
            self._config, session=dialect.session, links=dialect.links
        )
        self._quirks.dialect = dialect.radio
        self.order(lambda radio: radio.adopt(self._config, now), now)

    def stall_civ(self, until: float) -> None:
        """Neither answer nor tell anything by CI-V before that time."""
        self._quirks.stall(until)

    def hear(self, source: str, now: float) -> None:
        """Hear something else from now on. Raises AudioSourceError."""
        self._feeds.change(source, now)

    def receive_at(self, dbm: float, now: float) -> None:
        """The signal on the selected receiver is so strong."""

        def tune_in(rig: Rig) -> None:
            rig.state.receiver(None).received_dbm = dbm

        self.touch(tune_in, now)

    def close(self, now: float) -> None:
        """Say goodbye to everybody."""
        self._radio.close(now)
        self._settle(now)

    # outputs

    def poll_output(self) -> Output | None:
        """The next datagram that arrives at a client now: always a Transmit."""
        return self.outputs.popleft() if self.outputs else None

    def next_timeout(self) -> float | None:
        """When `handle_timeout` wants to be called."""
        soonest = self._feeds.next_timeout()
        if soonest == inf or not self.waits_for_audio:
            soonest = min(self._due_beside_audio(), soonest)
        return None if soonest == inf else soonest

    # questions

    @property
    def network(self) -> Network:
        """Where rules can be added and taken away."""
        return self._wire.network

    @property
    def last_landing(self) -> float:
        """When the last datagram that is under way to a client arrives there."""
        return self._wire.last_landing

    def status(self, now: float) -> Status:
        """How the radio stands, ready for JSON."""
        return status_of(self.rig, self._radio, self.network, self.dialect, now)

    def summary(self) -> Summary:
        """What happened so far, ready for JSON."""
        network = self._wire.network.summary()
        ignored: dict[str, dict[str, int]] = {}
        for (stream, why), times in sorted(self._ignored.items()):
            ignored.setdefault(stream, {})[why] = times
        return {
            "seed": network["seed"],
            "datagrams": {
                "to_client": network["to_client"],
                "to_radio": network["to_radio"],
            },
            "rules": network["rules"],
            "retransmit": {
                stream: {name: counts[name] for name in _RETRANSMIT}
                for stream, counts in self._radio.statistics().items()
            },
            "audio_blocks": self._feeds.counts(),
            "tx_datagrams": self._microphone.counts(),
            "ignored": ignored,
        }

    # inside

    def _due_beside_audio(self) -> float:
        return min(
            self._radio.deadlines.soonest(), self._rig_due, self._wire.next_timeout()
        )

    def _play(self, now: float) -> None:
        for owner, block in self._feeds.take(now):
            self._radio.send_audio(block, now, owner)
        self._drain(now)

    def _settle(self, now: float) -> None:
        """Carry what the radio sends, react to what happened, tell what changed."""
        self._drain(now)
        while (frame := self._desk.poll_push(now)) is not None:
            self._radio.send_civ(frame, now)
            self._listener(CivPushed(frame), now)
            self._drain(now)
        owners = self._radio.owners
        if owners != self._owners:
            if any(each not in owners for each in self._owners):
                self.rig.release_ptt(now)  # whoever keyed it may be gone
            self._owners = owners
            self._feeds.keep(owners)
        self._follow_power(now)
        if self.rig.transmitting is not self._was_transmitting:
            self._was_transmitting = self.rig.transmitting
            self._listener(PttChanged(self._was_transmitting), now)
        rig_due = self.rig.next_timeout()
        self._rig_due = inf if rig_due is None else rig_due

    def _follow_power(self, now: float) -> None:
        """Switched off, the radio is off the network too (CIV.md 6)."""
        is_off = self.rig.power_state is PowerState.OFF
        if is_off is not self._is_off:
            self._is_off = is_off
            self._radio.reboot(now + _FOR_EVER_S if is_off else now, now)
            self._drain(now)

    def _drain(self, now: float) -> None:
        while (output := self._radio.poll_output()) is not None:
            if type(output) is Transmit:
                self._wire.send(output, now)
            else:
                self._on_event(output, now)

    def _on_event(self, event: Output, now: float) -> None:
        match event:
            case CivFrameReceived(frame):
                self._on_frame(frame, now)
                return
            case AudioReceived(data=payload):
                self._tell_trouble(self._microphone.receive(payload, now), now)
            case AudioLost(count=count):
                self._microphone.skip(count)
            case ClientGranted():
                self._on_granted(event, now)
            case ClientRefused(reason=CloseReason.STREAMS_REFUSED):
                missing, self._opus_missing = self._opus_missing, None
                self._tell_trouble(missing, now)
            case ClientAudioStarted(address):
                self._feeds.start(address, now)
            case ClientAudioStopped(address):
                self._feeds.stop(address)
            case ClientCivOpened():
                self._quirks.opened(now)
            case PacketIgnored(stream=stream, why=why):
                self._ignored[stream.name.lower(), why.name.lower()] += 1
            case _:
                pass
        self._listener(event, now)

    def _on_frame(self, frame: bytes, now: float) -> None:
        handled = self._desk.handle(frame, now)
        for each in handled.frames:
            self._radio.send_civ(each, now)
        self._listener(handled.happening, now)

    def _on_granted(self, granted: ClientGranted, now: float) -> None:
        self._quirks.granted()
        trouble = self._microphone.grant(granted.tx_codec, granted.tx_rate_hz)
        self._tell_trouble(trouble, now)
        for owner in self._radio.owners:
            if owner.address == granted.address:
                try:
                    self._feeds.grant(owner, granted)
                except AudioSourceError as error:
                    self._tell_trouble(f"{error}; the client hears silence", now)

    def _can_code(self, codec: Codec) -> bool:
        """As a radio without Opus, where this machine has none."""
        if codec in OPUS_CODECS:
            try:
                load_opus()
            except OpusMissingError as error:
                self._opus_missing = f"{codec.name} is refused: {error}"
                return False
        return True

    def _tell_trouble(self, message: str | None, now: float) -> None:
        if message is not None:
            self._listener(Trouble(message), now)
