"""Numbered packets into order, driven by their arrival alone: no clock.

Delivery starts when `depth` packets are held. From then on what is in order leaves at
once, one for one, and a packet that is missing is waited for until `depth` later ones
are held; then None stands in its place. So a stream in order is never delayed or
bunched, and a hole costs the time of `depth` packets. Playing at a constant delay by
the clock is the playout buffer's work.

Inside, each packet has a place: numbers without a wrap, in the order of delivery. A
number far from the one awaited does not belong to the stream as it is known. Two that
agree (`JUMP_MAX`) are a jump ahead, four in a row (`RESTART_RUN`) a sender that began
again; then the stream goes on with them, in the place after what is held, and nothing
stands for the numbers between. One alone changes nothing.
"""

from typing import Final, Generic, Protocol, TypeVar

# What one `push` returns at most; what is left follows with the next ones. Jumps
# included, so that no datagram can make the application busy for long.
RESULT_MAX: Final = 64
DEPTH_MAX: Final = 256
# Further ahead of the newest held, and it is no hole: 1.3 s of 48 kHz LPCM16.
JUMP_MAX: Final = 128
# The last held may be so far from the next to deliver: below half the circle.
REACH_MAX: Final = 0x2000
# So far apart are the first and the last held, a jump behind the last one included.
SPAN_MAX: Final = REACH_MAX + JUMP_MAX + 1
# A repetition of one of the last 32 delivered is a duplicate, what comes later is
# stale. Networks repeat at once; and so far back the first packets are looked for.
RECENT: Final = 32
# Old numbers in rising order, nothing new between them: fewer may be repetitions.
RESTART_RUN: Final = 4

_HALF: Final = 0x8000
_MASK: Final = 0xFFFF
_SHUT: Final = -1  # no number is the next to hand out directly


class Numbered(Protocol):
    """All that is asked of a packet."""

    @property
    def send_seq(self) -> int: ...


P = TypeVar("P", bound=Numbered)


class BufferCounters:
    """What a jitter buffer counts: packets, and events."""

    __slots__ = ("duplicate", "gap", "overrun", "resync", "stale", "underrun")

    def __init__(self) -> None:
        self.duplicate = 0
        self.stale = 0
        self.gap = 0
        self.underrun = 0
        self.overrun = 0
        self.resync = 0


