"""Half a day of full duplex on a bad network, in simulated time; then nothing is left.

`icom-sim soak --hours 12`: a whole client and a whole radio with audio both ways and a
CI-V command now and then, 5 % loss, jitter and duplicates. Counters start near their
wrap and wrap many times. Audio must come in order without end, whatever the ends hold
must not grow, and when the client has left, nothing may be under way, armed, waiting or
alive. Each simulated hour is a line of the table.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from icom_proto.civ_commands import read_frequency
from icom_proto.civ_frames import build_frame
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Codec, Role
from icom_proto.events import (
    AudioLost,
    AudioReceived,
    CivAnswered,
    CivExpired,
    CivFrameReceived,
    CivRefused,
    ClientAudioStarted,
    ClientLeft,
    CloseReason,
    Output,
    PeerResynchronised,
    SessionClosed,
    SessionReady,
)
from icom_sim.network import Network
from icom_sim.network.rules import Delay, Duplicate, Jitter, Loss
from icom_sim.radio_setup import RadioSetup, radio_config
from icom_sim.rig.catalogue import IC_7610
from icom_sim.rig.rig import Rig
from icom_sim.virtual.holdings import blocks_in_use, held_by, living
from icom_sim.virtual.pair import Pair

HOUR_S: Final = 3600.0
RULES = (Loss(5.0), Duplicate(2.0), Delay(5.0), Jitter(20.0))
FIRST_SEQ = 0xFFF0
CODEC, RATE_HZ = Codec.ULAW_MONO, 8000
BLOCK_S, BLOCK = 0.02, bytes(160)
CIV_EVERY_S, CIV_ANSWER_S = 5.0, 20.0
READ = build_frame(IC_7610.civ_address, 0xE0, read_frequency())
# A session that is not open, or not closed, by then hangs; then all timers end.
OPEN_S, CLOSE_S, QUIET_S = 60.0, 60.0, 60.0
# A session that only warms up.
SHORT_S = 10.0
# The first sample is taken when histories and windows are full.
SETTLED_S: Final = 600.0
# What is under way varies, and hash tables double and shrink, so this much more than in
# the first sample is no growth: both ends hold 740 to 860 kB at any hour. One object
# kept for each datagram would be millions, one for each CI-V command 8,640.
SLACK_KB: Final = 192
SLACK_BLOCKS: Final = 5_000
# Lost for good, of what was sent: more is a fault. Seen: 0.2 %.
LOST_PERCENT_MAX: Final = 1.0
# The last numbers of a stream: lost ones have none behind them that would show it.
TAIL_MAX: Final = 10
FAULTS_MAX: Final = 20


@dataclass(slots=True)
class Way:
    """Audio in one direction, as the end that gets it sees it."""

    sent: int = 0
    delivered: int = 0
    lost: int = 0
    next_seq: int | None = None
    wraps: int = 0

    def take(self, first_seq: int, count: int) -> bool:
        """Numbers came or were reported lost; False if not where they should be."""
        in_order = self.next_seq in (None, first_seq)
        self.next_seq = (first_seq + count) & 0xFFFF
        self.wraps += self.next_seq < count
        return in_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A line of the table. Datagrams of audio, both ways, since the beginning; what
    both ends, their network and what is under way hold; and the whole process."""

    seconds: float
    sent: int
    lost: int
    healed: int
    wraps: int
    held_kb: int
    blocks: int


