"""Payloads to PCM frames and back: every codec, rate, channel count; holes; errors."""

import math
from collections.abc import Callable, Iterator

import opuslib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icom_lan import AudioFormatError, AudioTranscodeError
from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.pcm import PcmDecoder, PcmEncoder
from icom_lan.resampler import CONTEXT
from icom_proto.audio_formats import (
    FORMATS,
    RATE_BITS,
    Coding,
    block_size,
    decode_to_pcm16,
    encode_from_pcm16,
    format_of,
    mono_to_stereo,
    samples_of,
    stereo_to_mono,
)
from icom_proto.codes import Codec
from icom_sim.audio_quality import tone_share
from lan.tones import SECONDS, counting, cut, datagrams, sent, tone
from lan.without_opuslib import run_without

RATES_HZ = (8000, 12000, 16000, 24000, 48000)
FRAMES_MS = (10, 20, 40, 60)
SIZED = [codec for codec, facts in FORMATS.items() if facts.frame_bytes]
# What of the energy is to be at the tone. Opus is not held to a figure by anyone.
SHARES = {Coding.PCM16: 0.99, Coding.ULAW: 0.97, Coding.PCM8: 0.97, Coding.OPUS: 0.97}
SETTLED_S = 0.04  # Opus looks ahead, and needs a packet or two

# All that a radio can grant. An Opus packet names no rate; 44100 Hz is none of Opus's.
GRANTS = [(codec, rate_hz) for codec in SIZED for rate_hz in RATE_BITS]
GRANTS += [
    (codec, rate_hz)
    for codec in (Codec.OPUS_MONO, Codec.OPUS_STEREO)
    for rate_hz in (8000, 44100, 48000)
]


def every_shape(first: int) -> Iterator[PcmAudioFormat]:
    """Each rate with each channel count; the frame lengths in turn, from a first."""
    shapes = [(rate_hz, channels) for rate_hz in RATES_HZ for channels in (1, 2)]
    for at, (rate_hz, channels) in enumerate(shapes, first):
        yield PcmAudioFormat(rate_hz, channels, FRAMES_MS[at % len(FRAMES_MS)])


def share(pcm: bytes, channels: int, rate_hz: int) -> float:
    mono = stereo_to_mono(pcm) if channels == 2 else pcm
    return tone_share(mono[round(rate_hz * SETTLED_S) * 2 :], rate_hz, 1000)


@pytest.mark.check("8.2", "9.8", "13.13")
@pytest.mark.parametrize(("codec", "rate_hz"), GRANTS)
def test_a_received_tone_is_a_tone_in_frames_of_the_size_asked_for(
    codec: Codec, rate_hz: int
) -> None:
    for target in every_shape(list(RATE_BITS).index(rate_hz)):
        decoder = PcmDecoder(codec, rate_hz, target)
        frames = [
            frame for each in sent(codec, rate_hz) for frame in decoder.feed(each)
        ]
        whole = [frame for frame in frames if frame is not None]
        assert len(whole) == len(frames)
        assert {len(frame) for frame in whole} == {target.frame_bytes}
        late_ms = 1000 * CONTEXT / min(rate_hz, target.sample_rate)
        # 20 ms of 11025 Hz are rounded down.
        assert len(frames) >= (0.99 * SECONDS * 1000 - late_ms) // target.frame_ms
        found = share(b"".join(whole), target.channels, target.sample_rate)
        assert found > SHARES[format_of(codec).coding], target


@pytest.mark.check("8.2", "13.13")
@pytest.mark.parametrize(("codec", "rate_hz"), GRANTS)
def test_a_tone_is_sent_as_a_tone_in_blocks_of_20_ms(
    codec: Codec, rate_hz: int
) -> None:
    facts = format_of(codec)
    for source in every_shape(list(RATE_BITS).index(rate_hz)):
        encoder = PcmEncoder(codec, rate_hz, source)
        pcm = tone(source.sample_rate, source.channels, SECONDS)
        blocks = [
            block
            for frame in cut(pcm, source.frame_bytes)
            for block in encoder.feed(frame)
        ]
        blocks += encoder.flush()
        assert len(blocks) in {12, 13}  # 0.24 s; Opus flushes what it looked ahead
        if facts.coding is Coding.OPUS:
            opus = opuslib.Decoder(48000, facts.channels)
            heard, heard_hz = b"".join(opus.decode(each, 960) for each in blocks), 48000
        else:
            assert {len(block) for block in blocks} == {block_size(codec, rate_hz)}
            heard = b"".join(decode_to_pcm16(codec, block) for block in blocks)
            heard_hz = rate_hz
        found = share(heard, facts.channels, heard_hz)
        assert found > SHARES[facts.coding], source


