"""Received payloads to PCM frames, and PCM to blocks that can be sent.

Every codec a radio may grant, at any rate of the protocol, to and from the rate, the
channels and the frame length of the application. Mixing down is the mean of left and
right, mixing up is a copy. Where rates differ, `resampler.py` changes them; Opus is
decoded to the application's rate and channels by libopus itself.

No clock, no callbacks: values go in, values come out.
"""

from collections import deque

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.exceptions import AudioFormatError
from icom_lan.opus_library import LOOKAHEAD_US, RATES_HZ, OpusEncoder
from icom_lan.payloads import OpusPayloads, Payloads, Piece, SampledPayloads
from icom_lan.resampler import Frames
from icom_proto.audio_formats import (
    RATE_BITS,
    AudioFormat,
    Coding,
    block_frames,
    encode_from_pcm16,
    format_of,
    mono_to_stereo,
    stereo_to_mono,
)
from icom_proto.codes import Codec
from icom_proto.errors import LocalProtocolError


class PcmDecoder:
    """Payloads of one stream, in order, to frames of exactly `target.frame_bytes`.

    Frames keep their places: a lost datagram counts with the size it would have had,
    and a frame that is lost, or cut by a loss, is None. A radio sends a block of 20 ms
    as up to three datagrams and any of them may be lost; senders that do not cut their
    blocks are understood too.

    Where rates differ, what was lost counts as silence. A frame is complete 64 samples
    of the lower rate after its end, 8 ms at 8 kHz, but stands where it stood.

    A lost Opus packet is concealed by libopus, so that what follows sounds right; its
    frames are None all the same, unless the next packet carries a copy (in-band FEC).
    To know that, a loss is told together with the next packet. Opus itself delays by
    the 6.5 ms that its encoder looks ahead.
    """

    def __init__(self, codec: Codec, rate_hz: int, target: PcmAudioFormat) -> None:
        facts = _checked(codec, rate_hz)
        self._payloads: Payloads
        if facts.coding is Coding.OPUS:
            channels, rate_hz = target.channels, target.sample_rate
            self._payloads = OpusPayloads(target)
        else:
            channels = min(facts.channels, target.channels)
            self._payloads = SampledPayloads(codec, rate_hz, channels)
        self._mix_up = channels < target.channels
        self._piece_frame_bytes = 2 * channels
        length = target.frame_samples
        self._frames = Frames(rate_hz, target.sample_rate, channels, length)
        self._holes = _Holes(rate_hz, target.sample_rate, length)

    def feed(self, payload: bytes) -> list[bytes | None]:
        """The frames that are complete now.

        A payload that cannot be decoded is an AudioTranscodeError and takes no place;
        `lose(1)` gives it one.
        """
        return self._frames_of(self._payloads.decode(payload))

    def lose(self, datagrams: int) -> list[bytes | None]:
        """So many datagrams are missing here; the frames that are complete now."""
        frames: list[bytes | None] = []
        for _ in range(datagrams):
            frames += self._frames_of(self._payloads.lose())
        return frames

    def _frames_of(self, pieces: list[Piece]) -> list[bytes | None]:
        frames: list[bytes | None] = []
        for pcm, heard in pieces:
            self._holes.advance(len(pcm) // self._piece_frame_bytes, heard=heard)
            for frame in self._frames.feed(pcm):
                if self._holes.cut_next_frame():
                    frames.append(None)
                else:
                    frames.append(mono_to_stereo(frame) if self._mix_up else frame)
        return frames


class PcmEncoder:
    """PCM in pieces of any size to blocks of 20 ms in a codec, ready to be sent.

    Opus exists at five rates only. At another one the packets are made for the next
    higher, which a decoder of any rate understands.
    """

    def __init__(self, codec: Codec, rate_hz: int, source: PcmAudioFormat) -> None:
        facts = _checked(codec, rate_hz)
        self._codec, self._source = codec, source
        self._opus: OpusEncoder | None = None
        if facts.coding is Coding.OPUS:
            rate_hz = min(each for each in RATES_HZ if each >= rate_hz)
            self._opus = OpusEncoder(rate_hz, facts.channels)
        channels = min(source.channels, facts.channels)
        self._mix_down = channels < source.channels
        self._mix_up = channels < facts.channels
        length = block_frames(rate_hz)
        self._frames = Frames(source.sample_rate, rate_hz, channels, length)
        self._idle = True

    def feed(self, pcm: bytes) -> list[bytes]:
        """The blocks that are complete now, of any number of whole sample frames."""
        frame_bytes = 2 * self._source.channels
        if not isinstance(pcm, bytes | bytearray | memoryview):
            raise AudioFormatError(f"PCM must be bytes, not {type(pcm).__name__}")
        samples = bytes(pcm)
        if len(samples) % frame_bytes:
            raise AudioFormatError(
                f"PCM of {len(samples)} bytes: allowed is a multiple of {frame_bytes},"
                f" whole sample frames of 16 bit with {self._source.channels} channels"
            )
        if samples:
            self._idle = False
        return self._blocks(samples)

    def flush(self) -> list[bytes]:
        """What is left, padded with silence to a block. A new stream may follow."""
        if self._idle:
            return []
        self._idle = True
        blocks: list[bytes] = []
        if self._opus is not None:
            # Silence that pushes out what the encoder still holds.
            held = self._source.sample_rate * LOOKAHEAD_US // 1_000_000
            blocks += self._blocks(bytes(2 * self._source.channels * held))
        blocks += map(self._encoded, self._frames.flush())
        return blocks

    def _blocks(self, pcm: bytes) -> list[bytes]:
        mixed = stereo_to_mono(pcm) if self._mix_down else pcm
        return [self._encoded(block) for block in self._frames.feed(mixed)]

    def _encoded(self, block: bytes) -> bytes:
        pcm = mono_to_stereo(block) if self._mix_up else block
        if self._opus is not None:
            return self._opus.encode(pcm)
        return encode_from_pcm16(self._codec, pcm)


class _Holes:
    """Which frames are cut by a loss, counted in whole samples on both sides."""

    def __init__(self, from_hz: int, to_hz: int, length: int) -> None:
        self._from_hz, self._to_hz, self._length = from_hz, to_hz, length
        self._passed = 0  # sample frames in
        self._frame = 0  # the next frame out starts here
        self._holes: deque[tuple[int, int]] = deque()  # in sample frames out

    def advance(self, frames: int, *, heard: bool) -> None:
        """So many sample frames more, heard or lost."""
        start, self._passed = self._passed, self._passed + frames
        if not heard:
            first = start * self._to_hz // self._from_hz
            end = -(self._passed * self._to_hz // -self._from_hz)
            self._holes.append((first, end))

    def cut_next_frame(self) -> bool:
        """Whether the next frame is; the one after it is next then."""
        end = self._frame + self._length
        cut = bool(self._holes) and self._holes[0][0] < end
        while self._holes and self._holes[0][1] <= end:
            self._holes.popleft()
        self._frame = end
        return cut


def _checked(codec: Codec, rate_hz: int) -> AudioFormat:
    if rate_hz not in RATE_BITS:
        allowed = ", ".join(map(str, sorted(RATE_BITS)))
        raise AudioFormatError(f"audio at {rate_hz} Hz: allowed is {allowed}")
    try:
        return format_of(codec)
    except LocalProtocolError as problem:
        raise AudioFormatError(str(problem)) from problem
