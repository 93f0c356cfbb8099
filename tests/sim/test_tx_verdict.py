"""TX audio as the modulator plays it: what would have been heard on the air."""

import json
import random
from dataclasses import dataclass, field, replace
from math import inf

import pytest

from icom_proto.audio_formats import pcm_of
from icom_sim.afsk.frames import Ax25Frame
from icom_sim.afsk.modulator import modulate
from icom_sim.audio_quality import tone_share
from icom_sim.audio_source import SourceMaker
from icom_sim.sample_clock import SampleClock
from icom_sim.tx_verdict import TxJudge, TxVerdict

RATE_HZ = 8000
FRAMES = RATE_HZ // 50
BLOCK_S = 0.02
BUFFER_MS = 100


def tone(blocks: int) -> list[bytes]:
    source = SourceMaker("tone:1000").make(RATE_HZ, random.Random(1))
    return [source.block(FRAMES) for _ in range(blocks)]


@dataclass
class Client:
    """Sends blocks when they are due, keys and unkeys; all by a number that is time."""

    ppm: float = 0.0
    buffer_ms: int = BUFFER_MS
    position: int = 0
    now: float = 10.0
    on_air: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.judge = TxJudge(SampleClock(self.ppm))
        self.judge.grant(RATE_HZ, self.buffer_ms)

    def send(self, blocks: list[bytes], *, early_s: float = 0.0) -> "Client":
        """A block each 20 ms."""
        for block in blocks:
            self.judge.hear(self.position, block, self.now - early_s)
            self.position += len(block) // 2
            self.wait(BLOCK_S)
        return self

    def lose(self, datagrams: int) -> "Client":
        """As many blocks that do not arrive."""
        self.judge.skip(datagrams)
        self.position += datagrams * FRAMES
        return self.wait(datagrams * BLOCK_S)

    def wait(self, seconds: float) -> "Client":
        """As a driver does it: every deadline is kept."""
        end = self.now + seconds
        while (due := self.judge.next_timeout()) <= end:
            self.now = max(self.now, due)
            self.judge.advance(self.now)
            self._fetch()
        self.now = end
        return self

    def key(self, why_muted: str = "") -> "Client":
        self.judge.key(self.now, why_muted)
        return self

    def unkey(self) -> TxVerdict:
        self.judge.unkey(self.now)
        self._fetch()
        return self.judge.verdict()

    def _fetch(self) -> None:
        while (pcm := self.judge.poll_on_air()) is not None:
            self.on_air.append(pcm)


def test_nothing_transmitted_is_nothing_heard() -> None:
    judge = TxJudge()
    assert judge.verdict() == TxVerdict()
    assert judge.next_timeout() == inf
    judge.unkey(1.0)
    assert list(judge.verdict().lines()) == ["nothing was transmitted"]


def test_a_good_over_is_heard_from_its_first_sample_to_its_last() -> None:
    client = Client().key()
    verdict = client.send(tone(50)).wait(0.2).unkey()
    assert verdict == TxVerdict(
        overs=1,
        keyed_s=1.2,
        heard_s=1.0,
        silent_s=0.2,
        first_sample_ms=100.1,  # the buffer; and a sine begins with a 0
        last_sample_ms=100.0,
        peak_dbfs=-6.0,
        rms_dbfs=-9.0,
    )
    heard = b"".join(client.on_air)
    assert len(heard) == 2 * round(1.2 * RATE_HZ)
    assert heard[: 2 * 800] == bytes(2 * 800)
    assert heard[1600:17600] == b"".join(tone(50))


def test_what_is_played_before_the_key_is_gone_and_told() -> None:
    client = Client().send(tone(20))  # 100 ms of 400 still wait
    assert client.judge.verdict().overs == 0
    verdict = client.key().send(tone(10)).wait(0.3).unkey()
    assert verdict.before_ptt_ms == 300
    assert verdict.heard_s == pytest.approx(0.3)
    assert verdict.first_sample_ms == pytest.approx(0, abs=0.2)


