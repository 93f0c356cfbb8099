"""Audio for tests: a tone, as PCM and as a radio sends it; samples that count."""

import array
import math
import sys
from functools import cache

import opuslib

from icom_lan.opus_library import OpusEncoder
from icom_proto.audio_formats import (
    Coding,
    block_size,
    encode_from_pcm16,
    format_of,
    split_sizes,
)
from icom_proto.codes import Codec

AMPLITUDE = 16000
SECONDS = 0.24  # of what `sent` gives


@cache
def tone(rate_hz: int, channels: int, seconds: float, tone_hz: float = 1000) -> bytes:
    """The same on each channel."""
    step = math.tau * tone_hz / rate_hz
    samples = array.array("h")
    for at in range(round(rate_hz * seconds)):
        samples.extend([round(AMPLITUDE * math.sin(step * at))] * channels)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


@cache
def sent(codec: Codec, rate_hz: int) -> list[bytes]:
    """Payloads as a radio sends a tone: blocks of 20 ms, cut at 1364 bytes."""
    facts = format_of(codec)
    if facts.coding is Coding.OPUS:
        encoder = OpusEncoder(48000, facts.channels)
        pcm = tone(48000, facts.channels, SECONDS)
        return [encoder.encode(frame) for frame in cut(pcm, 1920 * facts.channels)]
    encoded = encode_from_pcm16(codec, tone(rate_hz, facts.channels, SECONDS))
    return [
        payload
        for block in cut(encoded, block_size(codec, rate_hz))
        for payload in datagrams(block)
    ]


def datagrams(block: bytes) -> list[bytes]:
    payloads = []
    for size in split_sizes(len(block)):
        payloads.append(block[:size])
        block = block[size:]
    return payloads


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def counting(first: int, frames: int, channels: int = 1) -> bytes:
    """Samples that tell their places."""
    values = ((first + at) % 0x8000 for at in range(frames * channels))
    return array.array("h", values).tobytes()


def speech_with_copies(copies: int) -> list[bytes]:
    """Packets of a voice-like signal, by opuslib; with in-band FEC or without."""
    encoder = opuslib.Encoder(16000, 1, opuslib.APPLICATION_VOIP)
    control, ctl = opuslib.api.encoder.encoder_ctl, opuslib.api.ctl
    control(encoder.encoder_state, ctl.set_bitrate, 24000)
    control(encoder.encoder_state, ctl.set_inband_fec, copies)
    control(encoder.encoder_state, ctl.set_packet_loss_perc, 30)
    pcm = tone(16000, 1, 1.0, 300)
    return [encoder.encode(pcm[at : at + 640], 320) for at in range(0, 32000, 640)]
