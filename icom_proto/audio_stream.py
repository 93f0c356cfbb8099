"""Audio datagrams: cutting blocks for sending, and putting what arrives in order.

A block of 20 ms leaves as one datagram, or two or three; each has a number. What
arrives in order is handed on at once. A hole is waited for until the time at which its
first missing datagram would have to be played, which `PlayoutClock` knows, and then
reported as lost.
"""

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Final

from icom_proto.audio_formats import (
    AUDIO_PAYLOAD_MAX,
    BLOCK_MS,
    FORMATS,
    block_size,
    split_sizes,
)
from icom_proto.codec import HEADER_SIZE, head_struct, size_of
from icom_proto.codes import Codec, Stream
from icom_proto.counters import AudioCounters, AudioQuality
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_proto.events import (
    AudioLost,
    AudioReceived,
    IgnoredWhy,
    Output,
    PacketIgnored,
)
from icom_proto.gap_tracker import START_REORDER_MAX, OldRun
from icom_proto.link import Link
from icom_proto.link_dialect import Ident
from icom_proto.link_output import IGNORED_SHOWN_MAX
from icom_proto.link_timings import RecoveryLimits
from icom_proto.packets import AudioData
from icom_proto.quick_dataclass import fast_constructor
from icom_proto.seqnum import seq_distance
from icom_proto.timers import NEVER, Timers

# Ident of the first and of the further datagrams of a block (PROTOCOL.md 8.4).
CLIENT_IDENTS: Final = (0x8000, 0x8000)
RADIO_IDENTS: Final = (0x8106, 0x8006)
# By the size of the block: 81 07 in a capture of received audio, 81 97 in one of a
# client's. guess: the rest of a block has the same second byte.
SIZED_IDENTS: Final = {320: (0x8107, 0x8007), 160: (0x8197, 0x8097)}
# Requests for one missing audio datagram; each takes a round trip of the delay.
REQUESTS_MAX: Final = 8
# And each leaves twice, as all of kappanhang's do. Measured at 5 % loss and 20 ms of
# jitter: residual loss 0.13 % instead of 0.30 %, and fewer datagrams resent.
REQUEST_COPIES: Final = 2
# Where a codec has no fixed block size (Opus) the playout clock counts datagrams.
BLOCK_BYTES_UNKNOWN: Final = 1
# Datagrams held behind a hole; more of them, or a larger jump, and the hole is skipped.
HELD_MAX: Final = 256
# What comes this much later than it was due comes after a pause of the sender: its
# numbers went on, its time did not.
PAUSE_S: Final = 0.3
# Of this many datagrams one is looked at by the clock; prime to 2 and 3, so that every
# datagram of a block has its turn.
CLOCK_SAMPLE: Final = 13
# The clock forgets its minimum after two such runs of samples: 10 s at 100
# datagrams/s.
CLOCK_RUN: Final = 40
# Drift is told from so many such runs: two minutes, and not before half a one.
DRIFT_RUNS_MAX: Final = 24
DRIFT_RUNS_MIN: Final = 6
# Of the jitter's smoothing (RFC 3550, 6.4.1).
JITTER_GAIN: Final = 1 / 16

pack_head: Final = head_struct(AudioData).pack
# Ident, number, 0, payload length; from an offset.
unpack_head: Final[Callable[[bytes, int], tuple[int, int, int, int]]] = head_struct(
    AudioData
).unpack_from
HEAD_END: Final = size_of(AudioData)
make_received: Final = fast_constructor(AudioReceived)


def audio_recovery(delay_s: float) -> RecoveryLimits:
    """Lost audio is asked for as long as it can still be played."""
    return RecoveryLimits(give_up_s=delay_s, requests_max=REQUESTS_MAX)