@pytest.mark.check("9.8")
@pytest.mark.parametrize("frame_ms", FRAMES_MS)
@pytest.mark.parametrize("codec", [Codec.PCM16_MONO, Codec.PCM16_STEREO])
def test_16_bit_at_its_own_rate_passes_untouched(codec: Codec, frame_ms: int) -> None:
    channels = format_of(codec).channels
    target = PcmAudioFormat(48000, channels, frame_ms)
    decoder, encoder = (
        PcmDecoder(codec, 48000, target),
        PcmEncoder(codec, 48000, target),
    )
    pcm = counting(5, 48000 * 120 // 1000, channels)
    blocks = encoder.feed(pcm)
    assert b"".join(blocks) == pcm
    frames = [f for b in blocks for each in datagrams(b) for f in decoder.feed(each)]
    assert frames == cut(pcm, target.frame_bytes)
    assert encoder.flush() == []


def test_mono_of_a_stereo_radio_is_the_mean_of_both_sides() -> None:
    stereo = counting(0, 960, 2)
    decoder = PcmDecoder(Codec.PCM16_STEREO, 48000, PcmAudioFormat())
    frames = [frame for each in datagrams(stereo) for frame in decoder.feed(each)]
    assert frames == [stereo_to_mono(stereo)]
    encoder = PcmEncoder(Codec.PCM16_MONO, 48000, PcmAudioFormat(channels=2))
    assert encoder.feed(stereo) == [stereo_to_mono(stereo)]


def test_stereo_of_a_mono_radio_is_the_same_on_both_sides() -> None:
    mono = counting(0, 960)
    decoder = PcmDecoder(Codec.PCM16_MONO, 48000, PcmAudioFormat(channels=2))
    frames = [frame for each in datagrams(mono) for frame in decoder.feed(each)]
    assert frames == [mono_to_stereo(mono)]
    encoder = PcmEncoder(Codec.PCM16_STEREO, 48000, PcmAudioFormat())
    assert encoder.feed(mono) == [mono_to_stereo(mono)]


def test_left_stays_left_through_another_rate() -> None:
    left = tone(16000, 1, SECONDS)
    stereo = b"".join(each + bytes(2) for each in cut(left, 2))
    encoder = PcmEncoder(Codec.PCM16_STEREO, 48000, PcmAudioFormat(16000, 2))
    heard = samples_of(b"".join(encoder.feed(stereo)))
    assert max(heard[0::2]) > 15000
    assert not any(heard[1::2])


# Time


@pytest.mark.parametrize("to_hz", RATES_HZ)
@pytest.mark.parametrize("rate_hz", RATE_BITS)
def test_frames_come_at_the_pace_of_blocks_and_never_later_than_said(
    rate_hz: int, to_hz: int
) -> None:
    """soxr's own stream would give nothing for 0.15 s and then eight frames at once."""
    decoder = PcmDecoder(Codec.PCM16_MONO, rate_hz, PcmAudioFormat(to_hz))
    block = bytes(block_size(Codec.PCM16_MONO, rate_hz))
    context_s = CONTEXT / min(rate_hz, to_hz) if rate_hz != to_hz else 0
    given = 0
    for number in range(1, 60):
        now = len(decoder.feed(block))
        given += now
        assert now <= 1
        fed_s = number * (len(block) // 2) / rate_hz
        assert given >= math.floor((fed_s - context_s) / 0.02 - 1e-6)


@pytest.mark.parametrize(
    ("rate_hz", "to_hz"), [(11025, 48000), (44100, 48000), (22050, 8000)]
)
def test_after_minutes_a_click_stands_where_it_stood(rate_hz: int, to_hz: int) -> None:
    """Ten minutes in pieces of 2 s; places are whole numbers, so hours are the same."""
    target = PcmAudioFormat(to_hz, 1, 60)
    decoder = PcmDecoder(Codec.PCM16_MONO, rate_hz, target)
    frames = [
        frame for _ in range(300) for frame in decoder.feed(bytes(2 * 2 * rate_hz))
    ]
    silent = len(frames)
    place = 600 * rate_hz + 5000
    click = bytearray(2 * 2 * rate_hz)
    click[10000:10002] = b"\x00\x7f"
    heard = samples_of(b"".join(frame or b"" for frame in decoder.feed(bytes(click))))
    loudest = max(range(len(heard)), key=lambda at: abs(heard[at]))
    found = silent * target.frame_samples + loudest
    assert abs(found - place * to_hz / rate_hz) <= 1


@pytest.mark.parametrize(("source_hz", "rate_hz"), [(48000, 44100), (8000, 48000)])
def test_all_that_was_fed_is_sent_and_no_sample_more(
    source_hz: int, rate_hz: int
) -> None:
    encoder = PcmEncoder(Codec.PCM16_MONO, rate_hz, PcmAudioFormat(source_hz))
    pcm = tone(source_hz, 1, 3.0)
    blocks = [block for piece in cut(pcm, 998) for block in encoder.feed(piece)]
    blocks += encoder.flush()
    assert len(blocks) == 150
    assert tone_share(b"".join(blocks), rate_hz, 1000) > 0.99


# Sending


@given(st.lists(st.integers(0, 1500), max_size=12), st.sampled_from(SIZED))
@pytest.mark.check("13.13")
def test_the_size_of_the_pieces_makes_no_difference(
    sizes: list[int], codec: Codec
) -> None:
    channels = format_of(codec).channels
    source = PcmAudioFormat(48000, channels)
    pcm = counting(7, sum(sizes), channels)
    encoder, at, blocks = PcmEncoder(codec, 48000, source), 0, []
    for size in sizes:
        blocks += encoder.feed(pcm[at : at + size * 2 * channels])
        at += size * 2 * channels
    blocks += encoder.flush()
    length = 960 * 2 * channels
    padded = pcm.ljust(-(len(pcm) // -length) * length, b"\0")
    assert blocks == [encode_from_pcm16(codec, each) for each in cut(padded, length)]


@pytest.mark.parametrize("rate_hz", [16000, 48000])
@pytest.mark.parametrize("codec", [Codec.PCM16_MONO, Codec.ULAW_MONO, Codec.OPUS_MONO])
def test_after_a_flush_comes_a_new_stream(codec: Codec, rate_hz: int) -> None:
    encoder = PcmEncoder(codec, rate_hz, PcmAudioFormat(48000))
    assert encoder.flush() == []
    made = []
    for _ in range(2):
        blocks = encoder.feed(bytes(1000)) + encoder.flush()
        made.append(len(blocks))
        assert encoder.flush() == []
    assert made == [1, 1]
    encoder = PcmEncoder(codec, rate_hz, PcmAudioFormat(48000))
    assert encoder.feed(b"") + encoder.flush() == []


def test_what_opus_looks_ahead_is_sent_when_flushed() -> None:
    encoder = PcmEncoder(Codec.OPUS_MONO, 48000, PcmAudioFormat())
    blocks = encoder.feed(tone(48000, 1, 0.2))
    assert len(blocks) == 10
    assert len(encoder.flush()) == 1


# What is refused


@pytest.mark.parametrize("codec", [Codec.NONE, Codec.ADPCM_MONO, Codec(0xEE)])
def test_a_codec_that_is_none_is_refused_with_those_that_are(codec: Codec) -> None:
    for make in (PcmDecoder, PcmEncoder):
        with pytest.raises(AudioFormatError, match=f"{codec.name} .*PCM16_MONO.*OPUS"):
            make(codec, 48000, PcmAudioFormat())


@pytest.mark.parametrize("rate_hz", [0, -8000, 96000, 48001])
def test_a_rate_that_no_radio_has_is_refused_with_those_it_has(rate_hz: int) -> None:
    for make in (PcmDecoder, PcmEncoder):
        with pytest.raises(
            AudioFormatError, match=rf"{rate_hz} Hz: .*8000, 11025.*48000"
        ):
            make(Codec.PCM16_MONO, rate_hz, PcmAudioFormat())


@pytest.mark.check("8.11")
@pytest.mark.parametrize(
    ("codec", "payload", "says"),
    [
        (Codec.PCM16_MONO, bytes(3), "3 bytes is no whole number of 2-byte"),
        (Codec.PCM16_STEREO, bytes(6), "6 bytes is no whole number of 4-byte"),
        (Codec.OPUS_MONO, b"\xff" * 7, "7 bytes: corrupted stream"),
        (Codec.OPUS_MONO, b"", "0 bytes: it is empty"),
    ],
)
def test_a_payload_that_cannot_be_decoded_takes_no_place(
    codec: Codec, payload: bytes, says: str
) -> None:
    channels = format_of(codec).channels
    target = PcmAudioFormat(48000, channels)
    decoder = PcmDecoder(codec, 48000, target)
    decoder.lose(1)
    with pytest.raises(AudioTranscodeError, match=says):
        decoder.feed(payload)
    rest = [frame for each in sent(codec, 48000)[1:] for frame in decoder.feed(each)]
    assert rest[0] is None
    assert len(rest) == round(SECONDS * 50)
    assert None not in rest[1:]


@pytest.mark.check("8.8")
@pytest.mark.parametrize("pcm", [bytes(1), bytes(1922)])
def test_part_of_a_sample_frame_is_refused(pcm: bytes) -> None:
    encoder = PcmEncoder(Codec.PCM16_STEREO, 48000, PcmAudioFormat(channels=2))
    with pytest.raises(AudioFormatError, match=f"{len(pcm)} bytes: .*multiple of 4"):
        encoder.feed(pcm)
    assert encoder.flush() == []


@pytest.mark.parametrize("pcm", [None, "text", [0, 1]])
def test_pcm_that_is_no_bytes_is_refused(pcm: bytes) -> None:
    encoder = PcmEncoder(Codec.PCM16_MONO, 48000, PcmAudioFormat())
    with pytest.raises(AudioFormatError, match=f"bytes, not {type(pcm).__name__}"):
        encoder.feed(pcm)


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_pcm_may_stand_in_any_kind_of_bytes(kind: Callable[[bytes], bytes]) -> None:
    encoder = PcmEncoder(Codec.PCM16_MONO, 48000, PcmAudioFormat())
    pcm = counting(0, 960)
    assert encoder.feed(kind(pcm)) == [pcm]


@pytest.mark.check("8.6", "8.7")
def test_only_what_needs_a_library_fails_without_it() -> None:
    said = run_without(
        None,
        """
sys.modules["soxr"] = sys.modules["numpy"] = None
from icom_lan import AudioCodecBackendError
from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.pcm import PcmDecoder, PcmEncoder
from icom_proto.codes import Codec
PcmDecoder(Codec.ULAW_STEREO, 16000, PcmAudioFormat(16000)).feed(bytes(640))
for make in PcmDecoder, PcmEncoder:
    for codec, rate_hz in (Codec.PCM16_MONO, 44100), (Codec.OPUS_MONO, 48000):
        try:
            make(codec, rate_hz, PcmAudioFormat())
        except AudioCodecBackendError as problem:
            print(problem)
""",
    )
    receiving, opus, sending, opus_again = said.splitlines()
    assert receiving.startswith(
        "44100 Hz to 48000 Hz needs soxr, which is not installed"
    )
    assert "pip install 'icom-lan-kit[audio]'" in receiving
    assert sending.startswith("48000 Hz to 44100 Hz needs soxr")
    assert opus == opus_again
    assert opus.startswith("Opus needs opuslib, which is not installed")
