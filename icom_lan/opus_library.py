"""Opus by libopus: the library that opuslib loads, called without opuslib's wrapper.

opuslib finds and loads libopus; its own classes then copy each decoded packet through
lists of Python numbers, which costs more than the decoding. Here the same functions are
called through prototypes of our own, into a buffer made once.

Nothing is loaded before the first decoder or encoder is made. PCM is 16 bit in the
machine's byte order, which is little-endian wherever these radios are used.
"""

import ctypes
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, Final, NoReturn

from icom_lan.exceptions import AudioCodecBackendError, AudioTranscodeError

RATES_HZ: Final = (8000, 12000, 16000, 24000, 48000)
# The longest packet: 120 ms (RFC 6716, 3.2.5).
_PACKET_MS_MAX = 120
# For the encoder's output. A packet of 20 ms is a tenth of this at the rates it picks.
_PACKET_BYTES_MAX = 4000
_APPLICATION_AUDIO = 2049
# How far the encoder looks ahead in this application, 2.5 ms and 4 ms: what is encoded
# now is heard so much later by the decoder.
LOOKAHEAD_US: Final = 6500

INSTALL: Final = (
    "pip install 'icom-lan-kit[audio]' (where a document says install icom-lan[audio],"
    " it means this)"
)


class OpusDecoder:
    """One received stream. A lost packet has to be concealed or recovered in its place.

    It decodes to any of `RATES_HZ` and to mono or stereo, whatever was encoded: a
    packet names no rate, and the decoder itself mixes. It is a `PacketDecoder` of the
    playout buffers.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        library = _library()
        size = library.decoder_size(channels)
        self._state = ctypes.create_string_buffer(max(size, 1))
        _check_made(library.decoder_init(self._state, rate_hz, channels), "decoder")
        self._decode, self._length = library.decode, library.length
        self._strerror, self._rate_hz = library.strerror, rate_hz
        self._frames_max = rate_hz * _PACKET_MS_MAX // 1000
        self._frame_bytes = 2 * channels
        self._target = ctypes.create_string_buffer(self._frames_max * 2 * channels)
        self._pcm = memoryview(self._target).cast("B")

    def decode(self, payload: bytes) -> bytes:
        """The PCM of one packet."""
        frames: int = self._decode(
            self._state, payload, len(payload), self._target, self._frames_max, 0
        )
        # With a length of 0 libopus would conceal instead.
        if frames < 0 or not payload:
            self._fail("decode an Opus packet", payload, frames)
        return self._pcm[: frames * self._frame_bytes].tobytes()

    def conceal(self, frames: int) -> bytes:
        """What may stand for a lost packet of so many sample frames.

        A multiple of 2.5 ms. It fades to silence while nothing arrives.
        """
        made: int = self._decode(self._state, None, 0, self._target, frames, 0)
        if made < 0:
            self._fail(f"conceal {frames} sample frames", b"", made)
        return self._pcm[: made * self._frame_bytes].tobytes()

    def frames(self, payload: bytes) -> int:
        """Sample frames in a packet, without decoding it; 0 if it is none."""
        length: int = self._length(payload, len(payload), self._rate_hz)
        return max(0, length)

    def recover(self, next_payload: bytes, frames: int = 0) -> bytes | None:
        """The lost packet before this one, from the copy in it; None without a copy.

        By default as long as this one, which is to be decoded afterwards all the same.
        """
        if not carries_copy(next_payload):
            return None
        frames = frames or self.frames(next_payload)
        made: int = self._decode(
            self._state, next_payload, len(next_payload), self._target, frames, 1
        )
        if made < 0:
            self._fail("recover a lost Opus packet", next_payload, made)
        return self._pcm[: made * self._frame_bytes].tobytes()

    def _fail(self, task: str, payload: bytes, code: int) -> NoReturn:
        why = self._strerror(code).decode() if code < 0 else "it is empty"
        raise AudioTranscodeError(f"could not {task} of {len(payload)} bytes: {why}")


class OpusEncoder:
    """One stream to send, for music and speech alike (application "audio")."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        library = _library()
        size = library.encoder_size(channels)
        self._state = ctypes.create_string_buffer(max(size, 1))
        code = library.encoder_init(self._state, rate_hz, channels, _APPLICATION_AUDIO)
        _check_made(code, "encoder")
        self._encode, self._strerror = library.encode, library.strerror
        self._packet = ctypes.create_string_buffer(_PACKET_BYTES_MAX)
        self._frame_bytes = 2 * channels

    def encode(self, pcm: bytes) -> bytes:
        """One packet of 2.5, 5, 10, 20, 40 or 60 ms."""
        frames = len(pcm) // self._frame_bytes
        size: int = self._encode(
            self._state, pcm, frames, self._packet, _PACKET_BYTES_MAX
        )
        if size < 0:
            raise AudioTranscodeError(
                f"could not encode {frames} sample frames as an Opus packet:"
                f" {self._strerror(size).decode()}"
            )
        return self._packet.raw[:size]


