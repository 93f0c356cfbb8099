"""Row 3.9, beside ours: opuslib's own classes, numpy tables, soxr's stream."""

import array
import importlib
from time import process_time

from benchmarks.contenders import Figures, Sample
from benchmarks.speech import opus_packets, voice


def opus_decode(rate_hz: int, channels: int) -> Sample:
    """`opuslib.Decoder`."""
    packets = opus_packets(rate_hz, channels)
    decoder = importlib.import_module("opuslib").Decoder(rate_hz, channels)
    frames = rate_hz // 50

    def sample() -> Figures:
        decode = decoder.decode
        start = process_time()
        for packet in packets:
            decode(packet, frames)
        return {"per_s": len(packets) / (process_time() - start)}

    return sample


def opus_encode() -> Sample:
    """`opuslib.Encoder`, 48 kHz mono."""
    encoder = importlib.import_module("opuslib").Encoder(48000, 1, "audio")
    blocks = [array.array("h", each).tobytes() for each in voice(48000, 1, 100)]

    def sample() -> Figures:
        encode = encoder.encode
        start = process_time()
        for block in blocks:
            encode(block, 960)
        return {"per_s": len(blocks) / (process_time() - start)}

    return sample


def ulaw_decode(count: int, take: bool) -> Sample:
    """A table of 256 samples, by index or by numpy's quickest way, to bytes."""
    numpy = importlib.import_module("numpy")
    table = numpy.arange(-128, 128, dtype="<i2") * 251  # what is in it costs nothing
    payloads = [
        bytes(sample & 0xFF for sample in block) for block in voice(48000, 1, 100)
    ]

    def sample() -> Figures:
        frombuffer, uint8 = numpy.frombuffer, numpy.uint8
        start = process_time()
        if take:
            for _ in range(count):
                for payload in payloads:
                    table.take(frombuffer(payload, uint8)).tobytes()
        else:
            for _ in range(count):
                for payload in payloads:
                    table[frombuffer(payload, uint8)].tobytes()
        return {"per_s": count * len(payloads) / (process_time() - start)}

    return sample


def resample(from_hz: int, to_hz: int) -> Sample:
    """`soxr.ResampleStream`, which gives its output in bursts."""
    soxr = importlib.import_module("soxr")
    numpy = importlib.import_module("numpy")
    engine = soxr.ResampleStream(from_hz, to_hz, 1, "int16", "MQ")
    blocks = [array.array("h", each).tobytes() for each in voice(from_hz, 1, 100)]

    def sample() -> Figures:
        start = process_time()
        for block in blocks:
            engine.resample_chunk(numpy.frombuffer(block, "<i2")).tobytes()
        return {"per_s": len(blocks) / (process_time() - start)}

    return sample