def test_silence_that_is_streamed_all_the_time_is_no_loss() -> None:
    client = Client().send([bytes(2 * FRAMES)] * 50).key()
    verdict = client.send(tone(20)).send([bytes(2 * FRAMES)] * 10).unkey()
    assert verdict.before_ptt_ms == 0
    assert verdict.heard_s == pytest.approx(0.4)
    assert verdict.cut_end_ms == 0


def test_audio_of_an_hour_ago_belongs_to_no_over() -> None:
    client = Client().send(tone(20))
    client.wait(3600)
    assert client.key().wait(0.1).unkey().before_ptt_ms == 0


def test_the_end_is_cut_off_where_the_buffer_was_not_played_out() -> None:
    verdict = Client().key().send(tone(50)).wait(0.03).unkey()
    assert verdict.cut_end_ms == pytest.approx(70, abs=0.5)
    assert verdict.last_sample_ms == pytest.approx(0, abs=0.2)


def test_what_was_cut_off_is_not_before_the_next_over() -> None:
    client = Client().key().send(tone(50))
    client.unkey()
    client.wait(0.2)
    client.judge.hear(client.position, bytes(2 * FRAMES), client.now)
    assert client.key().wait(0.1).unkey().before_ptt_ms == 0


def test_a_buffer_that_runs_dry_is_an_underrun_until_it_is_full_again() -> None:
    # 150 ms without a datagram, of which the buffer bridges 100, and fills for 100.
    client = Client().key().send(tone(20)).wait(0.15)
    verdict = client.send(tone(20)).wait(0.2).unkey()
    assert (verdict.underruns, verdict.late) == (1, 1)
    assert verdict.underrun_ms == pytest.approx(150, abs=0.3)
    assert verdict.heard_s == pytest.approx(0.8)


def test_what_comes_a_little_late_is_what_the_buffer_is_for() -> None:
    verdict = Client().key().send(tone(20)).wait(0.09).send(tone(20)).wait(0.2).unkey()
    assert (verdict.underruns, verdict.late, verdict.underrun_ms) == (0, 0, 0)


def test_lost_datagrams_are_gaps_of_their_length() -> None:
    client = Client().key().send(tone(20)).lose(2)
    verdict = client.send(tone(20)).wait(0.2).unkey()
    assert (verdict.gaps, verdict.gap_ms, verdict.lost) == (1, 40, 2)
    assert verdict.underruns == 0
    assert verdict.heard_s == pytest.approx(0.8)
    assert verdict.silent_s == pytest.approx(0.24)


def test_a_jump_of_the_position_is_a_gap_of_a_second_at_most() -> None:
    client = Client().key().send(tone(1))
    client.judge.hear(1 << 40, b"\x00\x10" * FRAMES, client.now)
    assert client.judge.verdict().gap_ms == 1000


def test_a_backlog_in_one_go_overruns_the_buffer() -> None:
    client = Client().key()
    for block in tone(30):
        client.judge.hear(client.position, block, client.now)
        client.position += FRAMES
    verdict = client.wait(0.5).unkey()
    assert verdict.overruns > 0
    assert verdict.overrun_ms == pytest.approx(600 - 2 * BUFFER_MS)
    assert verdict.heard_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    "why", ["the MOD input is not the LAN", "a TX buffer of 800 ms"]
)
def test_a_carrier_without_modulation_says_why(why: str) -> None:
    client = Client().key(why)
    verdict = client.send(tone(20)).wait(0.2).unkey()
    assert (verdict.muted, verdict.why_muted) == (True, why)
    assert (verdict.heard_s, verdict.silent_s) == (0, 0.6)
    assert set(b"".join(client.on_air)) == {0}
    assert f"without modulation: {why}" in list(verdict.lines())


def test_a_key_without_audio_is_silent() -> None:
    verdict = Client().key().wait(0.5).unkey()
    assert (verdict.keyed_s, verdict.silent_s, verdict.heard_s) == (0.5, 0.5, 0)
    assert verdict.first_sample_ms is None