def carries_copy(packet: bytes) -> bool:
    """Whether a packet holds a coarse copy of the one before it (in-band FEC).

    The first bits of a SILK frame say so, one for each channel (RFC 6716, 4.2.3 and
    4.2.4); a packet of CELT alone has none. Packets of several Opus frames, which no
    radio sends, are not looked into.
    """
    if len(packet) < 2:
        return False
    config, stereo, count = packet[0] >> 3, packet[0] >> 2 & 1, packet[0] & 3
    if config >= 16 or count:
        return False
    silk_frames = {2: 2, 3: 3}.get(config & 3, 1) if config < 12 else 1
    copies = 0x80 >> silk_frames
    if stereo:
        copies |= copies >> silk_frames + 1
    return bool(packet[1] & copies)


class _Library:
    """The functions used of libopus, with prototypes that opuslib does not share."""

    def __init__(self, opus: ctypes.CDLL) -> None:
        state, number, size = ctypes.c_void_p, ctypes.c_int, ctypes.c_int32
        data, buffer = ctypes.c_char_p, ctypes.c_void_p

        def function(name: str, result: type, *arguments: type) -> Callable[..., Any]:
            # By index: as attributes they would be opuslib's, with its prototypes.
            made = opus[name]
            made.restype, made.argtypes = result, arguments
            return made

        self.strerror = function("opus_strerror", data, number)
        self.decoder_size = function("opus_decoder_get_size", number, number)
        self.decoder_init = function("opus_decoder_init", number, state, size, number)
        self.length = function("opus_packet_get_nb_samples", number, data, size, size)
        self.decode = function(
            "opus_decode", number, state, data, size, buffer, number, number
        )
        self.encoder_size = function("opus_encoder_get_size", number, number)
        self.encoder_init = function(
            "opus_encoder_init", number, state, size, number, number
        )
        self.encode = function("opus_encode", size, state, data, number, buffer, size)


@cache
def _library() -> _Library:
    """libopus, by opuslib."""
    try:
        with warnings.catch_warnings():
            # opuslib 3.0.1 compares with `is`, which newer Pythons warn of.
            warnings.simplefilter("ignore", SyntaxWarning)
            from opuslib.api import libopus
    except ImportError as problem:
        raise AudioCodecBackendError(
            f"Opus needs opuslib, which is not installed ({problem}): {INSTALL}"
        ) from problem
    except Exception as problem:  # opuslib raises it bare
        raise AudioCodecBackendError(
            f"opuslib is installed, but libopus is not or does not load ({problem}):"
            " install it, for example with apt-get install libopus0 or brew install"
            " opus"
        ) from problem
    return _Library(libopus)


def _check_made(code: int, what: str) -> None:
    if code < 0:
        why = _library().strerror(code).decode()
        raise AudioCodecBackendError(
            f"libopus makes no {what}: {why}; allowed are {RATES_HZ} Hz and 1 or 2"
            " channels"
        )
