"""Packets on the air: what is sent is decoded, and nothing else is."""

import random

import pytest

from icom_proto.audio_formats import samples_of
from icom_proto.errors import DecodeError
from icom_sim.afsk.demodulator import Demodulator
from icom_sim.afsk.frames import FCS_GOOD, Ax25Frame, fcs
from icom_sim.afsk.hdlc import FRAME_BYTES_MAX, HdlcReceiver, levels_of
from icom_sim.afsk.modulator import modulate
from icom_sim.resampling import clipped_pcm

FRAME = Ax25Frame(
    "N0CALL-7", "APRS", "the quick brown fox ~~~ \xff\xff\xff", ("WIDE1-1",)
)


def decode(pcm: bytes, rate_hz: int, size: int = 1920) -> list[str]:
    """The frames in it, fed in pieces."""
    demodulator = Demodulator(rate_hz)
    pieces = [pcm[at : at + size] for at in range(0, len(pcm), size)]
    frames = [frame for piece in pieces for frame in demodulator.feed(piece)]
    return [str(Ax25Frame.decode(frame)) for frame in frames]


def noisy(pcm: bytes, level: float, seed: int = 1) -> bytes:
    rng = random.Random(seed)
    return clipped_pcm(each / 4 + rng.gauss(0, level) for each in samples_of(pcm))


def test_the_check_sum_is_the_one_of_the_standard() -> None:
    # The check value of CRC-16/X-25.
    assert fcs(b"123456789") ^ 0xFFFF == 0x906E
    assert fcs(FRAME.encode()) == FCS_GOOD


def test_a_frame_is_laid_out_as_the_standard_says() -> None:
    # AX.25 2.2, figure 3.5 and 3.6: letters shifted, the last address marked.
    frame = Ax25Frame("N7LEM", "NJ7P", "").encode()
    assert frame[:-2].hex(" ") == "9c 94 6e a0 40 40 60 9c 6e 98 8a 9a 40 61 03 f0"


def test_a_frame_survives_its_own_encoding() -> None:
    assert Ax25Frame.decode(FRAME.encode()) == FRAME
    assert str(FRAME).startswith("N0CALL-7>APRS,WIDE1-1:the quick")


@pytest.mark.parametrize("call", ["", "TOOLONG", "N0CALL-16", "n0call", "A-", "ÄÖ"])
def test_what_is_no_call_is_refused(call: str) -> None:
    with pytest.raises(DecodeError, match="is no call"):
        Ax25Frame(call, "APRS", "").encode()


def test_too_many_digipeaters_are_refused() -> None:
    with pytest.raises(DecodeError, match="8 are allowed"):
        Ax25Frame("A", "B", "", ("W",) * 9).encode()


def test_any_bytes_are_a_frame_or_refused() -> None:
    rng = random.Random(2)
    refused = 0
    for size in range(60):
        try:
            Ax25Frame.decode(rng.randbytes(size))
        except DecodeError:
            refused += 1
    assert refused > 30


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 44100, 48000])
def test_packets_are_decoded_at_any_rate(rate_hz: int) -> None:
    pcm = modulate([FRAME, Ax25Frame("A", "B", "second")], rate_hz)
    expected = [str(FRAME), "A>B:second"]
    assert decode(bytes(2000) + pcm + bytes(2000), rate_hz) == expected


@pytest.mark.parametrize("size", [2, 62, 100_000])
def test_it_does_not_matter_how_the_audio_is_cut(size: int) -> None:
    pcm = modulate([FRAME], 8000) + bytes(400)
    assert decode(pcm, 8000, size) == [str(FRAME)]


def test_a_lost_block_costs_its_packet_and_no_other() -> None:
    pcm = b"".join(modulate([Ax25Frame("A", "B", f"{at}")], 8000) for at in range(3))
    start = len(pcm) * 7 // 24 * 2  # in the middle one, beyond its flags
    hole = pcm[:start] + bytes(320) + pcm[start + 320 :]
    assert decode(hole + bytes(400), 8000) == ["A>B:0", "A>B:2"]


def test_packets_too_weak_are_not_made_up() -> None:
    pcm = b"".join(modulate([Ax25Frame("A", "B", f"{at}")], 8000) for at in range(4))
    assert len(decode(noisy(pcm, 1000) + bytes(400), 8000)) == 4
    assert decode(noisy(pcm, 12_000) + bytes(400), 8000) == []


def test_a_frame_of_the_longest_length_ends_and_a_longer_one_is_forgotten() -> None:
    def frames(text_bytes: int) -> list[bytes]:
        receiver = HdlcReceiver()
        frame = Ax25Frame("A", "B", "x" * text_bytes).encode()
        levels = levels_of([frame], 1, 1)
        return [each for level in levels if (each := receiver.feed(level)) is not None]

    longest = FRAME_BYTES_MAX - 18
    assert [len(each) for each in frames(longest)] == [FRAME_BYTES_MAX]
    assert frames(longest + 1) == []
