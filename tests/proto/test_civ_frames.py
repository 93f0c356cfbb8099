"""The splitter against the torture vectors of CIV.md 9.7, and what holds for all bytes.

Goal of the properties: how a stream is cut into datagrams never matters, no bytes
raise, and the memory kept between two datagrams has a limit.
"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icom_proto.civ_frames import (
    BODY_MAX,
    NG,
    OK,
    PARTIAL_HOLD_S,
    CivSplitter,
    build_frame,
    frame_body,
    frame_source,
    frame_to,
    is_frame,
)
from icom_proto.errors import LocalProtocolError

ACK = bytes.fromhex("FEFEE0A4FBFD")


def split(*datagrams: str) -> list[str]:
    splitter = CivSplitter()
    return [
        frame.hex(" ").upper()
        for datagram in datagrams
        for frame in splitter.feed(bytes.fromhex(datagram), 0.0)
    ]


TORTURE: dict[str, tuple[list[str], list[str]]] = {
    "two frames": (
        ["FE FE E0 A4 FB FD FE FE E0 A4 15 02 00 05 FD"],
        ["FE FE E0 A4 FB FD", "FE FE E0 A4 15 02 00 05 FD"],
    ),
    "junk before": (["00 12 FE FE E0 A4 FB FD"], ["FE FE E0 A4 FB FD"]),
    "extra FE": (["FE FE FE FE E0 A4 FB FD"], ["FE FE E0 A4 FB FD"]),
    "truncated frame": (
        ["FE FE E0 A4 15 02 FE FE E0 A4 FB FD"],
        ["FE FE E0 A4 FB FD"],
    ),
    "cut in two": (["FE FE E0", "A4 FB FD"], ["FE FE E0 A4 FB FD"]),
    "no command": (["FE FE E0 A4 FD"], []),
    "jam before": (["FC FC FC FC FC FE FE E0 A4 FB FD"], ["FE FE E0 A4 FB FD"]),
    "echo and answer": (
        ["FE FE A4 E0 03 FD FE FE E0 A4 03 00 40 07 14 00 FD"],
        ["FE FE A4 E0 03 FD", "FE FE E0 A4 03 00 40 07 14 00 FD"],
    ),
    "another device": (["FE FE E1 AA 1C 03 00 FD"], ["FE FE E1 AA 1C 03 00 FD"]),
    "unknown mode": (["FE FE E0 A4 04 FF FD"], ["FE FE E0 A4 04 FF FD"]),
    # From here on: 1.1, 1.6 and 1.7 without a vector of their own.
    "lost first FE": (["FE E0 A4 FB FD"], ["FE FE E0 A4 FB FD"]),
    "lost FE between frames": (
        ["FE FE E0 A4 FB FD FE E0 A4 15 02 00 05 FD"],
        ["FE FE E0 A4 FB FD", "FE FE E0 A4 15 02 00 05 FD"],
    ),
    "jam as a frame": (["FE FE FC FC FC FD"], []),
    "padding between frames": (
        ["FE FE E0 A4 FB FD FF FF FE FE E0 A4 FA FD"],
        ["FE FE E0 A4 FB FD", "FE FE E0 A4 FA FD"],
    ),
    "end marks alone": (["FD FD FD FE FE E0 A4 FB FD FD"], ["FE FE E0 A4 FB FD"]),
    "nothing": ([""], []),
    "a byte at a time": (
        ["FE", "FE", "E0", "A4", "FB", "FD"],
        ["FE FE E0 A4 FB FD"],
    ),
}


@pytest.mark.parametrize("name", TORTURE)
def test_the_splitter_finds_the_frames_of_the_torture_vectors(name: str) -> None:
    datagrams, frames = TORTURE[name]
    assert split(*datagrams) == frames


def test_a_partial_frame_waits_for_its_end_but_not_for_ever() -> None:
    for pause, frames in ((0.0, 1), (PARTIAL_HOLD_S * 0.9, 1), (PARTIAL_HOLD_S, 0)):
        splitter = CivSplitter()
        assert splitter.feed(ACK[:4], 100.0) == []
        assert len(splitter.feed(ACK[4:], 100.0 + pause)) == frames


def test_silence_counts_from_the_last_bytes_and_not_from_the_first() -> None:
    splitter = CivSplitter()
    for step, byte in enumerate(ACK[:-1]):
        assert splitter.feed(bytes([byte]), step * PARTIAL_HOLD_S * 0.9) == []
    assert splitter.feed(ACK[-1:], 5 * PARTIAL_HOLD_S * 0.9) == [ACK]


@pytest.mark.parametrize("cut", [1, 400, BODY_MAX + 1])
def test_the_longest_frame_passes_and_a_longer_one_is_dropped(cut: int) -> None:
    for extra, frames in ((0, 1), (1, 0)):
        frame = b"\xfe\xfe" + bytes(BODY_MAX + extra) + b"\xfd"
        splitter = CivSplitter()
        found = splitter.feed(frame[:cut], 0.0) + splitter.feed(frame[cut:], 0.0)
        assert len(found) == frames
        assert splitter.feed(ACK, 0.0) == [ACK], "and the stream goes on"


def test_a_frame_that_never_ends_does_not_fill_the_memory() -> None:
    """After the limit nothing is left: the end, when it comes, completes nothing."""
    splitter = CivSplitter()
    assert splitter.feed(ACK[:4], 0.0) == []
    for _ in range(100):
        assert splitter.feed(bytes(100), 0.0) == []
    assert splitter.feed(b"\xfd" + ACK, 0.0) == [ACK]


marks = st.sampled_from(bytes.fromhex("FE FD FC FF 00 E0 A4 03"))
streams = st.lists(marks | st.integers(0, 255), max_size=80).map(bytes)


@given(streams, st.lists(st.integers(0, 80), max_size=8))
def test_cutting_a_stream_anywhere_yields_the_same_frames(
    stream: bytes, cuts: list[int]
) -> None:
    whole = CivSplitter().feed(stream, 0.0)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    splitter = CivSplitter()
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert [f for piece in pieces for f in splitter.feed(piece, 0.0)] == whole


@given(streams)
def test_whatever_comes_out_is_a_frame_that_comes_out_of_itself(stream: bytes) -> None:
    for frame in CivSplitter().feed(stream, 0.0):
        assert is_frame(frame)
        assert CivSplitter().feed(frame, 0.0) == [frame]


@given(streams)
def test_a_proper_frame_survives_any_noise_in_front_of_it(noise: bytes) -> None:
    splitter = CivSplitter()
    splitter.feed(noise, 0.0)
    assert splitter.feed(ACK, 0.0)[-1] == ACK


bodies = st.binary(min_size=1, max_size=40).filter(
    lambda body: not {0xFD, 0xFE} & set(body)
)


@given(st.integers(0, 0xEF), st.integers(0, 0xEF), bodies)
def test_a_built_frame_comes_apart_into_what_it_was_made_of(
    to: int, source: int, body: bytes
) -> None:
    frame = build_frame(to, source, body)
    assert CivSplitter().feed(frame, 0.0) == [frame]
    assert (frame_to(frame), frame_source(frame)) == (to, source)
    assert frame_body(frame) == body


def test_ok_and_ng_are_six_bytes() -> None:
    assert build_frame(0xE0, 0xA4, OK).hex() == "fefee0a4fbfd"
    assert build_frame(0xE0, 0xA4, NG).hex() == "fefee0a4fafd"


@pytest.mark.parametrize("body", [b"", b"\x05\xfe", b"\x05\xfd", bytes(BODY_MAX - 1)])
def test_a_body_that_would_not_be_found_again_is_the_callers_fault(
    body: bytes,
) -> None:
    with pytest.raises(LocalProtocolError):
        build_frame(0xA4, 0xE0, body)


def test_an_address_that_is_a_mark_is_the_callers_fault() -> None:
    with pytest.raises(LocalProtocolError):
        build_frame(0xFE, 0xE0, b"\x03")
