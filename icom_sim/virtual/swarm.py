"""Many short lives of a client and a radio on a bad network, one for each seed.

`python -m icom_sim.virtual.swarm --seeds 500` loses 20 % of the datagrams each way,
repeats 10 % and shuffles the rest; all counters start near their wrap. In each life the
session must open, 200 CI-V commands must be answered by a real rig, audio must come in
order, and both ends must close and fall quiet. Seeds differ in delay and jitter, and
one in four has audio. A failure prints the command that repeats it.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from icom_proto.civ_commands import read_frequency, set_frequency
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
    ClientLeft,
    CloseReason,
    Output,
    PeerResynchronised,
    SessionClosed,
    SessionReady,
)
from icom_sim.network.rules import Delay, Duplicate, Jitter, Loss
from icom_sim.radio_setup import RadioSetup, radio_config
from icom_sim.rig.catalogue import IC_7610
from icom_sim.rig.rig import Rig
from icom_sim.virtual.pair import Pair
from icom_sim.virtual.witness import Witness

LOSS, DUPLICATE = 20.0, 10.0
JITTER_MS_MAX, DELAY_MS_MAX = 60, 40
FIRST_SEQ = 0xFFF0
COMMANDS = 200
# In line at once: the next one is given when one is answered.
IN_LINE = 4
ANSWER_S = 20.0
# A life that is not over by then hangs; and after the last word all timers end.
LIFE_S, QUIET_S = 600.0, 60.0
BLOCK_S, BLOCK = 0.02, bytes(160)
RX_CODEC, RATE_HZ = Codec.ULAW_MONO, 8000
LOWEST_HZ, STEP_HZ = 14_000_000, 10
CONTROLLER = 0xE0
FAULTS_SHOWN_MAX = 10
READ = build_frame(IC_7610.civ_address, CONTROLLER, read_frequency())


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What one life is like; the seed decides."""

    seed: int
    jitter_ms: int
    delay_ms: int
    audio: bool

    @classmethod
    def from_seed(cls, seed: int) -> "Options":
        """The same for the same seed, always."""
        rng = random.Random(f"swarm {seed}")
        return cls(
            seed=seed,
            jitter_ms=rng.randrange(JITTER_MS_MAX + 1),
            delay_ms=rng.randrange(DELAY_MS_MAX + 1),
            audio=rng.randrange(4) == 0,
        )


