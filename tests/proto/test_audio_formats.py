"""Audio formats against the tables of spec PROTOCOL.md 2.13, 8.2 and 8.3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icom_proto.audio_formats import (
    AUDIO_PAYLOAD_MAX,
    FORMATS,
    RATE_BITS,
    Coding,
    block_frames,
    block_size,
    decode_to_pcm16,
    encode_from_pcm16,
    format_of,
    mono_to_stereo,
    pcm_of,
    rates_of,
    samples_of,
    split_sizes,
    stereo_to_mono,
)
from icom_proto.codes import Codec
from icom_proto.errors import DecodeError, LocalProtocolError

# The table of 8.3: rate, then the payloads at 1, 2 and 4 bytes per sample frame.
PACKETIZATION = [
    (8000, (160,), (320,), (640,)),
    (12000, (240,), (480,), (960,)),
    (16000, (320,), (640,), (1280,)),
    (24000, (480,), (960,), (1364, 556)),
    (32000, (640,), (1280,), (1364, 1196)),
    (44100, (882,), (1364, 400), (1364, 1364, 800)),
    (48000, (960,), (1364, 556), (1364, 1364, 1112)),
]
BY_FRAME_BYTES = {
    1: (Codec.ULAW_MONO, Codec.PCM8_MONO),
    2: (Codec.PCM16_MONO, Codec.PCM8_STEREO, Codec.ULAW_STEREO),
    4: (Codec.PCM16_STEREO,),
}
SIZED = [codec for codecs in BY_FRAME_BYTES.values() for codec in codecs]

# The table of 8.2: sample, byte, what the byte decodes to.
ULAW = [
    (0, 0xFF, 0),
    (8, 0xFE, 8),
    (100, 0xF2, 104),
    (1000, 0xCE, 988),
    (8031, 0xA0, 7932),
    (16000, 0x90, 15996),
    (32124, 0x80, 32124),
    (32767, 0x80, 32124),
    (-1, 0x7F, 0),
    (-8, 0x7E, -8),
    (-100, 0x72, -104),
    (-1000, 0x4E, -988),
    (-8031, 0x20, -7932),
    (-16000, 0x10, -15996),
    (-32124, 0x00, -32124),
    (-32768, 0x00, -32124),
]
EVERY_SAMPLE = range(-32768, 32768)


def ulaw_by_the_formula(sample: int) -> int:
    """G.711 as 8.2 words it."""
    value = min(abs(sample), 32635) + 132
    exponent = value.bit_length() - 8
    mantissa = value >> (exponent + 3) & 15
    return ~((sample < 0) << 7 | exponent << 4 | mantissa) & 0xFF


@pytest.mark.parametrize(("rate_hz", "one", "two", "four"), PACKETIZATION)
def test_a_20_ms_block_is_split_as_the_table_says(
    rate_hz: int, one: tuple[int, ...], two: tuple[int, ...], four: tuple[int, ...]
) -> None:
    for frame_bytes, payloads in {1: one, 2: two, 4: four}.items():
        for codec in BY_FRAME_BYTES[frame_bytes]:
            assert split_sizes(block_size(codec, rate_hz)) == payloads


def test_splitting_loses_nothing_and_makes_no_empty_datagram() -> None:
    assert split_sizes(0) == ()
    assert split_sizes(AUDIO_PAYLOAD_MAX) == (AUDIO_PAYLOAD_MAX,)
    for total in range(5000):
        sizes = split_sizes(total)
        assert sum(sizes) == total
        assert sorted(sizes, reverse=True) == list(sizes)
        assert all(0 < size <= AUDIO_PAYLOAD_MAX for size in sizes)


@pytest.mark.parametrize("codec", SIZED)
def test_no_sample_frame_is_cut_by_the_split(codec: Codec) -> None:
    for rate_hz in RATE_BITS:
        for size in split_sizes(block_size(codec, rate_hz)):
            assert size % format_of(codec).frame_bytes == 0


def test_a_block_may_be_of_another_length_than_20_ms() -> None:
    assert block_size(Codec.PCM16_STEREO, 48000, ms=10) == 1920
    assert block_frames(48000, 60) == 2880


def test_a_block_at_11025_hz_is_rounded_down() -> None:
    assert block_frames(11025) == 220


def test_the_facts_name_coding_and_channels() -> None:
    assert format_of(Codec.ULAW_STEREO).coding is Coding.ULAW
    assert format_of(Codec.PCM16_STEREO).channels == 2
    assert format_of(Codec.OPUS_MONO).coding is Coding.OPUS
    stereo = {codec for codec, facts in FORMATS.items() if facts.channels == 2}
    assert {codec.name.endswith("STEREO") for codec in stereo} == {True}


@pytest.mark.parametrize("codec", [Codec.NONE, Codec.ADPCM_MONO, Codec(0xEE)])
def test_an_id_without_a_format_is_refused_by_name(codec: Codec) -> None:
    with pytest.raises(LocalProtocolError, match=rf"{codec.name} .*PCM16_MONO.*OPUS"):
        format_of(codec)


@pytest.mark.parametrize(
    "codec", [Codec.OPUS_MONO, Codec.OPUS_STEREO, Codec.NONE, Codec(0xEE)]
)
def test_what_cannot_be_converted_is_refused_with_the_codecs_that_can(
    codec: Codec,
) -> None:
    says = rf"{codec.name} .*ULAW_MONO, PCM8_MONO, PCM16_MONO.*ULAW_STEREO$"
    with pytest.raises(LocalProtocolError, match=says):
        decode_to_pcm16(codec, b"\0\0")
    with pytest.raises(LocalProtocolError, match=says):
        encode_from_pcm16(codec, b"\0\0")
    with pytest.raises(LocalProtocolError, match=says):
        block_size(codec, 48000)


def test_rate_bits_read_as_in_the_capabilities_of_radios() -> None:
    assert rates_of(0x8B01) == (48000, 24000, 16000, 12000, 8000)
    assert rates_of(0xFF01) == tuple(RATE_BITS)
    assert rates_of(0) == ()
    assert rates_of(0x00FE) == ()


def test_bits_tell_the_rates() -> None:
    assert rates_of(0) == ()
    assert rates_of(0x8B01) == (48000, 24000, 16000, 12000, 8000)


@pytest.mark.parametrize(("sample", "byte", "decoded"), ULAW)
def test_ulaw_is_g711_as_the_table_says(sample: int, byte: int, decoded: int) -> None:
    assert encode_from_pcm16(Codec.ULAW_MONO, pcm_of([sample])) == bytes([byte])
    assert decode_to_pcm16(Codec.ULAW_MONO, bytes([byte])) == pcm_of([decoded])


def test_ulaw_of_every_sample_follows_the_formula() -> None:
    encoded = encode_from_pcm16(Codec.ULAW_MONO, pcm_of(EVERY_SAMPLE))
    assert encoded == bytes(map(ulaw_by_the_formula, EVERY_SAMPLE))


def test_a_recorded_start_of_ulaw_decodes_to_silence_and_then_small_values() -> None:
    recorded = bytes.fromhex("fffffffffffffefcfc")  # 8.2, a public capture
    decoded = samples_of(decode_to_pcm16(Codec.ULAW_MONO, recorded))
    assert decoded == (0, 0, 0, 0, 0, 0, 8, 24, 24)


def test_pcm8_is_unsigned_with_silence_in_the_middle() -> None:
    pcm = pcm_of([0, 32767, -32767, -32768, 258, 128, -130])
    encoded = encode_from_pcm16(Codec.PCM8_MONO, pcm)
    assert encoded == bytes([0x80, 0xFF, 0x01, 0x01, 0x81, 0x80, 0x7F])
    decoded = decode_to_pcm16(Codec.PCM8_MONO, bytes([0x80, 0xFF, 0x01, 0x00]))
    assert samples_of(decoded) == (0, 32767, -32767, -32768)


def test_pcm8_of_every_sample_is_the_nearest_step() -> None:
    encoded = encode_from_pcm16(Codec.PCM8_MONO, pcm_of(EVERY_SAMPLE))
    nearest = [max(1, 128 + round(sample * 127 / 32767)) for sample in EVERY_SAMPLE]
    assert encoded == bytes(nearest)


@pytest.mark.parametrize("codec", [Codec.ULAW_MONO, Codec.PCM8_MONO])
def test_every_byte_an_encoder_makes_survives_the_way_to_pcm_and_back(
    codec: Codec,
) -> None:
    # µ-law has two zeros and PCM8 a byte beyond full scale: no encoder sends 0x7F as
    # the zero of a decoded sample, nor 0x00.
    made = encode_from_pcm16(codec, pcm_of(EVERY_SAMPLE))
    once = decode_to_pcm16(codec, made)
    assert decode_to_pcm16(codec, encode_from_pcm16(codec, once)) == once
    assert len(set(made)) == {Codec.ULAW_MONO: 256, Codec.PCM8_MONO: 255}[codec]


@given(st.lists(st.tuples(*[st.integers(-32768, 32767)] * 2), max_size=50))
def test_16_bit_codecs_pass_pcm_through_untouched(
    frames: list[tuple[int, int]],
) -> None:
    pcm = pcm_of([sample for frame in frames for sample in frame])
    for codec in (Codec.PCM16_MONO, Codec.PCM16_STEREO):
        assert encode_from_pcm16(codec, pcm) == decode_to_pcm16(codec, pcm) == pcm


@pytest.mark.parametrize("codec", SIZED)
def test_a_block_has_its_size_whatever_the_codec(codec: Codec) -> None:
    pcm = bytes(2 * block_frames(48000) * format_of(codec).channels)
    payload = encode_from_pcm16(codec, pcm)
    assert len(payload) == block_size(codec, 48000)
    assert decode_to_pcm16(codec, payload) == pcm


@pytest.mark.parametrize("codec", SIZED)
def test_part_of_a_sample_frame_is_refused(codec: Codec) -> None:
    facts = format_of(codec)
    if facts.frame_bytes > 1:
        with pytest.raises(DecodeError, match=f"{facts.frame_bytes + 1} bytes"):
            decode_to_pcm16(codec, bytes(facts.frame_bytes + 1))
    with pytest.raises(LocalProtocolError, match=f"{facts.channels} channels"):
        encode_from_pcm16(codec, bytes(2 * facts.channels + 1))


def test_mono_and_stereo_become_each_other() -> None:
    assert mono_to_stereo(pcm_of([1, -2, 300])) == pcm_of([1, 1, -2, -2, 300, 300])
    assert stereo_to_mono(
        pcm_of([1, 3, -32768, -32768, 32767, 32767, 0, -1])
    ) == pcm_of([2, -32768, 32767, -1])
    assert mono_to_stereo(b"") == stereo_to_mono(b"") == b""


@given(st.lists(st.tuples(*[st.integers(-32768, 32767)] * 2), max_size=50))
def test_mono_is_the_mean_of_left_and_right_in_every_sample_frame(
    frames: list[tuple[int, int]],
) -> None:
    stereo = pcm_of([sample for frame in frames for sample in frame])
    means = [left + right >> 1 for left, right in frames]
    assert samples_of(stereo_to_mono(stereo)) == tuple(means)


@given(st.lists(st.integers(-32768, 32767), max_size=50))
def test_mono_survives_the_way_to_stereo_and_back(samples: list[int]) -> None:
    assert stereo_to_mono(mono_to_stereo(pcm_of(samples))) == pcm_of(samples)


@given(st.binary(max_size=100))
def test_each_byte_becomes_one_sample_whatever_stands_around_it(payload: bytes) -> None:
    for codec in (Codec.ULAW_MONO, Codec.PCM8_MONO):
        alone = [decode_to_pcm16(codec, bytes([byte])) for byte in payload]
        assert decode_to_pcm16(codec, payload) == b"".join(alone)
