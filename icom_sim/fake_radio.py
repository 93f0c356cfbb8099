"""The fake radio: the core's radio role, a rig, its audio, and a network in between.

No sockets and no clock: it is a core like the one it holds, with the same methods, and
runs under the driver (`radio_server`) as well as in simulated time. What happens is
told to a listener while it happens; only what is to be sent is polled.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import TypeAlias, TypeVar

from icom_proto.audio_formats import format_of
from icom_proto.codes import CONNECTION_RADIO, CONNECTION_WFVIEW, Codec, Stream
from icom_proto.credentials import obscure
from icom_proto.errors import LocalProtocolError
from icom_proto.events import (
    Address,
    AudioLost,
    AudioReceived,
    CivFrameReceived,
    ClientAudioStarted,
    ClientAudioStopped,
    ClientGranted,
    ClientRefused,
    CloseReason,
    Output,
    PacketIgnored,
    Transmit,
)
from icom_proto.packets import RadioRecord
from icom_proto.radio_config import (
    RADIO_CODECS,
    RadioConfig,
    any_codec,
    mac_identity,
)
from icom_proto.radio_connection import RadioConnection
from icom_proto.radio_session import RadioSession
from icom_proto.session_dialect import SessionDialect
from icom_sim.audio_coder import OPUS_CODECS, OpusMissingError, load_opus
from icom_sim.audio_pacing import AudioFeed
from icom_sim.audio_source import AudioSourceError
from icom_sim.happenings import (
    CivHandled,
    CivPushed,
    Happening,
    PttChanged,
    Trouble,
)
from icom_sim.network import Network
from icom_sim.rig.catalogue import IC_7610
from icom_sim.rig.models import RigModel
from icom_sim.rig.rig import Rig
from icom_sim.summary_text import Summary
from icom_sim.tx_audio import Microphone
from icom_sim.tx_recorder import TxRecorder
from icom_sim.wire import Tap, Wire

# The first half of Icom's MAC addresses; the radio's own half comes from the seed.
_MAC_OF_ICOM = bytes.fromhex("0090C7")
# What a radio calls its connection; clients ask for Opus only where it is "WFVIEW",
# which is what wfview's server says.
CONNECTIONS = {each.decode(): each for each in (CONNECTION_RADIO, CONNECTION_WFVIEW)}

# What the summary tells of the counters of a link.
_RETRANSMIT = (
    *("requests_received", "resent", "fillers_sent"),
    *("requests_sent", "healed", "given_up"),
)

T = TypeVar("T")
Listener: TypeAlias = Callable[[Happening, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioSetup:
    """What kind of radio, who may use it, and what it hears."""

    model: RigModel = IC_7610
    username: str = "icom"
    password: str = field(default="icom", repr=False)
    audio: str = "tone:1000"
    connection: str = "FTTH"  # or "WFVIEW", which offers Opus
    refuse_stereo: bool = False
    stale_hold_s: float = 15.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises LocalProtocolError for credentials that no login could carry, and for
        a connection that no radio has."""
        obscure(self.username)
        obscure(self.password)
        if self.connection not in CONNECTIONS:
            raise LocalProtocolError(
                f"no radio calls its connection {self.connection!r}, only"
                f" {' or '.join(CONNECTIONS)}"
            )


def radio_config(
    setup: RadioSetup,
    civ_port: int,
    audio_port: int,
    can_code: Callable[[Codec], bool] = any_codec,
) -> RadioConfig:
    """The session's side of a model."""
    facts = setup.model.network
    connection = CONNECTIONS[setup.connection]
    codecs = (*RADIO_CODECS, *OPUS_CODECS)
    mono_only = setup.refuse_stereo
    mac = random.Random(f"{setup.seed}/mac").randbytes(3)
    return RadioConfig(
        username=setup.username,
        password=setup.password,
        record=RadioRecord(
            identity=mac_identity(_MAC_OF_ICOM + mac),
            name=setup.model.name.encode("ascii"),
            connection_type=facts.connection_type,
            civ_address=setup.model.civ_address,
            rx_rates=facts.rx_rates,
            tx_rates=facts.tx_rates,
            unknown_61=facts.unknown_61,
        ),
        civ_port=civ_port,
        audio_port=audio_port,
        rx_codecs=_kept(codecs, mono_only or not facts.stereo_rx),
        tx_codecs=_kept(codecs, mono_only),
        can_code=can_code,
        session=SessionDialect(
            connection=connection,
            login_byte_50=facts.login_reserved_50[0],
            conn_computer=facts.tells_who_is_connected,
            conn_ip=facts.tells_who_is_connected,
            stale_hold_s=setup.stale_hold_s,
        ),
    )


