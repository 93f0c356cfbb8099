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
from typing import Final, TypeAlias, TypeVar

from icom_proto.codes import Stream
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
    TransmitBlock,
)
from icom_proto.radio_connection import RadioConnection
from icom_sim.air.airwaves import Airwaves
from icom_sim.audio_coder import CodecGate
from icom_sim.dialects.dialect import Dialect
from icom_sim.happenings import CivPushed, Happening, PttChanged, Trouble
from icom_sim.network import Direction, Network
from icom_sim.radio_setup import RadioSetup, radio_config
from icom_sim.rig.power import PowerState
from icom_sim.rig.rig import Rig
from icom_sim.station import Station
from icom_sim.status import Status, status_of
from icom_sim.steady_radio import Send, SendTo, SteadyRadio
from icom_sim.summary_text import Summary
from icom_sim.tx_recorder import TxRecorder
from icom_sim.tx_verdict import TxVerdict
from icom_sim.wire import Tap, Wire

# What the summary tells of the counters of a link.
_RETRANSMIT = (
    *("requests_received", "resent", "fillers_sent"),
    *("requests_sent", "healed", "given_up"),
)

# Until somebody presses the power key. Infinity is a deadline that nobody set.
_FOR_EVER_S = 1e9

# Bound here: each output is looked at.
_Transmit: Final = Transmit
_TransmitBlock: Final = TransmitBlock
_TO_RADIO: Final = Direction.TO_RADIO

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
        air_recorder: TxRecorder | None = None,
        airwaves: Airwaves | None = None,
        witness: Tap | None = None,
        joins_audio: bool = False,
    ) -> None:
        self.dialect = setup.behaviour
        self._codecs = CodecGate()
        config = radio_config(setup, civ_port, audio_port, self._codecs.can_code)
        self._config = replace(config, joins_audio=joins_audio)
        self._radio = RadioConnection(
            self._config, rng=random.Random(f"{setup.seed}/radio")
        )
        self._station = Station(
            setup, airwaves=airwaves, recorder=recorder, air_recorder=air_recorder
        )
        self._feeds = self._station.feeds
        self._wire = Wire(network, witness)
        self.outputs = self._wire.outputs  # to be sent now; drivers take from it
        self._listener = listener
        self._owners = self._radio.owners
        self._station_due: float = self._station.next_timeout()
        self._due_beside_audio: float = inf
        self._look_ahead()
        # One of many radios wakes for nothing else while it sends 50 blocks a second.
        self.waits_for_audio = False
        self._is_off = False
        self._ignored: Counter[tuple[str, str]] = Counter()

    # inputs

    def handle_datagram(
        self, stream: Stream, data: bytes, address: Address, now: float
    ) -> None:
        """A client sent this; what the network makes of it reaches the radio."""
        wire, radio = self._wire, self._radio
        if wire.is_open(_TO_RADIO, stream):
            radio.handle_datagram(stream, data, address, now)
        else:
            for copy, seen in wire.arriving(stream, data, address, now):
                radio.handle_datagram(stream, copy, seen, now)
        if self._drain(now):
            self._settle(now)
        self._look_ahead()

    def handle_timeout(self, now: float) -> None:
        """Do what is due."""
        if now < self._due_beside_audio:
            # Audio alone, and that is nearly always: 50 times a second.
            self._feeds.play(self._radio, now)
            if self._drain(now):
                self._settle(now)
        else:
            for flight in self._wire.land(now):
                stream, data, address = flight.stream, flight.data, flight.address
                self._radio.handle_datagram(stream, data, address, now)
            self._radio.handle_timeout(now)
            is_news = self._station_due <= now
            if is_news:
                self._station.handle_timeout(now)
            self._feeds.play(self._radio, now)
            if self._drain(now) or is_news:
                self._settle(now)
        self._look_ahead()

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

    def arrange(self, command: Callable[[Station], T], now: float) -> T:
        """Have something done behind the ports: another source, a stronger signal."""
        result = command(self._station)
        self._settle(now)
        return result

    def adopt(self, dialect: Dialect, now: float) -> None:
        """Behave like this from now on; sessions and links stay."""
        before, self.dialect = self.dialect, dialect
        self._config = replace(
            self._config, session=dialect.session, links=dialect.links
        )
        self._station.adopt(dialect, before, now)
        self.order(lambda radio: radio.adopt(self._config, now), now)

    def lend(self, send_to: SendTo, now: float) -> SteadyRadio | None:
        """Itself, as long as nothing happens but routine; None: something does.

        Until `resume` nobody may call it. `send_to` is asked for a way to the client on
        each stream; without all three nothing is lent.
        """
        feed = self._feeds.sole_ring()
        if feed is None or self._is_off or self.outputs or not self._wire.is_plain:
            return None
        assert self.waits_for_audio, "for what is lent all else waits for blocks"
        session = self._radio.lend(now)
        if session is None:
            return None
        sends = list[Send]()
        for stream, address in zip(Stream, session.addresses, strict=True):
            send = send_to(stream, address)
            if send is None:
                session.give_back(now, [])
                return None
            sends.append(send)
        network = self._wire.network
        return SteadyRadio(session, feed, network, sends, self._station_due, now)

    def resume(self, steady: SteadyRadio, now: float) -> None:
        """Take back what was lent."""
        steady.give_back(now)
        self._look_ahead()

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
            other = self._due_beside_audio
            soonest = other if other < soonest else soonest
        return None if soonest == inf else soonest

    # questions

    @property
    def rig(self) -> Rig:
        return self._station.rig

    def tx_verdict(self) -> TxVerdict:
        """What would have been heard on the air."""
        return self._station.tx_verdict()

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
            "audio_blocks": self._station.feeds.counts(),
            "tx_datagrams": self._station.tx_counts(),
            "tx": self.tx_verdict().to_dict(),
            "ignored": ignored,
        }

    # inside

    def _look_ahead(self) -> None:
        """When is there something to do beside audio? Whatever moves that ends here."""
        due, others = self._station_due, self._radio.deadlines.soonest()
        due = others if others < due else due
        flight = self._wire.next_timeout()
        self._due_beside_audio = flight if flight < due else due

    def _settle(self, now: float) -> None:
        """React to what happened, carry what that sends, tell what changed."""
        self._drain(now)
        while (frame := self._station.poll_push(now)) is not None:
            self._radio.send_civ(frame, now)
            self._listener(CivPushed(frame), now)
            self._drain(now)
        owners = self._radio.owners
        if owners != self._owners:
            if any(each not in owners for each in self._owners):
                self._station.lose_owner(owners, now)
            self._owners = owners
        self._follow_power(now)
        self._tell_trouble(self._station.poll_trouble(), now)
        if self._station.settle(now):
            self._listener(PttChanged(self.rig.transmitting), now)
        self._station_due = self._station.next_timeout()
        self._look_ahead()

    def _follow_power(self, now: float) -> None:
        """Switched off, the radio is off the network too (CIV.md 6)."""
        is_off = self.rig.power_state is PowerState.OFF
        if is_off is not self._is_off:
            self._is_off = is_off
            self._radio.reboot(now + _FOR_EVER_S if is_off else now, now)
            self._drain(now)

    def _drain(self, now: float) -> bool:
        """Carry what the radio sends and take what happened; True if it
        may have changed anything."""
        sent, wire = self._radio.outputs, self._wire
        # Streams can be given back without an event.
        is_news = self._radio.owners is not self._owners
        while sent:
            output = sent.popleft()
            if type(output) is _Transmit:
                wire.send(output, now)
            elif type(output) is _TransmitBlock:
                wire.send_block(output, now)
            else:
                # Of garbage there may be more than of anything else.
                is_news = is_news or type(output) is not PacketIgnored
                self._on_event(output, now)
        return is_news

    def _on_event(self, event: Output, now: float) -> None:
        match event:
            case CivFrameReceived(frame):
                handled = self._station.handle_frame(frame, now)
                for each in handled.frames:
                    self._radio.send_civ(each, now)
                self._listener(handled.happening, now)
                return
            case AudioReceived(data=payload):
                self._tell_trouble(self._station.receive_audio(payload, now), now)
            case AudioLost(count=count):
                self._station.skip_audio(count)
            case ClientGranted():
                self._on_granted(event, now)
            case ClientRefused(reason=CloseReason.STREAMS_REFUSED):
                self._tell_trouble(self._codecs.poll_missing(), now)
            case ClientAudioStarted(address):
                self._station.start_audio(address, now)
            case ClientAudioStopped(address):
                self._station.stop_audio(address)
            case ClientCivOpened():
                self._station.open_civ(now)
            case PacketIgnored(stream=stream, why=why):
                self._ignored[stream.name.lower(), why.name.lower()] += 1
            case _:
                pass
        self._listener(event, now)

    def _on_granted(self, granted: ClientGranted, now: float) -> None:
        for owner in self._radio.owners:
            if owner.address == granted.address:
                for trouble in self._station.grant(owner, granted):
                    self._tell_trouble(trouble, now)

    def _tell_trouble(self, message: str | None, now: float) -> None:
        if message is not None:
            self._listener(Trouble(message), now)
