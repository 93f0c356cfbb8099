"""Audio datagrams: blocks cut and numbered, order kept, holes waited for in time."""

import random
from collections import deque
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depth import examples
from forge import drain, of, packets
from icom_proto.audio_formats import block_size, split_sizes
from icom_proto.audio_stream import (
    CLIENT_IDENTS,
    CLOCK_RUN,
    CLOCK_SAMPLE,
    HELD_MAX,
    PAUSE_S,
    RADIO_IDENTS,
    AudioReceiver,
    AudioSender,
    PlayoutClock,
    audio_recovery,
)
from icom_proto.codes import Codec, Role
from icom_proto.events import (
    AudioLost,
    AudioReceived,
    IgnoredWhy,
    Output,
    PacketIgnored,
)
from icom_proto.gap_tracker import OLD_RUN_S, START_REORDER_MAX
from icom_proto.link import Link
from icom_proto.link_states import LinkState
from icom_proto.packets import AudioData, CivOpenClose
from link_bench import bring_to, from_peer, make_link

DELAY_S, BLOCK_S = 0.1, 0.02
MONO_48K = Codec.PCM16_MONO, 48000  # two datagrams a block
ULAW_8K = Codec.ULAW_MONO, 8000  # one

# PROTOCOL.md 8.3, by rate: payload sizes for 1, 2 and 4 bytes a sample frame.
TABLE = {
    8000: ((160,), (320,), (640,)),
    12000: ((240,), (480,), (960,)),
    16000: ((320,), (640,), (1280,)),
    24000: ((480,), (960,), (1364, 556)),
    32000: ((640,), (1280,), (1364, 1196)),
    44100: ((882,), (1364, 400), (1364, 1364, 800)),
    48000: ((960,), (1364, 556), (1364, 1364, 1112)),
}
CODECS = (Codec.ULAW_MONO, Codec.PCM16_MONO, Codec.PCM16_STEREO)
ROWS = [
    (codec, rate_hz, sizes)
    for rate_hz, row in TABLE.items()
    for codec, sizes in zip(CODECS, row, strict=True)
]


class Receiver:
    """An audio receiver and what came out of it."""

    def __init__(
        self, codec: Codec = Codec.ULAW_MONO, rate_hz: int = 8000, delay_s: float = 0.1
    ) -> None:
        self.outputs: deque[Output] = deque()
        self.part = AudioReceiver(
            codec=codec, rate_hz=rate_hz, delay_s=delay_s, outputs=self.outputs
        )
        self.sizes = split_sizes(block_size(codec, rate_hz))

    def give(self, seq: int, now: float, data: bytes | None = None) -> list[int | str]:
        """One datagram arrives; the numbers handed out, and losses as `-first*n`."""
        if data is None:
            data = bytes(self.sizes[seq % len(self.sizes)])
        body = AudioData(ident=0x8106, send_seq=seq, data_length=len(data), data=data)
        self.part.handle_datagram(from_peer(body, seq), now)
        return self.out()

    def run_until(self, end: float) -> list[tuple[float, int | str]]:
        """Let time pass; what came out, and when."""
        found = []
        while (at := self.part.timers.next()) is not None and at <= end:
            self.part.handle_timeout(at)
            again = self.part.timers.next()
            assert again is None or again > at, "no driver can spin"
            found += [(at, what) for what in self.out()]
        return found

    def out(self) -> list[int | str]:
        found: list[int | str] = []
        while self.outputs:
            output = self.outputs.popleft()
            if isinstance(output, AudioReceived):
                found.append(output.send_seq)
            elif isinstance(output, AudioLost):
                found.append(f"-{output.first_seq}*{output.count}")
        return found


def sending_link(role: Role) -> Link:
    """Up, and with nothing withheld."""
    link = make_link(role)
    link.trust()
    bring_to(link, LinkState.UP)
    return link


# ---- sending -------------------------------------------------------------------------


