"""TX audio: what the client sends becomes samples with a place, and a loudness.

`Microphone` takes it to the rig's meters and into a file.

Datagrams come in order, with reports of those that are lost. A lost one has the length
that the cut of 20 ms blocks gives it, so that what follows stands where it belongs.
"""

from collections import Counter

from icom_proto.audio_formats import (
    block_size,
    decode_to_pcm16,
    format_of,
    samples_of,
    split_sizes,
)
from icom_proto.codes import Codec
from icom_proto.errors import DecodeError
from icom_sim.rig.rig import Rig
from icom_sim.tx_recorder import RecordingError, TxRecorder

_FULL_SCALE = 32768


class Microphone:
    """Where TX audio goes: to the rig's meters, and into a file."""

    def __init__(self, rig: Rig, recorder: TxRecorder | None) -> None:
        self._rig = rig
        self._recorder = recorder
        self._recording: TxRecorder | None = None  # in this session
        self._audio: TxAudio | None = None
        self._counts: Counter[str] = Counter()

    def grant(self, codec: Codec, rate_hz: int) -> str | None:
        """A client was granted these. Tells what it cannot do."""
        self._audio = self._recording = None
        if codec is Codec.NONE:
            return None
        self._audio = TxAudio(codec, rate_hz)
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

    def counts(self) -> dict[str, int]:
        return {name: self._counts[name] for name in ("received", "lost", "malformed")}


class TxAudio:
    """One session's TX audio. Only codecs whose blocks have a size are granted."""

    def __init__(self, codec: Codec, rate_hz: int) -> None:
        self._codec = codec
        self._frame_bytes = format_of(codec).frame_bytes
        self._split = split_sizes(block_size(codec, rate_hz))
        self._sizes = self._split  # of the datagrams of one block, as this client cuts
        self._next = 0  # which of the sizes comes next
        self._position = 0

    def receive(self, payload: bytes) -> tuple[int, bytes]:
        """The place of this datagram's samples in the session, and the samples.

        Raises DecodeError for what is no whole number of them.
        """
        pcm = decode_to_pcm16(self._codec, payload)
        # icom-lan 0.7.0 does not cut: all its datagrams have the same size.
        size = len(payload)
        self._sizes = self._split if size in self._split else (size,)
        self._next = (self._sizes.index(size) + 1) % len(self._sizes)
        position = self._position
        self._position += size // self._frame_bytes
        return position, pcm

    def skip(self, count: int) -> None:
        """So many datagrams are lost."""
        for _ in range(count):
            self._position += self._sizes[self._next] // self._frame_bytes
            self._next = (self._next + 1) % len(self._sizes)


def loudness(pcm: bytes) -> float:
    """The highest sample, 0 to 1."""
    samples = samples_of(pcm)
    return max(max(samples), -min(samples)) / _FULL_SCALE if samples else 0.0
