"""TX audio: what the client sends becomes samples with a place, and a loudness.

`Microphone` takes it to the rig's meters, to the modulator and into a file.

Datagrams come in order, with reports of those that are lost. A lost one has the length
that the cut of 20 ms blocks gives it, so that what follows stands where it belongs.
"""

from collections import Counter

from icom_proto.audio_formats import (
    block_frames,
    block_size,
    format_of,
    samples_of,
    split_sizes,
)
from icom_proto.codes import Codec
from icom_proto.errors import DecodeError
from icom_sim.audio_coder import decoder_for
from icom_sim.modulator import Modulator
from icom_sim.rig.rig import Rig
from icom_sim.tx_recorder import RecordingError, TxRecorder

_FULL_SCALE = 32768


class Microphone:
    """Where TX audio goes: to the rig's meters, to the modulator, and into a file."""

    def __init__(
        self,
        rig: Rig,
        recorder: TxRecorder | None,
        modulator: Modulator | None = None,
    ) -> None:
        self._rig = rig
        self._modulator = modulator
        self._recorder = recorder
        self._recording: TxRecorder | None = None  # in this session
        self._audio: TxAudio | None = None
        self._counts: Counter[str] = Counter()

    def grant(self, codec: Codec, rate_hz: int, buffer_ms: int = 0) -> str | None:
        """A client was granted these. Tells what it cannot do."""
        self._audio = self._recording = None
        if codec is Codec.NONE:
            return None
        self._audio = TxAudio(codec, rate_hz)
        if self._modulator is not None:
            self._modulator.grant(rate_hz, buffer_ms)
        if self._recorder is None:
            return None
        try:
            self._recorder.start(rate_hz)
        except RecordingError as error:
            return str(error)
        self._recording = self._recorder
        return None

    def receive(self, payload: bytes, now: float) -> str | None:
        """The next datagram of audio. Tells what goes wrong."""
        if self._audio is None:
            return None
        try:
            position, pcm = self._audio.receive(payload)
        except DecodeError:
            self._counts["malformed"] += 1
            return None
        self._counts["received"] += 1
        self._rig.handle_tx_audio(loudness(pcm), now)
        if self._modulator is not None:
            self._modulator.hear(position, pcm, now)
        if self._recording is None:
            return None
        try:
            self._recording.write(position, pcm)
        except RecordingError as error:
            self._recording = self._recorder = None
            return str(error)
        return None

    def skip(self, count: int) -> None:
        """So many datagrams are lost."""
        self._counts["lost"] += count
        if self._audio is not None:
            self._audio.skip(count)
        if self._modulator is not None:
            self._modulator.skip(count)

    def counts(self) -> dict[str, int]:
        return {name: self._counts[name] for name in ("received", "lost", "malformed")}


class TxAudio:
    """One session's TX audio, as mono. Lengths are sample frames of one datagram."""

    def __init__(self, codec: Codec, rate_hz: int) -> None:
        self._decode = decoder_for(codec, rate_hz)
        self._split = _lengths(codec, rate_hz)
        self._lengths = self._split  # as this client cuts its blocks
        self._next = 0  # which of the lengths comes next
        self._position = 0

    def receive(self, payload: bytes) -> tuple[int, bytes]:
        """The place of this datagram's samples in the session, and the samples.

        Raises DecodeError for what is no whole number of them, or no Opus packet.
        """
        pcm = self._decode(payload)
        # icom-lan 0.7.0 does not cut: all its datagrams have the same length. So have
        # Opus packets, and it need not be 20 ms.
        length = len(pcm) // 2
        if not length:  # no length to go by
            return self._position, pcm
        self._lengths = self._split if length in self._split else (length,)
        self._next = (self._lengths.index(length) + 1) % len(self._lengths)
        position = self._position
        self._position += length
        return position, pcm

    def skip(self, count: int) -> None:
        """So many datagrams are lost."""
        for _ in range(count):
            self._position += self._lengths[self._next]
            self._next = (self._next + 1) % len(self._lengths)


def _lengths(codec: Codec, rate_hz: int) -> tuple[int, ...]:
    """Of the datagrams of one block of 20 ms."""
    frame_bytes = format_of(codec).frame_bytes
    if not frame_bytes:  # a packet, whatever its size, is never cut
        return (block_frames(rate_hz),)
    sizes = split_sizes(block_size(codec, rate_hz))
    return tuple(size // frame_bytes for size in sizes)


def loudness(pcm: bytes) -> float:
    """The highest sample, 0 to 1."""
    samples = samples_of(pcm)
    return max(max(samples), -min(samples)) / _FULL_SCALE if samples else 0.0
