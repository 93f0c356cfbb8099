"""Received and sent audio of one session, between the core and the application.

Nothing is queued here. What the core hands over goes straight to the callback, and what
nobody listens to is dropped; how long a hole is waited for is the core's business, and
so is when a block leaves. Conversions follow from what the radio granted, for each
direction apart, never from what was asked for.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from icom_lan.audio_figures import AudioFigures
from icom_lan.audio_plan import (
    AudioPlan,
    PacketCallback,
    PcmCallback,
    PcmShape,
    RxPlan,
    TxPlan,
)
from icom_lan.audio_tx import PcmTransmitter, Transmitter
from icom_lan.driver import Driver
from icom_lan.exceptions import (
    AudioError,
    AudioFormatError,
    AudioTranscodeError,
    ConnectionError,
)
from icom_lan.types import AudioCodec, GrantedAudio
from icom_proto.audio_durations import payload_duration_s
from icom_proto.client_connection import ClientConnection
from icom_proto.codes import Codec
from icom_proto.errors import LocalProtocolError
from icom_proto.events import AudioLost, AudioReceived, AudioSent, StreamsGranted

# While more than this waits to be sent, who pushes waits: a file pushed in a loop goes
# out at the radio's pace, and what is spoken into a microphone is never this late.
AHEAD_S_MAX = 0.1
# Of one payload: no Opus packet is longer. A whole file pushed at once is a mistake.
PAYLOAD_S_MAX = 0.12
# What waits when sending is stopped is sent, which takes little more than AHEAD_S_MAX.
DRAIN_S_MAX = 1.0

Bytes = bytes | bytearray | memoryview


class RadioAudio:
    """Audio of one session: at most one listener, and whether we send."""

    def __init__(
        self, core: ClientConnection, driver: Driver, granted: StreamsGranted
    ) -> None:
        self.granted = granted
        self._core, self._driver = core, driver
        self._figures = AudioFigures(core)
        self._rx: RxPlan | None = None
        self._receiver: Receiver | None = None
        self._tx: Transmitter | None = None
        self._failures = 0  # payloads not decoded, of receivers that are gone
        self._block_left = asyncio.Event()
        driver.handlers[AudioSent] = self._on_sent
        self._hand_to(None)

    # both ways

    def start(self, plan: AudioPlan) -> None:
        """RX, then TX. When it raises, nothing has changed.

        Raises:
            AudioFormatError: Frames of this rate, channel count or length do not exist.
            AudioCodecBackendError: The codec's library is missing.
            AudioError: The session has no audio in this direction.
            RuntimeError: This direction runs already.
            ConnectionError: The session has just ended.
        """
        receiver = self._make_receiver(plan.rx) if plan.rx is not None else None
        transmitter = self._make_transmitter(plan.tx) if plan.tx is not None else None
        if plan.rx is not None:
            self._set_delay(plan.rx.delay_s)
            self._rx = plan.rx
            self._figures.begin_rx()
            self._hand_to(receiver)
        if transmitter is not None:
            self._figures.begin_tx()
            self._tx = transmitter

    def snapshot(self) -> AudioPlan | None:
        """What runs, to be started again elsewhere; also when the session is lost."""
        if self._rx is None and self._tx is None:
            return None
        tx = self._tx.plan if self._tx is not None else None
        return AudioPlan(self._rx, tx)

    def resume(self, plan: AudioPlan) -> None:
        """Start what ran on another session. Raises as `start` does."""
        self.start(plan)

    async def stop(self) -> None:
        """TX, then RX, in any state."""
        try:
            await self.stop_tx()
        finally:
            self.stop_rx()

    def stop_rx(self) -> None:
        """No callback is called after this, whatever else runs."""
        if self._rx is not None:
            self._figures.end_rx()
        self._rx = None
        self._hand_to(None)

    async def stop_tx(self) -> None:
        """Refuse what is pushed from now on, and let what waits leave (0.1 s)."""
        transmitter, self._tx = self._tx, None
        self._block_left.set()  # who waits for room is told
        self._block_left.clear()
        if transmitter is None:
            return
        try:
            for block in transmitter.flush():
                self._send(block)
            async with asyncio.timeout(DRAIN_S_MAX):
                while self._core.audio_queued_s:
                    await self._block_left.wait()
        except (ConnectionError, TimeoutError):
            pass  # the session is over: so is what waited

    def end(self) -> None:
        """The session is over: nobody waits for room any more."""
        self._block_left.set()
        self._block_left.clear()

    def formats(self) -> GrantedAudio:
        """What the radio granted."""
        granted = self.granted
        return GrantedAudio(
            AudioCodec(granted.rx_codec) if granted.rx_codec else None,
            granted.rx_rate_hz,
            AudioCodec(granted.tx_codec) if granted.tx_codec else None,
            granted.tx_rate_hz,
        )

    def statistics(self) -> dict[str, Any]:
        """The 17 figures of the document."""
        return self._figures.documented(self._rx, is_sending=self._tx is not None)

    def network_statistics(self) -> dict[str, Any]:
        """What the network did, and what was done about it."""
        now = self._receiver.failures if self._receiver is not None else 0
        return self._figures.network(self._failures + now)

    # sending

    async def push(self, payload: Bytes) -> None:
        """Send one payload in the granted codec, when it is due."""
        transmitter = self._tx
        if transmitter is None:
            raise RuntimeError("Not transmitting: call start_audio_tx_opus() first")
        if not isinstance(payload, Bytes):
            raise TypeError(f"audio must be bytes, not {type(payload).__name__}")
        block = bytes(payload)  # kept for resending, so not the caller's own buffer
        granted = self.granted
        length_s = payload_duration_s(granted.tx_codec, granted.tx_rate_hz, block)
        if not 0 < length_s <= PAYLOAD_S_MAX:
            raise AudioFormatError(
                f"a block of {len(block)} bytes is {length_s:g} s of"
                f" {granted.tx_codec.name} at {granted.tx_rate_hz} Hz: allowed is more"
                f" than nothing, up to {PAYLOAD_S_MAX:g} s"
            )
        await self._room(transmitter)
        self._send(block)

    async def push_pcm(self, pcm: Bytes) -> None:
        """Send exactly one frame of PCM."""
        transmitter = self._pcm_transmitter()
        data = transmitter.checked(pcm)
        await self._room(transmitter)  # cancelled here, what chunks left stays
        await self._push_frames(transmitter, transmitter.reframe(data))

    async def push_pcm_chunk(self, pcm: Bytes) -> None:
        """Send PCM of any length; what is no whole frame waits for the next chunk."""
        transmitter = self._pcm_transmitter()
        await self._push_frames(transmitter, transmitter.reframe(pcm))

    # inside

    async def _push_frames(
        self, transmitter: PcmTransmitter, frames: list[bytes]
    ) -> None:
        for frame in frames:
            await self._room(transmitter)
            for block in transmitter.encode(frame):
                self._send(block)

    async def _room(self, transmitter: Transmitter) -> None:
        """Return while little waits. Cancelled, nothing has been sent."""
        while self._core.audio_queued_s > AHEAD_S_MAX:
            await self._block_left.wait()
            if self._tx is not transmitter:
                raise RuntimeError("Not transmitting: it was stopped meanwhile")

    def _send(self, block: bytes) -> None:
        try:
            self._driver.apply(lambda now: self._core.send_audio(block, now))
        except LocalProtocolError as error:
            raise _ended(error) from None

    def _set_delay(self, delay_s: float) -> None:
        try:
            self._driver.apply(lambda now: self._core.set_playout_delay(delay_s, now))
        except LocalProtocolError as error:
            raise _ended(error) from None

    def _on_sent(self, _: AudioSent) -> None:
        self._block_left.set()
        self._block_left.clear()

    def _pcm_transmitter(self) -> PcmTransmitter:
        if not isinstance(self._tx, PcmTransmitter):
            raise RuntimeError("Not transmitting PCM: call start_audio_tx_pcm() first")
        return self._tx

    def _make_receiver(self, plan: RxPlan) -> "Receiver":
        if self.granted.rx_codec is Codec.NONE:
            raise AudioError("this session receives no audio: check audio=")
        receiver = self._receiver_for(plan)
        if self._rx is not None:
            raise RuntimeError("Already receiving: call the stop method first")
        return receiver

    def _receiver_for(self, plan: RxPlan) -> "Receiver":
        if plan.on_pcm is not None:
            shape = plan.shape or PcmShape()
            return PcmReceiver(plan.on_pcm, self.granted, shape)
        assert plan.on_packet is not None
        return PacketReceiver(plan.on_packet)

    def _make_transmitter(self, plan: TxPlan) -> Transmitter:
        granted = self.granted
        if granted.tx_codec is Codec.NONE:
            raise AudioError("this session sends no audio: check audio= and the model")
        if plan.shape is None:
            transmitter = Transmitter(plan)
        else:
            transmitter = PcmTransmitter(plan, plan.shape, granted)
        if self._tx is not None:
            raise RuntimeError("Already transmitting: call the stop method first")
        return transmitter

    def _hand_to(self, receiver: "Receiver | None") -> None:
        """Straight from the driver, because this happens 100 times a second."""
        if self._receiver is not None:
            self._receiver.is_open = False
            self._failures += self._receiver.failures
        self._receiver = receiver
        self._driver.handlers |= {
            AudioReceived: _drop if receiver is None else receiver.on_received,
            AudioLost: _drop if receiver is None else receiver.on_lost,
        }


class Receiver(ABC):
    """Who gets received audio. What the callback raises costs no other its turn."""

    on_received: Callable[[AudioReceived], object]

    def __init__(self, callback: Callable[[Any], object]) -> None:
        self._callback = callback
        self.is_open = True
        self.failures = 0  # payloads that could not be decoded

    @abstractmethod
    def on_lost(self, event: AudioLost) -> None:
        """Datagrams did not come in time."""

    def hand_out(self, items: Sequence[object]) -> None:
        """Each in its turn; what was raised leaves at the end, for the driver."""
        with ExitStack() as turns:
            for item in reversed(items):
                turns.callback(self._hand_out_one, item)

    def _hand_out_one(self, item: object) -> None:
        if self.is_open:  # the one before may have stopped it
            self._callback(item)


class PacketReceiver(Receiver):
    """Hands payloads over untouched, and None for each that is lost."""

    def __init__(self, callback: PacketCallback) -> None:
        super().__init__(callback)
        self.on_received = callback

    def on_lost(self, event: AudioLost) -> None:
        self.hand_out([None] * event.count)


class PcmReceiver(Receiver):
    """Decodes, and hands over frames of one length; None is one with a hole in it."""

    def __init__(
        self, callback: PcmCallback, granted: StreamsGranted, shape: PcmShape
    ) -> None:
        # Imported when it is needed: it brings tables that a CI-V program has no use
        # for.
        from icom_lan._audio_transcoder import PcmAudioFormat
        from icom_lan.pcm import PcmDecoder

        super().__init__(callback)
        target = PcmAudioFormat(shape.sample_rate, shape.channels, shape.frame_ms)
        self._decoder = PcmDecoder(granted.rx_codec, granted.rx_rate_hz, target)
        self.on_received = self._on_received

    def on_lost(self, event: AudioLost) -> None:
        self.hand_out(self._decoder.lose(event.count))

    def _on_received(self, event: AudioReceived) -> None:
        try:
            frames = self._decoder.feed(event.data)
        except AudioTranscodeError:  # as good as lost: the frames keep their places
            self.failures += 1
            frames = self._decoder.lose(1)
        if len(frames) == 1:
            self._callback(frames[0])
        else:
            self.hand_out(frames)


def _drop(_: AudioReceived | AudioLost) -> None:
    """Nobody listens: nothing is kept, so that a later listener starts fresh."""


def _ended(error: LocalProtocolError) -> ConnectionError:
    return ConnectionError(f"Not connected to radio: {error}")
