"""What CI-V and audio tell about their owner, made harmless and kept in form."""

import pytest

from icom_proto.codes import Codec
from icom_sim.captures.scrub_audio import silenced
from icom_sim.captures.scrub_civ import masked


def frame(body: bytes) -> bytes:
    return b"\xfe\xfe\x98\xe0" + body + b"\xfd"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\x17CQ de W1AW/5", b"\x17XX xx X0XX/0"),
        (b"\x17K", b"\x17X"),
        (b"\x1a\x00\x00\x01\x00\x00\x40\x07\x14Home  42", None),
        (b"\x1a\x02\x01TEST DE W1AW", b"\x1a\x02\x01XXXX XX X0XX"),
        (b"\x1a\x05\x00\x91W1AW Joe", b"\x1a\x05\x00\x91X0XX Xxx"),
        (b"\x1f\x00W1AW    ", b"\x1f\x00X0XX    "),
        (b"\x29\x01\x1a\x02\x01QTH IS HERE", b"\x29\x01\x1a\x02\x01XXX XX XXXX"),
        (b"\x23\x00\x48\x12\x34\x50\x01", b"\x23\x00\x11\x11\x11\x11\x01"),
        (b"\x05\x00\x40\x07\x14\x00", b"\x05\x00\x40\x07\x14\x00"),
    ],
)
def test_texts_and_places_are_masked_and_the_rest_is_not(
    before: bytes, after: bytes | None
) -> None:
    if after is None:  # a memory: numbers, then its name
        after = before.replace(b"Home  42", b"Xxxx  00")
    assert masked(frame(before)) == frame(after)


def test_frames_in_pieces_and_in_a_row_are_masked_too() -> None:
    whole = frame(b"\x17HELLO") + frame(b"\x03")
    assert masked(whole) == frame(b"\x17XXXXX") + frame(b"\x03")
    assert masked(b"LLO OM\xfd" + frame(b"\x17K")) == b"XXX XX\xfd" + frame(b"\x17X")
    assert masked(b"\xfe\xfe\x98\xe0\x17HE") == b"\xfe\xfe\x98\xe0\x17XX"
    assert masked(b"") == b""


@pytest.mark.parametrize(
    ("codec", "silence"),
    [
        (Codec.ULAW_MONO, b"\xff"),
        (Codec.PCM8_STEREO, b"\x80"),
        (Codec.PCM16_MONO, b"\0"),
        (None, b"\0"),
    ],
)
def test_samples_become_those_of_silence(codec: Codec | None, silence: bytes) -> None:
    assert silenced(codec, b"abcdef") == silence * 6


def parsed_opus(packet: bytes) -> tuple[int, int, list[int]]:
    """Configuration, frames and their sizes, by RFC 6716, 3.2."""
    config, code = packet[0] >> 2, packet[0] & 3
    if code == 0:
        return config, 1, [len(packet) - 1]
    assert code == 3
    frames, rest = packet[1] & 0x3F, packet[2:]
    if packet[1] & 0x40:
        while rest[0] == 255:
            rest = rest[1 : 1 + len(rest) - 1 - 254]
        padding, rest = rest[0], rest[1:]
        rest = rest[: len(rest) - padding]
    assert len(rest) % frames == 0
    return config, frames, [len(rest) // frames] * frames


@pytest.mark.parametrize("size", [1, 2, 3, 4, 255, 256, 257, 258, 511, 512, 1300])
@pytest.mark.parametrize(("code", "frames"), [(0, 1), (1, 2), (3, 3)])
def test_opus_packets_stay_valid_and_empty(size: int, code: int, frames: int) -> None:
    first = 0xF8 | code
    packet = bytes((first, frames)) + bytes(size)
    silent = silenced(Codec.OPUS_MONO, packet[:size])
    assert len(silent) == size
    config, count, sizes = parsed_opus(silent)
    assert config == first >> 2
    assert set(sizes) == {0}
    if size > 1:
        assert count == frames
