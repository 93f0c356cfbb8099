"""Values that users of the library pass and get."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any, Self

from icom_proto.civ_frames import OK, frame_body, frame_source, frame_to
from icom_proto.civ_values import Mode

__all__ = [
    "AudioCapabilities",
    "AudioCodec",
    "CivFrame",
    "GrantedAudio",
    "Mode",
    "get_audio_capabilities",
]


class AudioCodec(IntEnum):
    """How audio travels; the values are the codec ids of the protocol."""

    ULAW_1CH = 0x01
    PCM_1CH_8BIT = 0x02
    PCM_1CH_16BIT = 0x04
    PCM_2CH_8BIT = 0x08
    PCM_2CH_16BIT = 0x10
    ULAW_2CH = 0x20
    OPUS_1CH = 0x40
    OPUS_2CH = 0x41

    @property
    def channels(self) -> int:
        """1 or 2."""
        return 2 if "_2CH" in self.name else 1


# Best first, and what every radio has before what only some do. Opus is last: radios do
# not speak it, only wfview's server does.
CODEC_PREFERENCE = (
    AudioCodec.PCM_1CH_16BIT,
    AudioCodec.PCM_2CH_16BIT,
    AudioCodec.ULAW_1CH,
    AudioCodec.ULAW_2CH,
    AudioCodec.PCM_1CH_8BIT,
    AudioCodec.PCM_2CH_8BIT,
    AudioCodec.OPUS_1CH,
    AudioCodec.OPUS_2CH,
)
# At which PCM frames are made, and which a session may be asked for. A session can have
# four more (11025, 22050, 32000, 44100 Hz); PCM of it is resampled.
SAMPLE_RATES_HZ = (8000, 12000, 16000, 24000, 48000)
CHANNELS = (1, 2)


@dataclass(frozen=True, slots=True)
class AudioCapabilities:
    """What this library can do with audio, and what it takes if nothing is said.

    These are facts about the library and need no radio: what a radio granted is told by
    `IcomRadio.granted_audio`. Rates in Hz.
    """

    supported_codecs: tuple[AudioCodec, ...]
    supported_sample_rates_hz: tuple[int, ...]
    supported_channels: tuple[int, ...]
    default_codec: AudioCodec
    default_sample_rate_hz: int
    default_channels: int

    @classmethod
    def choose(
        cls,
        codecs: Iterable[AudioCodec] = tuple(AudioCodec),
        sample_rates_hz: Iterable[int] = SAMPLE_RATES_HZ,
        channels: Iterable[int] = CHANNELS,
    ) -> Self:
        """With the defaults for these: the first codec in the order of preference, the
        highest rate, the channels of that codec, else the fewest there are.

        The same arguments, in any order, give the same defaults. Raises ValueError if
        there is nothing to choose from.
        """
        supported = tuple(codecs), tuple(sample_rates_hz), tuple(channels)
        if not all(supported):
            raise ValueError("at least one codec, one rate and one channel count")
        codec = min(supported[0], key=CODEC_PREFERENCE.index)
        implied = codec.channels
        return cls(
            *supported,
            default_codec=codec,
            default_sample_rate_hz=max(supported[1]),
            default_channels=implied if implied in supported[2] else min(supported[2]),
        )

    def to_dict(self) -> dict[str, Any]:
        """For JSON: codecs as objects with name and value, tuples as lists."""
        return {
            "supported_codecs": [
                _codec_to_dict(each) for each in self.supported_codecs
            ],
            "supported_sample_rates_hz": list(self.supported_sample_rates_hz),
            "supported_channels": list(self.supported_channels),
            "default_codec": _codec_to_dict(self.default_codec),
            "default_sample_rate_hz": self.default_sample_rate_hz,
            "default_channels": self.default_channels,
        }


@cache
def get_audio_capabilities() -> AudioCapabilities:
    """Always the same object."""
    return AudioCapabilities.choose()


def _codec_to_dict(codec: AudioCodec) -> dict[str, str | int]:
    return {"name": codec.name, "value": codec.value}


@dataclass(frozen=True, slots=True)
class GrantedAudio:
    """What the radio granted, by direction. Rates in Hz; codec None: no audio there.

    It may be less than was asked for: stereo that a radio refuses becomes mono, a
    receiver takes no transmit audio, and transmit audio is always mono.
    """

    rx_codec: AudioCodec | None
    rx_sample_rate_hz: int
    tx_codec: AudioCodec | None
    tx_sample_rate_hz: int

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        rx, tx = self.rx_codec, self.tx_codec
        return {
            "rx_codec": None if rx is None else _codec_to_dict(rx),
            "rx_sample_rate_hz": self.rx_sample_rate_hz,
            "tx_codec": None if tx is None else _codec_to_dict(tx),
            "tx_sample_rate_hz": self.tx_sample_rate_hz,
        }


@dataclass(frozen=True, slots=True)
class CivFrame:
    """A CI-V frame, taken apart. `command` 0xFB is OK, the answer to a write."""

    to_addr: int
    from_addr: int
    command: int
    sub: int | None = None
    data: bytes = b""

    @classmethod
    def parse(cls, frame: bytes, *, has_sub: bool) -> Self:
        """From a whole frame. Whether there is a sub-command it does not say itself."""
        body = frame_body(frame)
        if body == OK or not has_sub:
            return cls(frame_to(frame), frame_source(frame), body[0], None, body[1:])
        return cls(frame_to(frame), frame_source(frame), body[0], body[1], body[2:])
