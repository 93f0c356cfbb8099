"""Frames of PCM keep their places, whatever of the audio is lost."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icom_lan._audio_transcoder import PcmAudioFormat
from icom_lan.opus_library import OpusEncoder
from icom_lan.payloads import DatagramSizes
from icom_lan.pcm import PcmDecoder
from icom_lan.resampler import CONTEXT
from icom_proto.audio_formats import (
    FORMATS,
    block_frames,
    block_size,
    decode_to_pcm16,
    encode_from_pcm16,
    format_of,
)
from icom_proto.codes import Codec
from icom_sim.audio_quality import tone_share
from lan.tones import counting, cut, datagrams, sent, speech_with_copies, tone

FRAMES_MS = (10, 20, 40, 60)
SIZED = [codec for codec, facts in FORMATS.items() if facts.frame_bytes]


def with_losses(
    decoder: PcmDecoder, payloads: Sequence[bytes], lost: Sequence[bool]
) -> list[bytes | None]:
    frames = []
    for payload, gone in zip(payloads, lost, strict=True):
        frames += decoder.lose(1) if gone else decoder.feed(payload)
    return frames


def frames_hit(
    payloads: Sequence[bytes], lost: Sequence[bool], frame_bytes: int
) -> set[int]:
    """Which frames of so many payload bytes have a lost byte in them."""
    hit, at = set(), 0
    for payload, gone in zip(payloads, lost, strict=True):
        if gone:
            end = at + len(payload)
            hit |= set(range(at // frame_bytes, -(end // -frame_bytes)))
        at += len(payload)
    return hit


@given(
    st.sampled_from(SIZED),
    st.sampled_from([48000, 24000, 16000, 12000, 8000]),
    st.sampled_from(FRAMES_MS),
    st.lists(st.booleans(), min_size=1, max_size=40),
)
@pytest.mark.check("9.7")
def test_frames_keep_their_places_whatever_is_lost(
    codec: Codec, rate_hz: int, frame_ms: int, losses: list[bool]
) -> None:
    channels = format_of(codec).channels
    target = PcmAudioFormat(rate_hz, channels, frame_ms)
    blocks = [
        encode_from_pcm16(codec, counting(at * 999, block_frames(rate_hz), channels))
        for at in range(len(losses))
    ]
    payloads = [each for block in blocks for each in datagrams(block)][: len(losses)]
    frames = with_losses(PcmDecoder(codec, rate_hz, target), payloads, losses)
    original = decode_to_pcm16(codec, b"".join(payloads))
    expected: list[bytes | None] = list(cut(original, target.frame_bytes))
    if len(original) % target.frame_bytes:
        expected.pop()
    size = target.frame_samples * format_of(codec).frame_bytes
    for at in frames_hit(payloads, losses, size):
        expected[at : at + 1] = [None] if at < len(expected) else []
    assert frames == expected


@pytest.mark.check("9.7")
def test_the_second_datagram_of_a_block_is_the_smaller_one() -> None:
    decoder = PcmDecoder(Codec.PCM16_MONO, 48000, PcmAudioFormat(frame_ms=10))
    blocks = [counting(at * 960, 960) for at in range(3)]
    frames = decoder.feed(blocks[0][:1364]) + decoder.lose(1)
    assert frames == [blocks[0][:960], None]
    assert decoder.feed(blocks[1][:1364]) == [blocks[1][:960]]
    assert decoder.feed(blocks[1][1364:]) == [blocks[1][960:]]


def test_many_lost_datagrams_in_a_row_keep_the_time() -> None:
    decoder = PcmDecoder(Codec.PCM16_STEREO, 48000, PcmAudioFormat(channels=2))
    assert decoder.lose(3 * 500) == [None] * 500
    block = counting(0, 960, 2)
    assert [f for each in datagrams(block) for f in decoder.feed(each)] == [block]


@pytest.mark.parametrize("size", [1920, 960, 3840])
def test_a_sender_that_does_not_cut_its_blocks_is_understood(size: int) -> None:
    decoder = PcmDecoder(Codec.PCM16_MONO, 48000, PcmAudioFormat(frame_ms=10))
    pcm = counting(0, size // 2 * 3)
    first, _, third = cut(pcm, size)
    frames = decoder.feed(first) + decoder.lose(1) + decoder.feed(third)
    lost = [None] * (size // 960)
    assert frames == [*cut(first, 960), *lost, *cut(third, 960)]


def sizes_lost(seen: Sequence[int], then_lost: int) -> list[int]:
    sizes = DatagramSizes((1364, 556))
    for size in seen:
        sizes.arrived(size)
    return [sizes.lost() for _ in range(then_lost)]


@pytest.mark.parametrize(
    ("seen", "lost"),
    [
        ((), [1364, 556, 1364]),
        ((1364,), [556, 1364]),
        ((556,), [1364, 556]),  # we joined in the middle of a block
        ((1364, 1364, 1112), [1364, 1364, 1112, 1364]),  # blocks of 40 ms
        ((1364, 1364, 1112, 1364), [1364, 1112, 1364]),
        ((1364, 1364, 1112, 1364, 1364), [1112, 1364]),
        ((1112, 1364, 1364, 1112), [1364, 1364, 1112]),  # joined at the end of one
        ((556, 1364, 1364, 556), [1364, 1364, 556]),  # the rest is that of 20 ms
        ((1364, 1364, 1112, 1364, 556), [1364, 556]),  # it changed its mind
        ((1920,), [1920, 1920]),
        ((1920, 1364, 556), [1364, 556]),
        ((960, 1364), [1364]),
        ((1364,) * 100, [1364, 1364]),
    ],
)
def test_a_lost_datagram_has_the_size_that_is_due(
    seen: tuple[int, ...], lost: list[int]
) -> None:
    assert sizes_lost(seen, len(lost)) == lost


def test_a_block_with_a_loss_in_it_does_not_teach_how_blocks_are_cut() -> None:
    sizes = DatagramSizes((1364, 1364, 1112))
    sizes.arrived(1364)
    assert sizes.lost() == 1364
    sizes.arrived(1112)
    assert [sizes.lost() for _ in range(3)] == [1364, 1364, 1112]


@pytest.mark.parametrize("frame_ms", FRAMES_MS)
@pytest.mark.parametrize(
    ("rate_hz", "to_hz"), [(48000, 16000), (44100, 48000), (11025, 8000), (8000, 48000)]
)
@pytest.mark.check("9.7")
def test_through_another_rate_only_frames_at_the_hole_are_touched(
    rate_hz: int, to_hz: int, frame_ms: int
) -> None:
    codec, target = Codec.PCM16_MONO, PcmAudioFormat(to_hz, 1, frame_ms)
    pcm = tone(rate_hz, 1, 0.6, 400)
    payloads = [
        payload
        for block in cut(pcm, block_size(codec, rate_hz))
        for payload in datagrams(block)
    ]
    lost = [10 <= at < 12 for at in range(len(payloads))]
    intact = with_losses(
        PcmDecoder(codec, rate_hz, target), payloads, [False] * len(lost)
    )
    frames = with_losses(PcmDecoder(codec, rate_hz, target), payloads, lost)
    assert len(frames) == len(intact)
    start = sum(map(len, payloads[:10])) // 2 / rate_hz * to_hz
    end = sum(map(len, payloads[:12])) // 2 / rate_hz * to_hz
    reach = CONTEXT * to_hz / min(rate_hz, to_hz)
    for at, (frame, expected) in enumerate(zip(frames, intact, strict=True)):
        first, last = at * target.frame_samples, (at + 1) * target.frame_samples
        if first < end and last > start:
            assert frame is None
        else:
            assert frame is not None
            if last <= start - reach or first >= end + reach:
                assert frame == expected


@pytest.mark.check("9.7")
def test_a_lost_opus_packet_is_a_hole_and_the_rest_sounds_as_before() -> None:
    payloads = 2 * sent(Codec.OPUS_MONO, 48000)
    target = PcmAudioFormat()
    whole = [
        frame
        for each in [PcmDecoder(Codec.OPUS_MONO, 48000, target)]
        for payload in payloads
        for frame in each.feed(payload)
    ]
    decoder = PcmDecoder(Codec.OPUS_MONO, 48000, target)
    frames = [frame for each in payloads[:8] for frame in decoder.feed(each)]
    assert decoder.lose(3) == [None, None]  # the third is told with the next packet
    assert decoder.feed(payloads[11])[0] is None
    rest = [frame for each in payloads[12:] for frame in decoder.feed(each)]
    assert frames == whole[:8]
    assert len(rest) == len(payloads[12:])
    heard = b"".join(frame or b"" for frame in rest[2:])  # two packets to settle
    assert tone_share(heard, 48000, 1000) > 0.97


@pytest.mark.check("9.7")
def test_an_opus_packet_whose_copy_came_is_no_hole() -> None:
    packets = speech_with_copies(1)
    decoder = PcmDecoder(Codec.OPUS_MONO, 16000, PcmAudioFormat(16000))
    for packet in packets[:20]:
        decoder.feed(packet)
    assert decoder.lose(2) == [None]
    frames = decoder.feed(packets[22])
    assert [frame and len(frame) for frame in frames] == [640, 640]


def test_lost_opus_packets_are_as_long_as_the_last_one() -> None:
    encoder = OpusEncoder(48000, 1)
    decoder = PcmDecoder(Codec.OPUS_MONO, 48000, PcmAudioFormat(frame_ms=10))
    assert len(decoder.feed(encoder.encode(bytes(2 * 2880)))) == 6
    assert decoder.lose(1) == []
    assert decoder.lose(1) == [None] * 6
