"""Row 3.9, ours: Opus by libopus without opuslib's wrapper; samples without numpy."""

from collections.abc import Callable
from time import process_time

from benchmarks.contenders import Figures, Sample
from benchmarks.speech import opus_packets, voice
from icom_lan.opus_library import OpusDecoder, OpusEncoder
from icom_lan.resampler import Resampler
from icom_proto.audio_formats import (
    decode_to_pcm16,
    encode_from_pcm16,
    pcm_of,
    stereo_to_mono,
)
from icom_proto.codes import Codec


def opus_decode(rate_hz: int, channels: int) -> Sample:
    """Packets of 20 ms to PCM."""
    packets = opus_packets(rate_hz, channels)
    decode = OpusDecoder(rate_hz, channels).decode

    def sample() -> Figures:
        start = process_time()
        for packet in packets:
            decode(packet)
        return {"per_s": len(packets) / (process_time() - start)}

    return sample


def opus_encode() -> Sample:
    """PCM of 48 kHz mono to packets of 20 ms."""
    blocks = _blocks(1)
    return _each(blocks, OpusEncoder(48000, 1).encode, 1)


def ulaw_decode(count: int) -> Sample:
    """960 bytes, 20 ms of 48 kHz mono, to PCM."""
    codec = Codec.ULAW_MONO
    payloads = [encode_from_pcm16(codec, block) for block in _blocks(1)]

    def sample() -> Figures:
        start = process_time()
        for _ in range(count):
            for payload in payloads:
                decode_to_pcm16(codec, payload)
        return {"per_s": count * len(payloads) / (process_time() - start)}

    return sample


def ulaw_encode() -> Sample:
    """And back."""
    codec = Codec.ULAW_MONO
    return _each(_blocks(1), lambda pcm: encode_from_pcm16(codec, pcm), 4)


def mix_down() -> Sample:
    """20 ms of 48 kHz stereo to mono."""
    return _each(_blocks(2), stereo_to_mono, 4)


def resample(from_hz: int, to_hz: int) -> Sample:
    """Blocks of 20 ms, with a delay that does not change."""
    engine = Resampler(from_hz, to_hz, 1, to_hz // 50)
    blocks = [pcm_of(block) for block in voice(from_hz, 1, 100)]
    return _each(blocks, engine.feed, 1)


def _blocks(channels: int) -> list[bytes]:
    return [pcm_of(block) for block in voice(48000, channels, 100)]


def _each(
    blocks: list[bytes], work: Callable[[bytes], object], repetitions: int
) -> Sample:
    def sample() -> Figures:
        start = process_time()
        for _ in range(repetitions):
            for block in blocks:
                work(block)
        return {"per_s": repetitions * len(blocks) / (process_time() - start)}

    return sample
