"""`AudioStream`: audio both ways over one transport, by packets.

It needs of the transport only what `AudioTransport` lists. Reception is one task, made
by `start_rx` and ended by `stop_rx`; what arrives goes through `RxMeter` and the jitter
buffer to the callback, which is called in that task and cannot harm it.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol, runtime_checkable

from icom_lan.audio_packets import AudioPacket, build_audio_packet, parse_audio_packet
from icom_lan.audio_plan import check_callable
from icom_lan.audio_stats import AudioState, AudioStats, loss_percent
from icom_lan.exceptions import AudioFormatError
from icom_lan.rx_meter import RxMeter
from icom_proto.audio_formats import AUDIO_PAYLOAD_MAX, FORMATS, RATE_BITS
from icom_proto.codes import Codec
from icom_proto.jitter_buffer import DEPTH_MAX, JitterBuffer

# Of one `push_tx`: 20 ms in the widest format, 48 kHz stereo of 16 bit. A whole file
# pushed at once would leave as thousands of datagrams, which no network keeps.
PUSH_BYTES_MAX: Final = 3840
# How long one wait for a packet is; it only decides how often nothing is noticed.
RECEIVE_S: Final = 1.0
# Packets handed on before others get a turn, should the transport never suspend.
TURN_MAX: Final = 64

_log = logging.getLogger("icom_lan.audio")

Callback = Callable[[AudioPacket | None], object]


class AudioTransport(Protocol):
    """What a stream uses of an `IcomTransport`, or of what stands in for one."""

    @property
    def my_id(self) -> int: ...
    @property
    def remote_id(self) -> int: ...
    async def send_tracked(self, data: bytes) -> None: ...
    async def receive_packet(self, timeout: float = ...) -> bytes: ...  # noqa: ASYNC109


@runtime_checkable
class Discarding(Protocol):
    """A transport that can forget what came while nobody listened."""

    def discard_received(self) -> int: ...


class AudioStream:
    """Audio RX and TX by packets, in the codec of the session.

    Codec and rate only tell how long packets are and where they may be cut.
    """

    def __init__(
        self,
        transport: AudioTransport,
        jitter_depth: int = 5,
        *,
        codec: int = Codec.PCM16_MONO,
        sample_rate: int = 48_000,
    ) -> None:
        """`jitter_depth` in packets, 0 for none; `codec` as `AudioCodec` has them.

        Raises:
            ValueError: The depth is out of range.
            AudioFormatError: The codec or the rate is not known.
        """
        self._transport = transport
        self._depth = _checked_depth(jitter_depth)
        self._codec = _checked_codec(codec)
        self._rate_hz = _checked_rate(sample_rate)
        self._reception = _Reception(None, 0, self._codec, self._rate_hz)
        self._task: asyncio.Task[None] | None = None
        self._is_sending = False
        self._send_seq = 0
        self._sent = 0

    # reception

    async def start_rx(
        self, callback: Callback, *, jitter_depth: int | None = None
    ) -> None:
        """Call `callback` with each packet from now on, and with None for a gap.

        What the transport has queued until now is forgotten. What the callback raises
        is logged and counted, and reception goes on.

        Args:
            callback: An ordinary function; what it returns is ignored.
            jitter_depth: Packets; 0: each packet as it comes; None: the stream's.

        Raises:
            RuntimeError: The stream receives or transmits already.
            TypeError: The callback cannot be called, or is a coroutine function.
            ValueError: The depth is out of range.
        """
        check_callable(callback)
        depth = self._depth if jitter_depth is None else _checked_depth(jitter_depth)
        if self.state is not AudioState.IDLE:
            raise RuntimeError(f"Already {self.state}: stop first, RX goes before TX")
        if isinstance(self._transport, Discarding):
            self._transport.discard_received()
        self._reception = _Reception(callback, depth, self._codec, self._rate_hz)
        self._task = asyncio.create_task(
            self._receive(self._reception), name="icom_lan audio rx"
        )

    async def stop_rx(self) -> None:
        """End reception in any state; what is buffered goes to the callback first.

        No callback comes after this. Harmless when nothing is received.
        """
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        self._reception.end()
        if task is not asyncio.current_task():
            await asyncio.wait([task])

    # transmission

    async def start_tx(self) -> None:
        """Allow `push_tx`; also while receiving. Numbers and counter begin at 0.

        Raises:
            RuntimeError: The stream transmits already.
        """
        if self._is_sending:
            raise RuntimeError("Already transmitting: call stop_tx() first")
        self._is_sending = True
        self._send_seq = self._sent = 0

    async def push_tx(self, opus_data: bytes) -> None:
        """Send a frame in the codec of the session, now.

        A frame of more than 1364 bytes travels as several packets, because radios drop
        larger ones without a word; each of them counts.

        Raises:
            RuntimeError: The stream does not transmit.
            AudioFormatError: The frame is empty or too long; nothing was sent.
        """
        if not self._is_sending:
            raise RuntimeError("Not transmitting: call start_tx() first")
        # All are built before the first is sent: frames of two callers do not mix.
        for datagram in [self._datagram(part) for part in self._parts(opus_data)]:
            await self._transport.send_tracked(datagram)
            self._sent += 1

    async def stop_tx(self) -> None:
        """Refuse `push_tx` again. Harmless when nothing is transmitted."""
        self._is_sending = False

    # questions

    @property
    def state(self) -> AudioState:
        """What the stream does; TRANSMITTING also when it receives as well."""
        if self._is_sending:
            return AudioState.TRANSMITTING
        return AudioState.IDLE if self._task is None else AudioState.RECEIVING

    @property
    def transport(self) -> AudioTransport:
        """What the stream was made with."""
        return self._transport

    @property
    def callback_errors(self) -> int:
        """How often the callback raised, since the start of reception."""
        return self._reception.callback_errors

    def get_audio_stats(self) -> dict[str, Any]:
        """The documented figures, of this reception or, after its end, of the last."""
        return self._reception.stats(self.state, self._sent).to_dict()

    def get_audio_network_stats(self) -> dict[str, float | int | list[int]]:
        """What the network did to received packets: loss, bursts, jitter."""
        return self._reception.meter.network()

    # inside

    async def _receive(self, reception: "_Reception") -> None:
        """The task. It ends with `stop_rx`, or when the transport does."""
        loop, turn = asyncio.get_running_loop(), 0
        try:
            while True:
                turn = (turn + 1) % TURN_MAX
                if not turn:
                    await asyncio.sleep(0)
                try:
                    data = await self._transport.receive_packet(timeout=RECEIVE_S)
                except TimeoutError:
                    await asyncio.sleep(0)  # a stand-in may not have waited
                else:
                    reception.take(data, loop.time())
        except OSError as error:  # the link ended; ConnectionError is one
            _log.warning("audio reception ended: %s", error)
        finally:
            if self._reception is reception and self._task is not None:
                self._task = None
                reception.end()

    def _parts(self, frame: bytes) -> list[bytes]:
        payload = bytes(frame)  # kept for resending, so not the caller's own buffer
        is_whole = not FORMATS[self._codec].frame_bytes  # Opus cannot be cut
        longest = AUDIO_PAYLOAD_MAX if is_whole else PUSH_BYTES_MAX
        if not 0 < len(payload) <= longest:
            raise AudioFormatError(
                f"a frame of {len(payload)} bytes: allowed is 1 to {longest}"
            )
        starts = range(0, len(payload), AUDIO_PAYLOAD_MAX)
        return [payload[start : start + AUDIO_PAYLOAD_MAX] for start in starts]

    def _datagram(self, payload: bytes) -> bytes:
        seq, self._send_seq = self._send_seq, (self._send_seq + 1) & 0xFFFF
        return build_audio_packet(
            payload,
            sender_id=self._transport.my_id,
            receiver_id=self._transport.remote_id,
            send_seq=seq,
        )


class _Reception:
    """One reception: callback, buffer and figures, which stay after its end."""

    def __init__(
        self, callback: Callback | None, depth: int, codec: Codec, rate_hz: int
    ) -> None:
        self._callback = callback
        self._buffer = JitterBuffer[AudioPacket](depth) if depth else None
        self._is_over = callback is None
        self._delivered = 0
        self.meter = RxMeter(codec, rate_hz)
        self.callback_errors = 0

    def take(self, data: bytes, now: float) -> None:
        """A datagram came; what is no audio is passed over."""
        packet = parse_audio_packet(data)
        if packet is None:
            return
        self.meter.note(packet.send_seq, packet.data, now)
        if self._buffer is None:
            self._deliver(packet)
            return
        for ready in self._buffer.push(packet):
            self._deliver(ready)

    def end(self) -> None:
        """Hand out what is held; nothing after that."""
        if self._buffer is not None:
            for ready in self._buffer.flush():
                self._deliver(ready)
        self._is_over = True

    def stats(self, state: AudioState, sent: int) -> AudioStats:
        """With the buffer, lost is what became None; without, what did not come."""
        buffer, meter = self._buffer, self.meter
        lost = meter.lost if buffer is None else buffer.gap_count
        is_buffered = buffer is not None and not self._is_over
        depth = buffer.depth if buffer is not None and is_buffered else 0
        pending = buffer.pending if buffer is not None else 0
        return AudioStats(
            active=state is not AudioState.IDLE,
            state=state,
            rx_packets_received=meter.received,
            rx_packets_delivered=self._delivered,
            tx_packets_sent=sent,
            packets_lost=lost,
            packet_loss_percent=loss_percent(lost, self._delivered),
            jitter_ms=1000 * meter.jitter.mean_s,
            jitter_max_ms=1000 * meter.jitter.max_s,
            underrun_count=buffer.underrun_count if buffer is not None else 0,
            overrun_count=buffer.overrun_count if buffer is not None else 0,
            # Behind a hole a packet waits for as many later ones as the depth says.
            estimated_latency_ms=max(depth, pending) * meter.packet_ms,
            jitter_buffer_depth_packets=depth,
            jitter_buffer_pending_packets=pending,
            # Without the buffer nothing is dropped.
            duplicates_dropped=buffer.duplicate_count if buffer is not None else 0,
            stale_packets_dropped=buffer.stale_count if buffer is not None else 0,
            out_of_order_packets=meter.out_of_order,
        )

    def _deliver(self, packet: AudioPacket | None) -> None:
        if self._is_over or self._callback is None:
            return
        if packet is not None:
            self._delivered += 1
        try:
            self._callback(packet)
        except Exception:  # noqa: BLE001  the application's: it must not end reception
            self.callback_errors += 1
            if self.callback_errors.bit_count() == 1:  # 1st, 2nd, 4th, 8th: no flood
                _log.exception(
                    "an audio callback failed (%d failures so far); reception goes on",
                    self.callback_errors,
                )


def _checked_depth(depth: int) -> int:
    if type(depth) is not int:
        raise TypeError(f"jitter_depth must be an int, not {type(depth).__name__}")
    if not 0 <= depth <= DEPTH_MAX:
        raise ValueError(f"jitter_depth {depth}: allowed is 0 to {DEPTH_MAX} packets")
    return depth


def _checked_codec(codec: int) -> Codec:
    known = Codec(codec)
    if known not in FORMATS:
        names = ", ".join(each.name for each in FORMATS)
        raise AudioFormatError(f"codec {codec:#04x}: allowed is {names}")
    return known


def _checked_rate(rate_hz: int) -> int:
    if rate_hz not in RATE_BITS:
        rates = ", ".join(map(str, sorted(RATE_BITS)))
        raise AudioFormatError(f"sample_rate {rate_hz}: allowed is {rates}")
    return rate_hz