class JitterBuffer(Generic[P]):
    """Reorders packets by `send_seq`, 16 bits that wrap. See the module's docstring.

    Each packet pushed is delivered, pending, or counted as duplicate or stale.
    """

    __slots__ = (
        "_ahead",
        "_depth",
        "_direct",
        "_held",
        "_is_filling",
        "_next",
        "_old_last",
        "_old_run",
        "_shift",
        "_skipped",
        "_start",
        "_turn",
        "counters",
    )

    def __init__(self, depth: int = 5) -> None:
        if type(depth) is not int:
            raise TypeError(f"depth must be an int, not {type(depth).__name__}")
        if not 1 <= depth <= DEPTH_MAX:
            raise ValueError(f"depth {depth}: allowed is 1 to {DEPTH_MAX} packets")
        self._depth = depth
        self.counters = BufferCounters()
        self._held: dict[int, P] = {}  # by place
        self._is_filling = True
        # While packets come in order and none is held, this is all that moves: the
        # number awaited. It is not wrapped, so that each wrap takes the long way.
        self._direct = _SHUT
        self._turn = 0  # place of the number awaited, less the number
        self._shift = 0  # place of any packet, less its number, but for whole turns
        self._next = 0  # the place to hand out next; behind while `_direct` moves
        self._start = -_HALF  # places before this one belong to no packet to come
        self._skipped: set[int] = set()  # places that None stood for
        self._ahead: P | None = None  # far ahead, and nothing yet agrees with it
        self._old_run = 0
        self._old_last = 0

    # inputs

    def push(self, packet: P) -> list[P | None]:
        """Take a packet; returns what may be played now, None for each missing one.

        At most `RESULT_MAX` items.
        """
        seq = packet.send_seq
        if seq == self._direct:
            self._direct = seq + 1
            return [packet]
        awaited = self._next
        if self._direct >= 0:
            awaited = self._next = self._turn + self._direct
            self._direct = _SHUT
        held = self._held
        if self._is_filling and not held and self._is_new_stream(seq):
            awaited = self._begin(seq)
        ahead = ((seq + self._shift - awaited + _HALF) & _MASK) - _HALF
        place = awaited + ahead
        if ahead < 0 or place < self._start:
            return self._take_old(packet, place)
        if ahead > JUMP_MAX and self._is_far(place):
            return self._take_far(packet)
        if self._ahead is not None or self._old_run:
            self._forget_strays()
        if place in held:
            self.counters.duplicate += 1
        held[place] = packet
        if len(held) < self._depth and (self._is_filling or awaited not in held):
            return []
        return self._release()

    def flush(self) -> list[P | None]:
        """All that is held, in order, None in holes: the end of a stream.

        What comes next is the beginning of another, or the rest of this one; what this
        one should have had before is stale.
        """
        if self._direct >= 0:
            self._next = self._turn + self._direct
            self._direct = _SHUT
        ready = self._hand_out(1, SPAN_MAX)
        if self._ahead is not None:
            ready.append(self._ahead)  # a jump is no hole: nothing stands for it
            self._shift = self._next - self._ahead.send_seq
            self._next += 1
            self._ahead = None
        self._old_run = 0
        self._skipped.clear()
        if ready or not self._is_filling:
            self._start = self._next
        self._is_filling = True
        return ready

    # questions

    @property
    def depth(self) -> int:
        """Packets held before delivery starts, and behind a hole before it goes on."""
        return self._depth

    @property
    def pending(self) -> int:
        """Packets held now."""
        return len(self._held) + (self._ahead is not None)

    @property
    def duplicate_count(self) -> int:
        """Repetitions dropped, of packets held or among the last `RECENT`."""
        return self.counters.duplicate

    @property
    def stale_count(self) -> int:
        """Packets dropped that came after their place, or belong to no stream."""
        return self.counters.stale

    @property
    def gap_count(self) -> int:
        """Missing packets: as many as there were None."""
        return self.counters.gap

    @property
    def underrun_count(self) -> int:
        """Times that nothing more could be waited for: holes, however long each."""
        return self.counters.underrun

    @property
    def overrun_count(self) -> int:
        """Times that numbers ran ahead, further than the buffer reaches."""
        return self.counters.overrun

    @property
    def resync_count(self) -> int:
        """Times that the stream went on elsewhere: jumps, restarts of the sender."""
        return self.counters.resync

    # inside

    def _is_new_stream(self, seq: int) -> bool:
        """Is this the first packet, or after a flush not one that belongs there?"""
        if self._start == -_HALF:
            return True
        ahead = ((seq + self._shift - self._next + _HALF) & _MASK) - _HALF
        return not -RECENT <= ahead <= JUMP_MAX

    def _begin(self, seq: int) -> int:
        self._shift = 0
        self._next = seq & _MASK
        self._start = self._next - RECENT
        return self._next

    def _is_far(self, place: int) -> bool:
        newest = max(self._held, default=self._next - 1)
        return place - newest > JUMP_MAX or place - self._next > REACH_MAX

    def _take_old(self, packet: P, place: int) -> list[P | None]:
        """A number before the one awaited, or before this stream's first."""
        counters = self.counters
        behind = self._next - place
        if self._is_filling and self._held and place >= self._start:
            self._forget_strays()
            self._next = place  # overtaken at the very start
            self._held[place] = packet
            return self._release() if len(self._held) >= self._depth else []
        if behind <= RECENT:
            if self._start <= place and place not in self._skipped:
                counters.duplicate += 1
            else:
                counters.stale += 1
        elif self._is_restart(packet.send_seq):
            self._forget_strays()
            return self._go_on_with([packet])
        else:
            counters.stale += 1
        return self._release()

    def _is_restart(self, seq: int) -> bool:
        """Does this old number complete a run?"""
        is_next = 0 < (seq - self._old_last) & _MASK <= JUMP_MAX
        self._old_run = self._old_run + 1 if self._old_run and is_next else 1
        self._old_last = seq
        return self._old_run >= RESTART_RUN

    def _take_far(self, packet: P) -> list[P | None]:
        """A number so far ahead that what is between cannot be a hole."""
        self._old_run = 0
        first = self._ahead
        if first is not None:
            gap = ((packet.send_seq - first.send_seq + _HALF) & _MASK) - _HALF
            if gap == 0:
                self.counters.duplicate += 1
                return self._release()
            if abs(gap) <= JUMP_MAX:
                return self._go_on_with([first, packet] if gap > 0 else [packet, first])
            self.counters.stale += 1
        self._ahead = packet
        self.counters.overrun += 1
        return self._release()

    def _go_on_with(self, packets: list[P]) -> list[P | None]:
        """The stream continues with these, after all that is held."""
        self._ahead = None
        self._old_run = 0
        self.counters.resync += 1
        first = packets[0].send_seq
        self._start = max(self._held, default=self._next - 1) + 1
        if self._start - self._next > REACH_MAX:
            self._close_holes()
        self._shift = self._start - first
        for packet in packets:
            self._held[self._start + ((packet.send_seq - first) & _MASK)] = packet
        return self._release()

    def _close_holes(self) -> None:
        """Jump after jump: no more None for what is missing between those held."""
        packets = [self._held[place] for place in sorted(self._held)]
        self._held = dict(enumerate(packets, self._next))
        self._start = self._next + len(packets)

    def _forget_strays(self) -> None:
        """The stream goes on as it was: what did not fit into it is dropped."""
        if self._ahead is not None:
            self._ahead = None
            self.counters.stale += 1
        self._old_run = 0

    def _release(self) -> list[P | None]:
        """What is in order; over a hole only if `depth` packets are behind it."""
        if self._is_filling:
            if len(self._held) < self._depth:
                return []
            self._is_filling = False
            self._start = max(self._start, self._next)
        ready = self._hand_out(self._depth, RESULT_MAX)
        if not self._held and self._ahead is None and not self._old_run:
            self._direct = (self._next - self._shift) & _MASK
            self._turn = self._next - self._direct
        return ready

    def _hand_out(self, needed: int, limit: int) -> list[P | None]:
        """Place by place; past a hole while `needed` packets are held behind it."""
        ready: list[P | None] = []
        held, place = self._held, self._next
        pop, append = held.pop, ready.append
        while held and len(ready) < limit:
            packet = pop(place, None)
            if packet is None:
                if len(held) < needed:
                    break
                self._skip(place)
            append(packet)
            place += 1
        self._next = place
        return ready

    def _skip(self, place: int) -> None:
        """Nothing came for this place."""
        counters, skipped = self.counters, self._skipped
        counters.gap += 1
        if place - 1 not in skipped:
            counters.underrun += 1
            if len(skipped) > JUMP_MAX:  # now and then; a look at each costs more
                oldest = place - RECENT
                self._skipped = skipped = {each for each in skipped if each >= oldest}
        skipped.add(place)