def test_audio_at_full_scale_is_told() -> None:
    loud = pcm_of([32767, -32768] * (FRAMES // 2))
    verdict = Client().key().send([loud] * 3).wait(0.2).unkey()
    assert (verdict.peak_dbfs, verdict.clipped) == (0.0, 3 * FRAMES)


@pytest.mark.parametrize(("ppm", "underruns"), [(-2000, 0), (0, 0), (10_000, 1)])
def test_a_radio_whose_clock_is_fast_runs_dry(ppm: float, underruns: int) -> None:
    # 10,000 ppm: the 20 ms of the buffer last 2 s.
    client = Client(ppm, buffer_ms=20).key()
    verdict = client.send(tone(120)).wait(0.05).unkey()
    assert verdict.underruns == underruns
    assert verdict.keyed_s == pytest.approx(2.45 * (1 + ppm / 1e6), abs=0.001)


def test_a_slow_clock_overruns_in_the_end() -> None:
    # The least that a buffer holds are 100 ms, of which 20 are used at the start.
    client = Client(-10_000, buffer_ms=20).key()
    silent = [bytes(2 * FRAMES)] * 450
    assert client.send(silent).unkey().overruns > 0


def test_times_of_several_overs_add_up_and_the_worst_edge_is_told() -> None:
    client = Client().key()
    client.send(tone(10)).wait(0.2).unkey()
    client.wait(1.0).key().wait(0.5)
    verdict = client.send(tone(10)).wait(0.1).unkey()
    assert (verdict.overs, verdict.heard_s) == (2, 0.4)
    assert verdict.first_sample_ms == pytest.approx(600.1)
    assert verdict.last_sample_ms == pytest.approx(100, abs=0.5)


def test_a_second_session_has_a_rate_of_its_own() -> None:
    client = Client()
    client.key().send(tone(10)).wait(0.2).unkey()
    client.judge.grant(48_000, 0)
    client.judge.key(client.now)
    client.judge.hear(0, b"\x00\x10" * 960, client.now)
    client.judge.unkey(client.now + BLOCK_S)
    assert client.judge.verdict().heard_s == pytest.approx(0.22)


def packets_of(count: int) -> list[bytes]:
    """Blocks of one transmission with so many packets."""
    frames = [Ax25Frame("N0CALL", "TEST", f"number {at}") for at in range(count)]
    pcm = modulate(frames, RATE_HZ) + bytes(2 * FRAMES)
    return [pcm[at : at + 2 * FRAMES] for at in range(0, len(pcm), 2 * FRAMES)]


def test_packets_are_decoded_from_what_is_on_the_air() -> None:
    verdict = Client().key().send(packets_of(3)).wait(0.2).unkey()
    assert verdict.ax25_frames == 3
    assert verdict.packets[0] == "N0CALL>TEST:number 0"
    assert "  N0CALL>TEST:number 2" in list(verdict.lines())


def test_packets_sent_too_early_or_over_a_gap_are_not_decoded() -> None:
    blocks = packets_of(2)
    too_early = Client().send(blocks[:18]).key()
    assert too_early.send(blocks[18:]).wait(0.2).unkey().ax25_frames == 1
    torn = Client().key().send(blocks[:16]).lose(1)
    assert torn.send(blocks[17:]).wait(0.2).unkey().ax25_frames == 1
    muted = Client().key("no LAN").send(blocks).wait(0.2)
    assert muted.unkey().ax25_frames == 0


def test_the_verdict_is_ready_for_json() -> None:
    verdict = Client().key().send(packets_of(1)).wait(0.2).unkey()
    told = json.loads(json.dumps(verdict.to_dict()))
    assert told["ax25_frames"] == 1
    assert told["packets"] == ["N0CALL>TEST:number 0"]
    assert replace(verdict, packets=tuple(told.pop("packets"))) == verdict


def test_what_is_on_the_air_is_the_tone_that_was_sent() -> None:
    client = Client()
    client.key().send(tone(40)).wait(0.2).unkey()
    pcm = b"".join(client.on_air)[2 * 1600 :]
    assert tone_share(pcm[: 2 * 4000], RATE_HZ, 1000) > 0.999