class Life:
    """One client and one radio, from the first call to silence."""

    def __init__(self, options: Options) -> None:
        self.faults: list[str] = []
        self.answered = 0
        self.played = 0
        self._asked: Counter[bytes] = Counter()
        self._heard: Counter[bytes] = Counter()
        self._audio_next: int | None = None
        self._closed: list[CloseReason] = []
        self._left: list[CloseReason] = []
        self._options = options
        self._rig = Rig(IC_7610, rng=random.Random(f"rig {options.seed}"))
        self.network = Witness(
            [
                Loss(LOSS),
                Duplicate(DUPLICATE),
                Delay(options.delay_ms),
                Jitter(options.jitter_ms),
            ],
            seed=options.seed,
        )
        self.pair = Pair(
            ClientConfig(
                username="icom",
                password="icom",
                audio=options.audio,
                rx_codec=RX_CODEC,
                rx_rate_hz=RATE_HZ,
            ),
            radio_config(RadioSetup(seed=options.seed), 50002, 50003),
            seed=options.seed,
            network=self.network,
            listener=self._on_event,
            first_seq=FIRST_SEQ,
        )

    def run(self) -> list[str]:
        """Live; what went wrong."""
        pair = self.pair
        pair.call_at(0.0, pair.client.open)
        if not pair.run_while(lambda: not self._closed, limit=LIFE_S):
            done = f"{self.answered} of {COMMANDS} answered"
            return [*self.faults, f"not over after {LIFE_S:.0f} s: {done}"]
        pair.run_until(pair.now + QUIET_S)
        self._look_back()
        return [*self.faults, *self.network.faults]

    # what happens

    def _on_event(self, role: Role, event: Output, now: float) -> None:
        match event:
            case SessionReady():
                for _ in range(IN_LINE):
                    self._ask(now)
                if self._options.audio:
                    self._send_block(now)
            case CivAnswered():
                self.answered += 1
                self._ask(now)
            case CivFrameReceived() if role is Role.RADIO:
                self._on_frame(event.frame, now)
            case AudioReceived():
                self._on_audio(event.send_seq, 1)
                self.played += 1
            case AudioLost():
                self._on_audio(event.first_seq, event.count)
            case SessionClosed():
                self._closed.append(event.reason)
            case ClientLeft():
                self._left.append(event.reason)
            case CivRefused() | CivExpired() | PeerResynchronised():
                self._fault(f"{role.value}: {event}")
            case _:
                pass

    def _ask(self, now: float) -> None:
        """The next command. Each that sets is unlike all others, reads are alike."""
        asked = self._asked.total()
        if self.answered == COMMANDS:
            self.pair.client.close(now)
        if asked == COMMANDS:
            return
        frame = READ
        if asked % 2:
            body = set_frequency(LOWEST_HZ + asked * STEP_HZ)
            frame = build_frame(IC_7610.civ_address, CONTROLLER, body)
        self._asked[frame] += 1
        self.pair.client.send_civ(frame, now, timeout_s=ANSWER_S)

    def _on_frame(self, frame: bytes, now: float) -> None:
        """The radio got a frame: echo and answer, as an IC-7610 does."""
        self._heard[frame] += 1
        answers = self._rig.handle_frame(frame, now)
        for each in [frame, *answers] if self._rig.echoes(frame) else answers:
            self.pair.radio.send_civ(each, now)

    def _send_block(self, now: float) -> None:
        if not self._left:
            self.pair.radio.send_audio(BLOCK, now)
            self.pair.call_at(now + BLOCK_S, self._send_block)

    def _on_audio(self, first_seq: int, count: int) -> None:
        if self._audio_next not in (None, first_seq):
            self._fault(f"audio {first_seq}, and not {self._audio_next}")
        self._audio_next = (first_seq + count) & 0xFFFF

    # what must be true in the end

    def _look_back(self) -> None:
        if not self.pair.is_quiet:
            self._fault("something is still armed or under way")
        if self._closed != [CloseReason.LOCAL]:
            self._fault(f"the client ended {self._closed}")
        if len(self._left) != 1:
            self._fault(f"the radio's client left {self._left}")
        if self.answered != COMMANDS:
            self._fault(f"{self.answered} of {COMMANDS} answered")
        for frame, asked in self._asked.items():
            if self._heard[frame] != asked:
                what = f"{frame.hex(' ')} came {self._heard[frame]} times, not {asked}"
                self._fault(what)
        if self._options.audio and not self.played:
            self._fault("no audio came")

    def _fault(self, what: str) -> None:
        self.faults.append(f"{self.pair.now:.6f} {what}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds; 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=500, help="how many lives")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args(arguments)
    began, failed, datagrams = monotonic(), 0, 0
    for seed in range(options.first, options.first + options.seeds):
        life = Life(Options.from_seed(seed))
        faults = life.run()
        datagrams += life.network.datagrams
        if faults:
            failed += 1
            _say(f"seed {seed} failed: {Options.from_seed(seed)}")
            _say(f"  python -m icom_sim.virtual.swarm --first {seed} --seeds 1")
            for fault in faults[:FAULTS_SHOWN_MAX]:
                _say(f"  {fault}")
    good, took_s = options.seeds - failed, monotonic() - began
    _say(f"{good} of {options.seeds} lives went well")
    _say(f"{datagrams} datagrams in {took_s:.0f} s")
    return 1 if failed else 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  a program for people


if __name__ == "__main__":
    sys.exit(main())
