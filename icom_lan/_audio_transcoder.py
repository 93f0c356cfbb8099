"""PCM to Opus and back, a frame at a time. Internal: it may change in any release.

Applications use the PCM methods of `IcomRadio`, which know the codec of the session.
This is for those who have Opus frames of their own and for whoever brings another
backend: any object with the four methods of `OpusBackend`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from icom_lan.exceptions import (
    AudioCodecBackendError,
    AudioError,
    AudioFormatError,
    AudioTranscodeError,
)
from icom_lan.opus_library import OpusDecoder, OpusEncoder

_ALLOWED = {
    "sample_rate": (8000, 12000, 16000, 24000, 48000),
    "channels": (1, 2),
    "frame_ms": (10, 20, 40, 60),
    "sample_width": (2,),
}


@dataclass(frozen=True, slots=True)
class PcmAudioFormat:
    """Signed 16-bit little-endian samples, left before right, in frames of one length.

    Every one that exists is possible: others are refused with AudioFormatError.
    """

    sample_rate: int = 48000
    channels: int = 1
    frame_ms: int = 20
    sample_width: int = 2

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            value = getattr(self, name)
            if type(value) is not int or value not in allowed:
                choices = ", ".join(map(str, allowed))
                raise AudioFormatError(
                    f"Unsupported {name} {value!r}: allowed is {choices}"
                )

    @property
    def frame_samples(self) -> int:
        """Samples of each channel in a frame."""
        return self.sample_rate * self.frame_ms // 1000

    @property
    def frame_bytes(self) -> int:
        """The size of a frame."""
        return self.frame_samples * self.channels * self.sample_width


Encoder = TypeVar("Encoder")
Decoder = TypeVar("Decoder")


class OpusBackend(Protocol[Encoder, Decoder]):
    """What makes Opus. Encoders and decoders are whatever the backend makes of them."""

    def create_encoder(self, sample_rate: int, channels: int, /) -> Encoder: ...
    def create_decoder(self, sample_rate: int, channels: int, /) -> Decoder: ...
    def encode(self, encoder: Encoder, pcm: bytes, samples: int, /) -> bytes: ...
    def decode(self, decoder: Decoder, opus: bytes, samples: int, /) -> bytes: ...


class OpuslibBackend:
    """libopus, by opuslib."""

    def create_encoder(self, sample_rate: int, channels: int) -> OpusEncoder:
        return OpusEncoder(sample_rate, channels)

    def create_decoder(self, sample_rate: int, channels: int) -> OpusDecoder:
        return OpusDecoder(sample_rate, channels)

    def encode(self, encoder: OpusEncoder, pcm: bytes, _samples: int) -> bytes:
        return encoder.encode(pcm)

    def decode(self, decoder: OpusDecoder, opus: bytes, _samples: int) -> bytes:
        return decoder.decode(opus)


class PcmOpusTranscoder:
    """One stream each way: its encoder and its decoder share nothing."""

    def __init__(
        self,
        fmt: PcmAudioFormat | None = None,
        *,
        backend: OpusBackend[Any, Any] | None = None,
    ) -> None:
        self._fmt = PcmAudioFormat() if fmt is None else fmt
        self._backend: OpusBackend[Any, Any] = (
            OpuslibBackend() if backend is None else backend
        )
        rate, channels = self._fmt.sample_rate, self._fmt.channels
        with _blamed_on_backend(AudioCodecBackendError, "make an Opus encoder"):
            self._encoder = self._backend.create_encoder(rate, channels)
        with _blamed_on_backend(AudioCodecBackendError, "make an Opus decoder"):
            self._decoder = self._backend.create_decoder(rate, channels)

    @property
    def fmt(self) -> PcmAudioFormat:
        """The format of the PCM side."""
        return self._fmt

    def pcm_to_opus(self, pcm: bytes) -> bytes:
        """One frame of PCM, of exactly `fmt.frame_bytes`, as an Opus frame."""
        _check_bytes("PCM frame", pcm)
        self._check_size(pcm, AudioFormatError, "PCM frame")
        with _blamed_on_backend(AudioTranscodeError, "encode PCM frame"):
            opus = self._backend.encode(self._encoder, pcm, self._fmt.frame_samples)
        return _made_bytes(opus, "encode PCM frame")

    def opus_to_pcm(self, opus: bytes) -> bytes:
        """One Opus frame, which has to be as long as `fmt.frame_ms`, as PCM."""
        _check_bytes("Opus frame", opus)
        if not opus:
            raise AudioFormatError("an Opus frame must not be empty")
        with _blamed_on_backend(AudioTranscodeError, "decode Opus frame"):
            pcm = self._backend.decode(self._decoder, opus, self._fmt.frame_samples)
        decoded = _made_bytes(pcm, "decode Opus frame")
        self._check_size(decoded, AudioTranscodeError, "decoded Opus frame")
        return decoded

    def _check_size(self, pcm: bytes, error: type[AudioError], what: str) -> None:
        fmt = self._fmt
        if len(pcm) != fmt.frame_bytes:
            raise error(
                f"{what} size mismatch: {len(pcm)} bytes; {fmt.frame_ms} ms of"
                f" {fmt.sample_rate} Hz with {fmt.channels} channels are"
                f" {fmt.frame_bytes}"
            )


def create_pcm_opus_transcoder(
    *, sample_rate: int = 48000, channels: int = 1, frame_ms: int = 20
) -> PcmOpusTranscoder:
    """A transcoder of its own, with the installed backend."""
    return PcmOpusTranscoder(PcmAudioFormat(sample_rate, channels, frame_ms))


@contextmanager
def _blamed_on_backend(error: type[AudioError], task: str) -> Iterator[None]:
    """Whatever a backend raises becomes this error; ours say already what is wrong."""
    try:
        yield
    except AudioCodecBackendError:
        raise
    except Exception as problem:  # backends are other people's
        raise error(
            f"could not {task}: {type(problem).__name__}: {problem}"
        ) from problem


def _check_bytes(what: str, value: object) -> None:
    if not isinstance(value, bytes):
        raise AudioFormatError(f"{what} must be bytes, not {type(value).__name__}")


def _made_bytes(value: object, task: str) -> bytes:
    if not isinstance(value, bytes):
        raise AudioTranscodeError(
            f"could not {task}: the backend made {type(value).__name__}, not bytes"
        )
    return value