@pytest.mark.parametrize(("codec", "rate_hz", "sizes"), ROWS)
def test_a_block_is_cut_as_the_table_says_and_put_together_again(
    codec: Codec, rate_hz: int, sizes: tuple[int, ...]
) -> None:
    link = sending_link(Role.RADIO)
    sender = AudioSender(link, RADIO_IDENTS)
    block = random.Random(rate_hz).randbytes(block_size(codec, rate_hz))
    sender.send(block, 0.0)
    sent = [(h, b) for h, b in packets(drain(link)) if isinstance(b, AudioData)]
    assert tuple(len(body.data) for _, body in sent) == sizes
    assert [header.length for header, _ in sent] == [size + 0x18 for size in sizes]
    receiver = Receiver(codec, rate_hz)
    for header, body in sent:
        receiver.part.handle_datagram(header.encode() + body.encode(), 0.0)
    assert b"".join(audio.data for audio in of(AudioReceived, receiver.outputs)) == (
        block
    )


def test_datagrams_are_numbered_on_and_the_first_of_a_block_is_marked() -> None:
    link = sending_link(Role.RADIO)
    sender = AudioSender(link, RADIO_IDENTS)
    for _ in range(2):
        sender.send(bytes(3840), 0.0)
    found = [
        (body.send_seq, body.ident)
        for body in of(AudioData, [body for _, body in packets(drain(link))])
    ]
    assert found == list(zip(count(), [0x8106, 0x8006, 0x8006, 0x8106, 0x8006, 0x8006]))


def test_audio_of_clients_has_one_ident() -> None:
    link = sending_link(Role.CLIENT)
    AudioSender(link, CLIENT_IDENTS).send(bytes(1920), 0.0)
    found = of(AudioData, [body for _, body in packets(drain(link))])
    assert {body.ident for body in found} == {0x8000}


def test_audio_numbers_wrap() -> None:
    link = sending_link(Role.CLIENT)
    sender = AudioSender(link, CLIENT_IDENTS)
    last = []
    for _ in range(0x10001):
        sender.send(b"\0", 0.0)
        last = of(AudioData, [body for _, body in packets(drain(link)[-1:])])
    assert last[0].send_seq == 0


# ---- order ---------------------------------------------------------------------------


def test_what_arrives_in_order_is_handed_on_at_once() -> None:
    receiver = Receiver()
    assert [receiver.give(seq, seq * BLOCK_S) for seq in range(4)] == [
        [0],
        [1],
        [2],
        [3],
    ]
    assert receiver.part.timers.next() is None


def test_what_overtook_another_waits_for_it() -> None:
    receiver = Receiver()
    receiver.give(0, 0.0)
    assert receiver.give(2, 0.04) == []
    assert receiver.give(3, 0.06) == []
    assert receiver.give(1, 0.07) == [1, 2, 3]
    assert receiver.part.timers.next() is None
    assert receiver.part.counters.lost == 0


def test_the_first_datagrams_may_be_overtaken() -> None:
    """Senders count from 0."""
    receiver = Receiver()
    assert receiver.give(START_REORDER_MAX - 1, 0.2) == []
    for seq in range(START_REORDER_MAX - 2):
        assert receiver.give(seq, 0.2) == [seq]
    last = START_REORDER_MAX - 2
    assert receiver.give(last, 0.2) == [last, last + 1]


def test_a_stream_may_begin_anywhere() -> None:
    receiver = Receiver()
    assert receiver.give(START_REORDER_MAX, 0.0) == [START_REORDER_MAX]
    assert Receiver().give(40000, 0.0) == [40000]


def test_numbers_wrap_in_order_and_across_a_hole() -> None:
    receiver = Receiver()
    out = []
    for step, seq in enumerate([0xFFFD, 0xFFFE, 0, 0xFFFF, 1, 3]):
        out += receiver.give(seq, step * BLOCK_S)
    assert out == [0xFFFD, 0xFFFE, 0xFFFF, 0, 1]
    assert [what for _, what in receiver.run_until(1.0)] == ["-2*1", 3]


