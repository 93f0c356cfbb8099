"""Transmitted audio in time: each block when it is due, whenever it was handed in."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depth import examples
from foreign_radio import AUDIO, CONFIG, ForeignRadio
from forge import bodies, of
from icom_proto.audio_durations import opus_duration_s, payload_duration_s
from icom_proto.audio_formats import FORMATS, RATE_BITS, block_frames, block_size
from icom_proto.audio_pacer import LATE_S_MAX, QUEUED_S_MAX
from icom_proto.codes import Codec
from icom_proto.errors import LocalProtocolError
from icom_proto.events import AudioSent, Output, SessionClosed
from icom_proto.packets import AudioData

BLOCK, BLOCK_S = bytes(1920), 0.02
SIZED = [codec for codec, facts in FORMATS.items() if facts.frame_bytes]


class Sending:
    """A client that is ready, and when what it sent left."""

    def __init__(self, codec: Codec = Codec.PCM16_MONO, rate_hz: int = 48000) -> None:
        config = replace(CONFIG, tx_codec=codec, tx_rate_hz=rate_hz)
        self.radio = ForeignRadio(config)
        self.radio.make_ready()
        self.client = self.radio.client
        self.radio.wait(0.0)
        self.start = self.radio.now

    def push(self, audio: bytes, duration_s: float | None = None) -> None:
        self.client.send_audio(audio, self.radio.now, duration_s=duration_s)

    def sent(self, seconds: float) -> list[tuple[float, int]]:
        """When, after the start, and how many bytes; datagrams at one time added up."""
        found: list[tuple[float, int]] = []
        end = self.radio.now + seconds
        while True:
            for body in of(AudioData, bodies(self.radio.wait(0.0), AUDIO)):
                at, size = self.radio.now - self.start, len(body.data)
                if found and found[-1][0] == at:
                    size += found.pop()[1]
                found.append((at, size))
            deadline = self.client.next_timeout()
            if deadline is None or deadline > end:
                break
            self.radio.now = max(deadline, self.radio.now)
        self.radio.wait(end - self.radio.now)
        return found


def times(found: list[tuple[float, int]]) -> list[float]:
    return [at for at, _ in found]


def test_the_first_block_leaves_at_once_and_each_next_one_a_block_later() -> None:
    sending = Sending()
    for _ in range(5):
        sending.push(BLOCK)
    found = sending.sent(1.0)
    assert times(found) == pytest.approx([step * BLOCK_S for step in range(5)])
    assert {size for _, size in found} == {1920}


def test_after_a_pause_nothing_is_made_up_for() -> None:
    sending = Sending()
    sending.push(BLOCK)
    sending.sent(5.0)
    for _ in range(3):
        sending.push(BLOCK)
    assert times(sending.sent(1.0)) == pytest.approx([5.0, 5.02, 5.04])


@pytest.mark.parametrize("codec", SIZED)
@pytest.mark.parametrize("rate_hz", RATE_BITS)
def test_a_block_lasts_as_long_as_codec_rate_and_size_say(
    codec: Codec, rate_hz: int
) -> None:
    sending = Sending(codec, rate_hz)
    block = bytes(block_size(codec, rate_hz))
    for _ in range(3):
        sending.push(block)
    duration_s = block_frames(rate_hz) / rate_hz
    assert times(sending.sent(1.0)) == pytest.approx([0, duration_s, 2 * duration_s])


def test_short_blocks_follow_each_other_sooner() -> None:
    sending = Sending()
    for _ in range(4):
        sending.push(bytes(960))
    assert times(sending.sent(1.0)) == pytest.approx([0, 0.01, 0.02, 0.03])


def test_a_long_piece_of_pcm_is_cut_into_blocks() -> None:
    sending = Sending()
    sending.push(bytes(1920 * 3 + 480))
    found = sending.sent(1.0)
    assert [size for _, size in found] == [1920, 1920, 1920, 480]
    assert times(found) == pytest.approx([0, 0.02, 0.04, 0.06])


@pytest.mark.parametrize(
    ("head", "ms"),
    [
        ("00", 10),
        ("18", 60),
        ("60", 10),
        ("68", 20),
        ("80", 2.5),
        ("98", 20),
        ("99", 40),
        ("9a", 40),
        ("9b03", 60),
        ("8306", 15),
    ],
)
def test_an_opus_packet_says_how_long_it_is(head: str, ms: float) -> None:
    """RFC 6716, 3.1: configuration, then how many frames."""
    packet = bytes.fromhex(head) + bytes(40)
    assert opus_duration_s(packet) == pytest.approx(ms / 1000)
    assert payload_duration_s(Codec.OPUS_MONO, 48000, packet) == pytest.approx(
        ms / 1000
    )


@pytest.mark.parametrize("packet", ["03", "0300", "1b3f", "1b03"])
def test_what_is_no_opus_packet_counts_as_the_usual_20_ms(packet: str) -> None:
    assert opus_duration_s(bytes.fromhex(packet)) == pytest.approx(0.02)


def test_who_knows_better_says_how_long_a_block_is() -> None:
    sending = Sending()
    for _ in range(2):
        sending.push(BLOCK, duration_s=0.06)
    assert times(sending.sent(1.0)) == pytest.approx([0, 0.06])


def test_a_second_may_wait_and_no_more() -> None:
    sending = Sending()
    sending.push(BLOCK)  # leaves at once
    sending.push(bytes(1920 * 50))
    assert sending.client.audio_queued_s == pytest.approx(QUEUED_S_MAX)
    with pytest.raises(LocalProtocolError, match="allowed is 1 s"):
        sending.push(bytes(2))
    assert sending.client.audio_queued_s == pytest.approx(QUEUED_S_MAX)
    assert len(sending.sent(2.0)) == 51
    assert sending.client.audio_queued_s == 0


def test_an_empty_block_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="empty"):
        Sending().push(b"")
    with pytest.raises(LocalProtocolError, match="empty"):
        Sending().push(b"", duration_s=BLOCK_S)


@pytest.mark.parametrize("duration_s", [-1.0, 0.0, 1e-9, float("nan"), float("inf")])
def test_a_duration_that_cannot_be_is_refused_and_changes_nothing(
    duration_s: float,
) -> None:
    sending = Sending()
    with pytest.raises(LocalProtocolError, match="allowed is"):
        sending.push(BLOCK, duration_s=duration_s)
    for _ in range(2):
        sending.push(BLOCK)
    assert times(sending.sent(1.0)) == pytest.approx([0, BLOCK_S])


def test_it_is_told_when_a_block_that_waited_has_left() -> None:
    sending = Sending()
    for _ in range(3):
        sending.push(BLOCK)
    assert sending.client.audio_queued_s == pytest.approx(0.04)
    told = of(AudioSent, sending.radio.wait(1.0))
    assert [each.queued_s for each in told] == pytest.approx([0.02, 0.0])


def test_a_driver_that_was_held_up_catches_up_at_twice_the_pace() -> None:
    sending = Sending()
    sending.push(bytes(1920 * 10))
    sending.radio.wait(0.0)
    sending.radio.now += 0.06  # the loop was busy: three blocks are late
    late = sending.sent(1.0)
    gaps = [b - a for a, b in pairwise(times(late))]
    assert min(gaps) >= BLOCK_S / 2 - 1e-9
    assert times(late)[-1] == pytest.approx(9 * BLOCK_S)


def test_a_driver_that_slept_starts_anew() -> None:
    sending = Sending()
    sending.push(bytes(1920 * 4))
    sending.radio.wait(0.0)
    sending.radio.now += BLOCK_S + 2 * LATE_S_MAX
    late = times(sending.sent(1.0))
    assert late == pytest.approx([late[0], late[0] + 0.02, late[0] + 0.04])


def test_who_leaves_sends_nothing_more() -> None:
    sending = Sending()
    sending.push(bytes(1920 * 20))
    sending.radio.wait(0.0)
    sending.client.close(sending.radio.now)
    outputs: list[Output] = sending.radio.wait(5.0)
    assert not of(AudioData, bodies(outputs, AUDIO))
    assert of(SessionClosed, outputs)
    assert sending.client.audio_queued_s == 0


@given(pushes=st.lists(st.tuples(st.integers(1, 6), st.floats(0, 0.3)), max_size=20))
@examples(50)
def test_however_blocks_come_they_never_leave_in_a_burst(
    pushes: list[tuple[int, float]],
) -> None:
    sending = Sending()
    found, handed_in = [], 0
    for count, pause_s in pushes:
        if sending.client.audio_queued_s + count * BLOCK_S < QUEUED_S_MAX:
            handed_in += count
            for _ in range(count):
                sending.push(BLOCK)
        found += sending.sent(pause_s)
    found += sending.sent(2.0)
    assert sum(size for _, size in found) == handed_in * 1920
    gaps = [b - a for (a, _), (b, _) in pairwise(found)]
    assert all(gap >= BLOCK_S - 1e-9 for gap in gaps)