class AudioSender:
    """Cuts blocks at 1364 bytes, largest first, and numbers the datagrams."""

    __slots__ = ("_link", "idents", "send_seq", "sent")

    def __init__(self, link: Link, idents: tuple[int, int], first_seq: int = 0) -> None:
        self._link = link
        self.idents = idents
        self.send_seq = first_seq
        self.sent = 0  # datagrams

    @property
    def can_send(self) -> bool:
        """Is the link up?"""
        return self._link.can_send

    def send(self, block: bytes, now: float) -> None:
        """Send one block in the negotiated codec, all of its datagrams at once."""
        ident, following = self.idents
        for start in range(0, len(block), AUDIO_PAYLOAD_MAX):
            part = block[start : start + AUDIO_PAYLOAD_MAX]
            head = pack_head(ident, self.send_seq, 0, len(part))
            self.send_seq = (self.send_seq + 1) & 0xFFFF
            self._link.send(head, now, part)
            self.sent += 1
            ident = following


class PlayoutClock:
    """When a datagram is due: its place in the stream, after the fastest transit seen.

    The place counts blocks of 20 ms. Which datagram begins a block shows in the sizes:
    the last one of a block is the only one that is not full.

    `jitter_s` is that of RFC 3550, 6.4.1, of the datagrams that are looked at: how much
    the transits of two of them differ, smoothed.
    """

    def __init__(self, block_bytes: int, delay_s: float) -> None:
        self.delay_s = delay_s
        self._block_bytes = block_bytes
        self._per_block = max(len(split_sizes(block_bytes)), 1)
        self._phase = 0
        self._reference = 0
        self._start = NEVER  # when block 0 would have arrived by the fastest transit
        self._run_start = NEVER  # the same, of the current run of samples
        self._samples = 0
        self._last_start = NEVER  # by the last sample
        self.jitter_s = 0.0
        self.jitter_max_s = 0.0
        self._moved_s = 0.0  # how far the reference has come since the stream began
        # Of the last runs: place of their end, and the least transit in them.
        self._minima: deque[tuple[float, float]] = deque(maxlen=DRIFT_RUNS_MAX)

    def begin(self, send_seq: int, now: float) -> None:
        """A stream starts, or starts again, with this datagram."""
        self._reference = send_seq
        self._phase = 0
        self._start = self._run_start = now
        self._samples = 0
        self._last_start = NEVER
        self._moved_s = 0.0
        self._minima.clear()

    def observe(self, send_seq: int, size: int, now: float) -> None:
        """Learn from one datagram."""
        distance = seq_distance(send_seq, self._reference)
        if size >= self._block_bytes:
            self._per_block = 1  # icom-lan 0.7.0 does not split its blocks
        elif size < AUDIO_PAYLOAD_MAX:
            self._phase = (-1 - distance) % self._per_block
        start = now - self._place_s(distance)
        # Compared in line: min, max and abs would cost more than all the rest.
        if start < self._start:
            self._start = start
        if start < self._run_start:
            self._run_start = start
        last, self._last_start = self._last_start, start
        if last != NEVER:
            difference_s = start - last if start > last else last - start
            jitter_s = self.jitter_s + JITTER_GAIN * (difference_s - self.jitter_s)
            self.jitter_s = jitter_s
            if jitter_s > self.jitter_max_s:
                self.jitter_max_s = jitter_s
        self._samples += 1
        if self._samples == CLOCK_RUN:
            self._begin_run(distance)

    def due(self, send_seq: int) -> float:
        """The time at which this datagram has to be there."""
        place_s = self._place_s(seq_distance(send_seq, self._reference))
        return self._start + place_s + self.delay_s

    def drift_ppm(self) -> float | None:
        """How much faster than ours the sender's clock runs; None if not known yet.

        The median of the slopes between runs far apart, which one odd run does not
        move. A lasting step of the transit does, while runs before it are remembered.
        """
        minima = list(self._minima)
        if len(minima) < DRIFT_RUNS_MIN:
            return None
        apart = len(minima) // 2
        slopes = sorted(
            (minima[at + apart][1] - minima[at][1])
            / (minima[at + apart][0] - minima[at][0])
            for at in range(len(minima) - apart)
        )
        return -1e6 * slopes[len(slopes) // 2]

    def _place_s(self, distance: int) -> float:
        return (distance + self._phase) // self._per_block * (BLOCK_MS / 1000)

    def _begin_run(self, distance: int) -> None:
        """Move the reference on, before distances wrap; forget the older minimum."""
        self._samples = 0
        blocks = (distance + self._phase) // self._per_block
        self._reference = (self._reference + blocks * self._per_block) & 0xFFFF
        moved_s = blocks * (BLOCK_MS / 1000)
        if blocks <= 0:  # the same numbers over and over: slopes need places apart
            self._minima.clear()
        end_s = self._moved_s + moved_s
        self._minima.append((end_s, self._run_start - self._moved_s))
        self._moved_s = end_s
        self._start = self._run_start + moved_s
        self._last_start += moved_s
        self._run_start = NEVER


class _Timer(IntEnum):
    HOLE = 0


# Members bound once: looking one up on its class costs 0.1 µs on Python 3.11.
_HOLE: Final = _Timer.HOLE


class AudioReceiver:
    """Orders audio datagrams by their audio number, which survives restarts of the
    link.

    With a delay of 0 it does not: what comes is handed on as it comes, late ones too,
    and what is missing is counted and not reported.
    """

    def __init__(
        self,
        *,
        codec: Codec,
        rate_hz: int,
        delay_s: float,
        outputs: deque[Output],
    ) -> None:
        self.counters = AudioCounters()
        self.timers = Timers(_Timer)
        self.clock = PlayoutClock(_block_bytes(codec, rate_hz), delay_s)
        self._outputs = outputs
        self.next_seq = -1  # nothing received yet
        self.held: dict[int, AudioReceived] = {}
        self.longest_hole = 0
        self._hole_first, self._hole_next = 0, -1  # the last one
        self._old_run = OldRun()

    def handle_datagram(self, data: bytes, now: float) -> None:
        """Take a tracked datagram of the audio stream."""
        size = len(data) - HEAD_END
        if size < 0:
            return self._handle_short(data)
        ident, seq, _, data_length = unpack_head(data, HEADER_SIZE)
        if data_length != size:
            return self._ignore(data)
        if not seq % CLOCK_SAMPLE and self._is_near(seq):
            self.clock.observe(seq, size, now)
        # Callers know the ident in the other byte order: 0x0080 from clients.
        ident = ident >> 8 | (ident & 0xFF) << 8
        received = make_received(ident, seq, data[HEAD_END:])
        if seq != self.next_seq or self.held:
            return self._handle_out_of_line(received, now)
        self.next_seq = (seq + 1) & 0xFFFF
        self.counters.delivered += 1
        self._outputs.append(received)
        return None

    def handle_timeout(self, now: float) -> None:
        """Give up the holes whose time has come."""
        if not self.timers.fired(now):
            return
        while self.held and self.clock.due(self.next_seq) <= now:
            first, count = self.next_seq, 0
            while (
                self.next_seq not in self.held and self.clock.due(self.next_seq) <= now
            ):
                count += 1
                self.next_seq = (self.next_seq + 1) & 0xFFFF
            self._report_lost(first, count)
            self._deliver_held()
        self._deliver_held()

    def set_delay(self, delay_s: float) -> None:
        """How long a hole is waited for from now on, in seconds; 0 for not at all."""
        self.clock.delay_s = delay_s
        if not delay_s:
            self._hand_out_held()
        self._deliver_held()

    def quality(self) -> AudioQuality:
        """What is no counter, as it stands now."""
        clock = self.clock
        return AudioQuality(
            delay_s=clock.delay_s,
            pending=len(self.held),
            jitter_s=clock.jitter_s,
            jitter_max_s=clock.jitter_max_s,
            longest_hole=self.longest_hole,
            drift_ppm=clock.drift_ppm(),
        )

    # inside

    def _is_near(self, seq: int) -> bool:
        """Does it belong to this stream? A new start of the sender is no jitter."""
        if self.next_seq < 0:
            return False
        return abs(seq_distance(seq, self.next_seq)) <= HELD_MAX

    def _handle_short(self, data: bytes) -> None:
        """Some clients open and close audio as if it were CI-V; that is harmless."""
        try:
            decode_datagram(Stream.AUDIO, data)
        except DecodeError:
            self._ignore(data)

    def _handle_out_of_line(self, packet: AudioReceived, now: float) -> None:
        seq = packet.send_seq
        if not self.clock.delay_s:
            return self._pass_on(packet, now)
        if self.next_seq < 0:
            self._begin(seq, now)
            self.clock.observe(seq, len(packet.data), now)
        distance = seq_distance(seq, self.next_seq)
        if distance < 0:
            self._old_run.add(seq, self.next_seq, now)
            if not self._old_run.is_restart(now):
                self.counters.late += 1
                return None
        if distance < 0 or distance > HELD_MAX:
            self._restart(seq, now)
        elif not self.held and now >= self.clock.due(seq) + PAUSE_S:
            self.clock.begin(seq, now)
        self.held[seq] = packet
        self._deliver_held()
        return None

    def _pass_on(self, packet: AudioReceived, now: float) -> None:
        """Nothing is waited for: count what this number says, and hand it on."""
        seq, counters = packet.send_seq, self.counters
        ahead = seq_distance(seq, self.next_seq) if self.next_seq >= 0 else HELD_MAX + 1
        if abs(ahead) > HELD_MAX:
            if self.next_seq >= 0:
                counters.restarts += 1
            self.clock.begin(seq, now)
        elif ahead < 0:  # it was counted as lost when it was overtaken
            counters.out_of_order += 1
            counters.lost = max(counters.lost - 1, 0)
        else:
            counters.lost += ahead
        if ahead >= 0 or ahead < -HELD_MAX:
            self.next_seq = (seq + 1) & 0xFFFF
        counters.delivered += 1
        self._outputs.append(packet)

    def _begin(self, seq: int, now: float) -> None:
        # Senders count from 0: so small a number was overtaken by the ones before it.
        self.next_seq = 0 if seq < START_REORDER_MAX else seq
        self.clock.begin(self.next_seq, now)

    def _restart(self, seq: int, now: float) -> None:
        """The sender's numbers jumped: hand out what is held, and go on from there."""
        self.counters.restarts += 1
        self._hand_out_held()
        self.next_seq = seq
        self.clock.begin(seq, now)

    def _hand_out_held(self) -> None:
        """Wait for none of the holes any more."""
        while self.held:
            gap = self._gap_before_held()
            self._report_lost(self.next_seq, gap)
            self.next_seq = (self.next_seq + gap) & 0xFFFF
            self._deliver_held()

    def _deliver_held(self) -> None:
        """Hand out what is in order now, and wait for the next hole."""
        held = self.held
        while (packet := held.pop(self.next_seq, None)) is not None:
            self.counters.delivered += 1
            self._outputs.append(packet)
            self.next_seq = (self.next_seq + 1) & 0xFFFF
        self.timers.start(_HOLE, self.clock.due(self.next_seq) if held else NEVER)

    def _gap_before_held(self) -> int:
        return min((seq - self.next_seq) & 0xFFFF for seq in self.held)

    def _report_lost(self, first: int, count: int) -> None:
        self.counters.lost += count
        if first != self._hole_next:
            self.counters.holes += 1
            self._hole_first = first
        self._hole_next = (first + count) & 0xFFFF
        length = (self._hole_next - self._hole_first) & 0xFFFF
        self.longest_hole = max(self.longest_hole, length)
        self._outputs.append(AudioLost(first, count))

    def _ignore(self, data: bytes) -> None:
        self.counters.malformed += 1
        shown = bytes(data[:IGNORED_SHOWN_MAX])
        self._outputs.append(PacketIgnored(Stream.AUDIO, IgnoredWhy.MALFORMED, shown))


def radio_idents(ident: Ident, codec: Codec, rate_hz: int) -> tuple[int, int]:
    """The idents of received audio in this codec (8.4)."""
    if ident is Ident.WS:
        return CLIENT_IDENTS
    if ident is Ident.REAL:
        return RADIO_IDENTS
    return SIZED_IDENTS.get(_block_bytes(codec, rate_hz), RADIO_IDENTS)


def _block_bytes(codec: Codec, rate_hz: int) -> int:
    known = FORMATS.get(codec)
    if known is None or not known.frame_bytes:
        return BLOCK_BYTES_UNKNOWN
    return block_size(codec, rate_hz)