# ---- holes ---------------------------------------------------------------------------


def test_a_hole_is_given_up_when_its_datagram_would_have_to_be_played() -> None:
    receiver = Receiver()
    for seq in (0, 1, 3, 4, 5):
        receiver.give(seq, seq * BLOCK_S)
    ((at, lost), *rest) = receiver.run_until(1.0)
    assert at == pytest.approx(2 * BLOCK_S + DELAY_S)
    assert lost == "-2*1"
    assert [what for _, what in rest] == [3, 4, 5]
    assert receiver.part.counters.lost == 1


def test_the_fastest_transit_decides_when_that_is() -> None:
    """The first datagrams were slow by 50 ms; number 13 is the first that is looked at
    again."""
    receiver = Receiver()
    for seq in range(16):
        if seq != 14:
            receiver.give(seq, seq * BLOCK_S + (0.05 if seq < 5 else 0.0))
    ((at, what), _) = receiver.run_until(1.0)
    assert at == pytest.approx(14 * BLOCK_S + DELAY_S)
    assert what == "-14*1"


def test_both_datagrams_of_a_block_are_due_together() -> None:
    receiver = Receiver(*MONO_48K)
    for seq in range(40):
        if seq not in (31, 32, 35):
            receiver.give(seq, seq // 2 * BLOCK_S)
    found = receiver.run_until(2.0)
    losses = [(at, what) for at, what in found if isinstance(what, str)]
    assert [what for _, what in losses] == ["-31*1", "-32*1", "-35*1"]
    blocks = [(at - DELAY_S) / BLOCK_S for at, _ in losses]
    assert blocks == pytest.approx([15, 16, 17])


def test_two_holes_in_one_block_are_given_up_in_one_go() -> None:
    """Stereo has three datagrams a block: first and last are missing."""
    receiver = Receiver(Codec.PCM16_STEREO, 48000)
    for seq in range(30):
        if seq not in (21, 23):
            receiver.give(seq, seq // 3 * BLOCK_S)
    at = receiver.part.timers.next()
    assert at is not None
    receiver.part.handle_timeout(at)
    assert receiver.out() == ["-21*1", 22, "-23*1", *range(24, 30)]


def test_a_laptop_that_slept_gives_up_all_holes_at_once() -> None:
    receiver = Receiver()
    for seq in (0, 2, 4, 6):
        receiver.give(seq, seq * BLOCK_S)
    receiver.part.handle_timeout(3600.0)
    assert receiver.out() == ["-1*1", 2, "-3*1", 4, "-5*1", 6]
    assert receiver.part.timers.next() is None


def test_what_comes_too_late_is_counted_and_dropped() -> None:
    receiver = Receiver()
    for seq in (0, 2):
        receiver.give(seq, seq * BLOCK_S)
    receiver.run_until(1.0)
    assert receiver.give(1, 1.0) == []
    assert receiver.part.counters.late == 1
    assert receiver.give(3, 1.0) == [3]


def test_late_answers_to_requests_are_no_new_start() -> None:
    """Four numbers of a burst, given up, that come all the same, in a row."""
    receiver = Receiver()
    for seq in (0, 1, 7, 8):
        receiver.give(seq, seq * BLOCK_S)
    receiver.run_until(0.5)
    out = []
    for seq in range(2, 7):
        out += receiver.give(seq, 0.5)
    for step in range(5):
        out += receiver.give(9 + step, 0.5 + step * BLOCK_S)
        out += receiver.give(2 + step, 0.5 + step * BLOCK_S)
    assert out == [9, 10, 11, 12, 13]
    assert receiver.part.counters.restarts == 0


def test_only_so_many_are_held_and_a_larger_jump_is_a_new_start() -> None:
    receiver = Receiver()
    receiver.give(0, 0.0)
    assert receiver.give(1 + HELD_MAX, 0.01) == []
    assert receiver.give(2 + HELD_MAX, 0.01) == [
        f"-1*{HELD_MAX}",
        1 + HELD_MAX,
        2 + HELD_MAX,
    ]
    assert receiver.part.counters.restarts == 1


def test_a_jump_hands_out_what_is_held_first() -> None:
    receiver = Receiver()
    for seq in (0, 2, 5):
        receiver.give(seq, 0.0)
    assert receiver.give(5000, 0.01) == ["-1*1", 2, "-3*2", 5, 5000]
    assert receiver.give(5001, 0.03) == [5001]


def test_a_sender_that_begins_again_is_followed_after_a_moment() -> None:
    receiver = Receiver()
    for seq in range(1000, 1010):
        receiver.give(seq, seq * BLOCK_S)
    start = 1010 * BLOCK_S
    out = [
        what for seq in range(20) for what in receiver.give(seq, start + seq * BLOCK_S)
    ]
    dropped = round(OLD_RUN_S / BLOCK_S)
    assert out == list(range(dropped, 20))
    assert receiver.part.counters.restarts == 1


# ---- pauses --------------------------------------------------------------------------


def test_after_a_pause_of_the_sender_holes_are_waited_for_as_before() -> None:
    """As between two overs: numbers go on, time did not."""
    receiver = Receiver()
    for seq in range(20):
        receiver.give(seq, seq * BLOCK_S)
    start = 60.0
    for seq in (20, 21, 23, 24):
        receiver.give(seq, start + (seq - 20) * BLOCK_S)
    ((at, what), *_) = receiver.run_until(100.0)
    assert what == "-22*1"
    assert at == pytest.approx(start + 2 * BLOCK_S + DELAY_S)


def test_a_hole_right_after_a_pause_is_waited_for_too() -> None:
    receiver = Receiver()
    for seq in range(20):
        receiver.give(seq, seq * BLOCK_S)
    receiver.give(21, 60.0)
    assert receiver.give(20, 60.05) == [20, 21]


def test_a_short_delay_is_no_pause() -> None:
    receiver = Receiver()
    for seq in range(20):
        receiver.give(seq, seq * BLOCK_S)
    late = 21 * BLOCK_S + DELAY_S + PAUSE_S - 0.01
    receiver.give(21, late)
    assert [what for _, what in receiver.run_until(late)] == ["-20*1", 21]


# ---- the playout clock alone ---------------------------------------------------------


def test_the_clock_finds_out_which_datagram_begins_a_block() -> None:
    """It starts in the middle of one."""
    clock = PlayoutClock(1920, DELAY_S)
    clock.begin(7, 0.0)
    clock.observe(7, 556, 0.0)
    assert clock.due(8) - clock.due(7) == pytest.approx(BLOCK_S)
    assert clock.due(9) == clock.due(8)


def test_a_sender_that_does_not_split_its_blocks_takes_twice_the_time() -> None:
    """As icom-lan 0.7.0: 1920 bytes in one datagram."""
    clock = PlayoutClock(1920, DELAY_S)
    clock.begin(0, 0.0)
    clock.observe(0, 1920, 0.0)
    assert clock.due(10) == pytest.approx(10 * BLOCK_S + DELAY_S)


def test_the_clock_follows_a_slow_sender_and_survives_the_wrap() -> None:
    """A sender whose crystal is 100 ppm slow, for three rounds of its numbers."""
    clock = PlayoutClock(160, DELAY_S)
    clock.begin(0, 0.0)
    block_s = BLOCK_S * 1.0001
    for step in range(0, 3 * 0x10000, CLOCK_SAMPLE):
        clock.observe(step & 0xFFFF, 160, step * block_s)
    last = 3 * 0x10000
    late = last * block_s + DELAY_S - clock.due(last & 0xFFFF)
    assert 0 <= late < 2 * CLOCK_RUN * CLOCK_SAMPLE * (block_s - BLOCK_S) + 1e-6


def test_the_clock_forgets_a_datagram_that_was_too_fast() -> None:
    clock = PlayoutClock(160, DELAY_S)
    clock.begin(0, 0.0)
    clock.observe(13, 160, 0.0)  # 0.26 s before its time
    assert clock.due(26) < 26 * BLOCK_S
    for seq in range(26, (2 * CLOCK_RUN + 2) * CLOCK_SAMPLE, CLOCK_SAMPLE):
        clock.observe(seq, 160, seq * BLOCK_S)
    seq = (2 * CLOCK_RUN + 2) * CLOCK_SAMPLE
    assert clock.due(seq) == pytest.approx(seq * BLOCK_S + DELAY_S)


# ---- what is no audio ----------------------------------------------------------------


def test_an_open_or_close_on_audio_is_harmless() -> None:
    """icom-lan and rigplane send them (2.17)."""
    receiver = Receiver()
    receiver.part.handle_datagram(from_peer(CivOpenClose(action=4), 1), 0.0)
    assert not receiver.outputs
    assert receiver.part.counters.malformed == 0


@pytest.mark.parametrize("cut", [1, 4, 7])
@pytest.mark.parametrize("length", [0, 5])
def test_what_is_malformed_is_reported_and_dropped(cut: int, length: int) -> None:
    """Too short for its head, or not as long as its head says."""
    receiver = Receiver()
    body = AudioData(ident=0, send_seq=0, data_length=length, data=b"")
    raw = from_peer(body, 1)
    receiver.part.handle_datagram(raw[:-cut] if not length else raw + b"\0" * cut, 0.0)
    (ignored,) = of(PacketIgnored, receiver.outputs)
    assert ignored.why is IgnoredWhy.MALFORMED
    assert receiver.part.counters.malformed == 1


def test_a_codec_without_a_block_size_counts_datagrams() -> None:
    """Opus: one packet of any size is a block."""
    receiver = Receiver()
    receiver.part = AudioReceiver(
        codec=Codec.OPUS_MONO, rate_hz=48000, delay_s=0.1, outputs=receiver.outputs
    )
    for seq, size in ((0, 100), (1, 3), (3, 77)):
        receiver.give(seq, seq * BLOCK_S, bytes(size))
    ((at, what), _) = receiver.run_until(1.0)
    assert what == "-2*1"
    assert at == pytest.approx(2 * BLOCK_S + DELAY_S)


def test_recovery_ends_when_the_playout_does() -> None:
    assert audio_recovery(0.25).give_up_s == 0.25


# ---- any order -----------------------------------------------------------------------


@given(
    order=st.lists(
        st.tuples(st.integers(0, 60), st.floats(0.0, 0.3)), min_size=1, max_size=60
    ),
    first=st.sampled_from([0, 100, 0xFFE0]),
)
@examples(50)
def test_whatever_arrives_is_handed_out_in_order_and_once(
    order: list[tuple[int, float]], first: int
) -> None:
    receiver = Receiver()
    out: list[int | str] = []
    now = 0.0
    for step, later_s in order:
        now += later_s
        out += [what for _, what in receiver.run_until(now)]
        out += receiver.give((first + step) & 0xFFFF, now)
    out += [what for _, what in receiver.run_until(now + 60.0)]
    if receiver.part.counters.restarts:
        return
    told = [what for what in out if isinstance(what, int)]
    steps = [(seq - first + 0x100) & 0xFFFF for seq in told]
    assert steps == sorted(set(steps))
    losses = [what for what in out if isinstance(what, str)]
    lost = sum(int(what.partition("*")[2]) for what in losses)
    assert lost + len(told) <= steps[-1] - steps[0] + 1 + START_REORDER_MAX
    assert receiver.part.timers.next() is None