@dataclass(slots=True)
class Report:
    """What was seen."""

    samples: list[Sample] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Soak:
    """One long session. `tell` is given each sample when it is taken."""

    def __init__(
        self,
        seed: int,
        tell: Callable[[Sample], None] = lambda _: None,
        network: Network | None = None,
    ) -> None:
        self.report = Report()
        self.ways = {role: Way() for role in Role}  # by the role that receives
        self._tell = tell
        self._left: list[Role] = []
        self._awaited = {SessionReady, ClientAudioStarted}
        self._begin = 0.0
        self._is_over = False
        self._unanswered: set[int] = set()
        self._rig = Rig(IC_7610, rng=random.Random(f"rig {seed}"))
        self.pair = Pair(
            ClientConfig(
                username="icom",
                password="icom",
                rx_codec=CODEC,
                rx_rate_hz=RATE_HZ,
                tx_codec=CODEC,
                tx_rate_hz=RATE_HZ,
            ),
            radio_config(RadioSetup(seed=seed), 50002, 50003),
            seed=seed,
            network=network or Network(RULES, seed=seed),
            listener=self._on_event,
            first_seq=FIRST_SEQ,
        )

    def run(self, seconds: float, every_s: float = HOUR_S) -> Report:
        """Open, talk for so long, close, and look for what is left."""
        pair = self.pair
        pair.call_at(0.0, pair.client.open)
        if not pair.run_while(lambda: bool(self._awaited), limit=OPEN_S):
            self._fault(f"no audio within {OPEN_S:g} s")
            return self.report
        self._begin = pair.now
        times = [every_s * each for each in range(1, int(seconds / every_s) + 1)]
        for at in sorted({min(SETTLED_S, seconds), *times}):
            pair.run_until(max(pair.now, self._begin + at))
            self._sample()
        pair.run_until(self._begin + seconds)
        self._close()
        return self.report

    # what happens

    def _on_event(self, role: Role, event: Output, now: float) -> None:
        match event:
            case AudioReceived():
                self._on_audio(role, event.send_seq, 1)
                self.ways[role].delivered += 1
            case AudioLost():
                self._on_audio(role, event.first_seq, event.count)
                self.ways[role].lost += event.count
            case CivFrameReceived() if role is Role.RADIO:
                for frame in (event.frame, *self._rig.handle_frame(event.frame, now)):
                    self.pair.radio.send_civ(frame, now)
            case CivAnswered():
                self._unanswered.discard(event.request_id)
            case SessionReady() | ClientAudioStarted() if self._awaited:
                self._awaited.discard(type(event))
                if not self._awaited:
                    self._send_audio(now)
                    self._send_civ(now)
            case SessionClosed() | ClientLeft():
                self._left.append(role)
                if event.reason is not CloseReason.LOCAL and role is Role.CLIENT:
                    self._fault(f"the session ended: {event.reason.value}")
            case CivRefused() | CivExpired() | PeerResynchronised():
                self._fault(f"{role.value}: {event}")
            case _:
                pass

    def _on_audio(self, role: Role, first_seq: int, count: int) -> None:
        expected = self.ways[role].next_seq
        if not self.ways[role].take(first_seq, count):
            self._fault(f"{role.value} got audio {first_seq} and not {expected}")

    def _send_audio(self, now: float) -> None:
        """A block each way, and the next in 20 ms."""
        if self._is_over:
            return
        self.pair.radio.send_audio(BLOCK, now)
        self.pair.client.send_audio(BLOCK, now)
        for way in self.ways.values():
            way.sent += 1
        self.pair.call_at(now + BLOCK_S, self._send_audio)

    def _send_civ(self, now: float) -> None:
        if self._is_over:
            return
        asked = self.pair.client.send_civ(READ, now, timeout_s=CIV_ANSWER_S)
        self._unanswered.add(asked)
        self.pair.call_at(now + CIV_EVERY_S, self._send_civ)

    # what is looked at

    def _sample(self) -> None:
        ways = self.ways.values()
        ends = self.pair.client, self.pair.radio
        sample = Sample(
            seconds=self.pair.now - self._begin,
            sent=sum(way.sent for way in ways),
            lost=sum(way.lost for way in ways),
            healed=sum(end.statistics()["audio"]["healed"] for end in ends),
            wraps=sum(way.wraps for way in ways),
            held_kb=held_by(self.pair).size // 1024,
            blocks=blocks_in_use(),
        )
        first = self.report.samples[0] if self.report.samples else sample
        self.report.samples.append(sample)
        self._tell(sample)
        if sample.held_kb > first.held_kb + SLACK_KB:
            self._fault(f"grew from {first.held_kb} to {sample.held_kb} kB")
        if sample.blocks > first.blocks + SLACK_BLOCKS:
            self._fault(f"process grew from {first.blocks} to {sample.blocks} blocks")

    def _close(self) -> None:
        """Talk no more, let all arrive, leave, and be quiet."""
        pair = self.pair
        self._is_over = True
        pair.run_until(pair.now + CIV_ANSWER_S)
        self._judge_traffic()
        pair.client.close(pair.now)
        pair.run_while(lambda: len(self._left) < len(Role), limit=pair.now + CLOSE_S)
        pair.run_until(pair.now + QUIET_S)
        if Counter(self._left) != Counter(Role):
            self._fault(f"left: {self._left}, and not each once")
        if not pair.is_quiet:
            self._fault("a datagram is under way, or a timer armed")
        if pair.client.outputs or pair.radio.outputs:
            self._fault("outputs wait to be taken")
        if pair.radio.owners or pair.radio.clients:
            self._fault("the radio still knows a client")

    def _judge_traffic(self) -> None:
        if self._unanswered:
            self._fault(f"{len(self._unanswered)} CI-V commands without an answer")
        for role, way in self.ways.items():
            unknown = way.sent - way.delivered - way.lost
            if not 0 <= unknown <= TAIL_MAX:
                self._fault(f"{role.value}: {unknown} of {way.sent} not accounted for")
            if way.lost > way.sent * LOST_PERCENT_MAX / 100:
                self._fault(f"{role.value}: {way.lost} of {way.sent} lost for good")

    def _fault(self, what: str) -> None:
        if len(self.report.faults) < FAULTS_MAX:
            self.report.faults.append(f"{self.pair.now:.3f} s: {what}")


def soak(
    seconds: float,
    seed: int,
    *,
    every_s: float = HOUR_S,
    tell: Callable[[Sample], None] = lambda _: None,
) -> Report:
    """One long session, after a short one that fills what is made once for all; at the
    end no object of it may be alive."""
    Soak(seed).run(SHORT_S)
    before = living()
    report = Soak(seed, tell).run(seconds, every_s)
    left = sorted((living() - before).items())
    report.faults += [
        f"{count} {name} left" for name, count in left if not name.startswith(__name__)
    ]
    return report