def _kept(codecs: tuple[Codec, ...], mono_only: bool) -> tuple[Codec, ...]:
    return tuple(
        codec for codec in codecs if not mono_only or format_of(codec).channels == 1
    )


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
        rng = random.Random(f"{setup.seed}/radio")
        config = radio_config(setup, civ_port, audio_port, self._can_code)
        self._radio = RadioConnection(config, rng=rng)
        self._rig = Rig(setup.model, rng=random.Random(f"{setup.seed}/rig"))
        self._wire = Wire(network, witness)
        self.outputs = self._wire.outputs  # to be sent now; drivers take from it
        self._listener = listener
        self._feed = AudioFeed(setup.audio, random.Random(f"{setup.seed}/audio"))
        self._microphone = Microphone(self._rig, recorder)
        self._owner: RadioSession | None = None
        self._opus_missing: str | None = None
        self._was_transmitting = False
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
        for flight in self._wire.land(now):
            stream, data, address = flight.stream, flight.data, flight.address
            self._radio.handle_datagram(stream, data, address, now)
        self._radio.handle_timeout(now)
        self._rig.handle_timeout(now)
        for block in self._feed.take(now):
            self._radio.send_audio(block, now)
        self._settle(now)

    # commands

    def touch(self, panel: Callable[[Rig], T], now: float) -> T:
        """Do something at the front panel: `touch(lambda rig: rig.turn_dial(hz))`."""
        result = panel(self._rig)
        while (frame := self._rig.poll_unsolicited()) is not None:
            self._radio.send_civ(frame, now)
            self._listener(CivPushed(frame), now)
        self._settle(now)
        return result

    def force_disconnect(self, now: float) -> None:
        """Take the streams from their owner and leave it logged in."""
        self._radio.force_disconnect(now)
        self._settle(now)

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
        radio, rig = self._radio.next_timeout(), self._rig.next_timeout()
        soonest = min(
            self._wire.next_timeout(),
            self._feed.next_timeout(),
            inf if radio is None else radio,
            inf if rig is None else rig,
        )
        return None if soonest == inf else soonest

    # questions

    @property
    def last_landing(self) -> float:
        """When the last datagram that is under way to a client arrives there."""
        return self._wire.last_landing

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
            "audio_blocks": {"sent": self._feed.blocks, "skipped": self._feed.skipped},
            "tx_datagrams": self._microphone.counts(),
            "ignored": ignored,
        }

    # inside

    def _settle(self, now: float) -> None:
        """Carry what the radio sends, react to what happened, tell what changed."""
        while (output := self._radio.poll_output()) is not None:
            if type(output) is Transmit:
                self._wire.send(output, now)
            else:
                self._on_event(output, now)
        owner = self._radio.owner
        if owner is not self._owner:
            if self._owner is not None:
                self._rig.release_ptt(now)
            self._owner = owner
        if self._rig.transmitting is not self._was_transmitting:
            self._was_transmitting = self._rig.transmitting
            self._listener(PttChanged(self._was_transmitting), now)

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
            case ClientAudioStarted():
                self._feed.start(now)
            case ClientAudioStopped():
                self._feed.stop()
            case PacketIgnored(stream=stream, why=why):
                self._ignored[stream.name.lower(), why.name.lower()] += 1
            case _:
                pass
        self._listener(event, now)

    def _on_frame(self, frame: bytes, now: float) -> None:
        """The echo leaves first, in a datagram of its own (PROTOCOL.md section 9)."""
        if self._rig.echoes(frame):
            self._radio.send_civ(frame, now)
        answers = self._rig.handle_frame(frame, now)
        for answer in answers:
            self._radio.send_civ(answer, now)
        self._listener(CivHandled(frame, tuple(answers)), now)

    def _on_granted(self, granted: ClientGranted, now: float) -> None:
        trouble = self._microphone.grant(granted.tx_codec, granted.tx_rate_hz)
        self._tell_trouble(trouble, now)
        try:
            self._feed.grant(granted.rx_codec, granted.rx_rate_hz)
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
