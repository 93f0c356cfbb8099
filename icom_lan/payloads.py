"""What received payloads hold: pieces of PCM, and pieces that stand for lost ones."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.exceptions import AudioTranscodeError
from icom_lan.opus_library import OpusDecoder
from icom_proto.audio_formats import (
    AUDIO_PAYLOAD_MAX,
    BLOCK_MS,
    block_size,
    decode_to_pcm16,
    format_of,
    split_sizes,
    stereo_to_mono,
)
from icom_proto.codes import Codec
from icom_proto.errors import DecodeError

# Full datagrams in one block; 20 ms of 48 kHz stereo are two and a shorter one. A
# sender of nothing but full ones shall not make a block of an hour.
_FULL_MAX = 16


class Piece(NamedTuple):
    """PCM in its place; not `heard` if it stands for something lost."""

    pcm: bytes
    heard: bool


class Payloads(Protocol):
    """One codec."""

    def decode(self, payload: bytes) -> list[Piece]:
        """Raises AudioTranscodeError, and then nothing took a place."""

    def lose(self) -> list[Piece]:
        """One datagram is missing here."""


class SampledPayloads:
    """LPCM and µ-law, mixed down where the target is mono."""

    def __init__(self, codec: Codec, rate_hz: int, channels: int) -> None:
        self._codec, self._format = codec, format_of(codec)
        self._mix_down = channels < self._format.channels
        self._lost_frame = bytes(2 * channels)
        self._sizes = DatagramSizes(split_sizes(block_size(codec, rate_hz)))

    def decode(self, payload: bytes) -> list[Piece]:
        try:
            pcm = decode_to_pcm16(self._codec, payload)
        except DecodeError as problem:
            raise AudioTranscodeError(str(problem)) from problem
        self._sizes.arrived(len(payload))
        return [Piece(stereo_to_mono(pcm) if self._mix_down else pcm, heard=True)]

    def lose(self) -> list[Piece]:
        frames = self._sizes.lost() // self._format.frame_bytes
        return [Piece(self._lost_frame * frames, heard=False)]


class OpusPayloads:
    """Opus, decoded to the target's own rate and channels."""

    def __init__(self, target: PcmAudioFormat) -> None:
        self._decoder = OpusDecoder(target.sample_rate, target.channels)
        self._frame_bytes = 2 * target.channels
        self._frames = target.sample_rate * BLOCK_MS // 1000  # of the last packet
        self._lost = False  # the packet before the next one
        self._pieces: list[Piece] = []

    def decode(self, payload: bytes) -> list[Piece]:
        if self._lost:
            copy = self._decoder.recover(payload, self._frames)
            if copy is None:
                self._conceal()
            else:
                self._pieces.append(Piece(copy, heard=True))
            self._lost = False
        # If this fails, what came before keeps its place until the next call.
        pcm = self._decoder.decode(payload)
        self._frames = len(pcm) // self._frame_bytes
        self._pieces.append(Piece(pcm, heard=True))
        return self._taken()

    def lose(self) -> list[Piece]:
        if self._lost:
            self._conceal()
        self._lost = True
        return self._taken()

    def _conceal(self) -> None:
        pcm = self._decoder.conceal(self._frames)
        self._pieces.append(Piece(pcm, heard=False))

    def _taken(self) -> list[Piece]:
        pieces, self._pieces = self._pieces, []
        return pieces


class DatagramSizes:
    """The size that a lost datagram had, from how the sender cuts its blocks.

    At first that is how radios do: full datagrams, then the rest of the 20 ms. A sender
    that cuts otherwise, or not at all, is followed after its first whole block.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = tuple(sizes)
        self._next = 0  # which of these sizes is due
        self._full = 0  # full ones in this block so far
        self._complete = False  # nothing was lost in this block

    def arrived(self, size: int) -> None:
        if size == AUDIO_PAYLOAD_MAX and self._full < _FULL_MAX:
            self._full += 1
            if size not in self._sizes:
                self._sizes, self._next = (size,), 0
            elif self._sizes[self._next] != size:
                self._next = self._sizes.index(size)
            self._step()
            return
        # The last of a block; so this is how the sender cuts.
        if self._complete or size not in self._sizes:
            self._sizes = (AUDIO_PAYLOAD_MAX,) * self._full + (size,)
        self._next = self._full = 0
        self._complete = True

    def lost(self) -> int:
        size = self._sizes[self._next]
        self._complete = False
        self._step()
        self._full = self._next
        return size

    def _step(self) -> None:
        self._next = (self._next + 1) % len(self._sizes)
