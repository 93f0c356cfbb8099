"""Client and radio, both the product, joined in virtual time: calm, bad, and broken.

The lives of the swarm run here on a few seeds, and on those that failed once
(`regressions.txt`). Both ends must always close and fall quiet.
"""

from pathlib import Path

import pytest

from foreign_client import CONFIG as RADIO
from foreign_client import RECORD
from forge import of
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Codec, Role, Stream
from icom_proto.events import (
    AudioLost,
    AudioReceived,
    CivAnswered,
    CivFrameReceived,
    ClientLeft,
    CloseReason,
    LeaseRenewed,
    Output,
    SessionClosed,
    SessionReady,
    StreamsClosed,
)
from icom_proto.radio_config import RadioConfig
from icom_sim.network import Direction, Only
from icom_sim.network.rules import Delay, Jitter, Loss
from icom_sim.network.verdicts import Rule
from icom_sim.virtual.pair import Pair
from icom_sim.virtual.swarm import COMMANDS, Life, Options
from icom_sim.virtual.witness import Witness

CLIENT = ClientConfig(
    username="icom",
    password="icom1234",
    rx_codec=Codec.ULAW_MONO,
    tx_codec=Codec.ULAW_MONO,
    rx_rate_hz=8000,
    tx_rate_hz=8000,
)
READ = bytes.fromhex("fefe98e003fd")
ANSWER = bytes.fromhex("fefee098030050810300fd")
BLOCK, BLOCK_S = bytes(160), 0.02

FAILED_ONCE = [
    int(line.split()[0])
    for line in (Path(__file__).parent / "regressions.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


class Joined:
    """A pair with everything that either side told."""

    def __init__(
        self,
        *rules: Rule | Only,
        seed: int = 0,
        first_seq: int = 1,
        client: ClientConfig = CLIENT,
        radio: RadioConfig = RADIO,
    ) -> None:
        self.network = Witness(rules, seed=seed)
        self.told: dict[Role, list[Output]] = {role: [] for role in Role}
        self.pair = Pair(
            client,
            radio,
            seed=seed,
            network=self.network,
            listener=self._on_event,
            first_seq=first_seq,
        )
        self.pair.call_at(0.0, self.pair.client.open)

    def _on_event(self, role: Role, event: Output, now: float) -> None:
        self.told[role].append(event)
        if role is Role.RADIO and isinstance(event, CivFrameReceived):
            self.pair.radio.send_civ(event.frame, now)
            self.pair.radio.send_civ(ANSWER, now)

    def until(self, kind: type[Output], role: Role = Role.CLIENT) -> float:
        """Run until this was told; when it was."""
        seen = len(of(kind, self.told[role]))
        assert self.pair.run_while(
            lambda: len(of(kind, self.told[role])) == seen, limit=self.pair.now + 120.0
        ), f"no {kind.__name__}"
        return self.pair.now

    def close(self) -> list[SessionClosed]:
        """Leave, and let everything end."""
        self.pair.call_at(self.pair.now, self.pair.client.close)
        self.pair.run_until(self.pair.now + 60.0)
        assert self.pair.is_quiet, "something is still armed"
        assert self.network.faults == []
        return of(SessionClosed, self.told[Role.CLIENT])

    def totals(self, counter: str) -> int:
        """A counter, over all streams and both sides."""
        sides = (self.pair.client.statistics(), self.pair.radio.statistics())
        return sum(sums[counter] for side in sides for sums in side.values())


@pytest.mark.parametrize("seed", [*range(10), *FAILED_ONCE])
def test_a_life_on_a_bad_network_goes_well(seed: int) -> None:
    """20 % loss each way, 10 % duplicates, reordering, counters near the wrap."""
    life = Life(Options.from_seed(seed))
    assert life.run() == []
    assert life.answered == COMMANDS


def test_the_same_seed_gives_the_same_life() -> None:
    counts = set()
    for _ in range(2):
        life = Life(Options.from_seed(3))
        life.run()
        counts.add((life.network.datagrams, life.pair.now))
    assert len(counts) == 1


@pytest.mark.parametrize("first_seq", [0, 1, 0xFFF0])
def test_on_a_calm_network_nothing_is_asked_for_twice(first_seq: int) -> None:
    """A clean LAN shows no requests in either direction (PROTOCOL.md 5.3)."""
    joined = Joined(Delay(1), first_seq=first_seq)
    ready_at = joined.until(SessionReady)
    assert ready_at < 0.05
    joined.pair.run_until(30.0)
    assert joined.close() == [SessionClosed(CloseReason.LOCAL)]
    for counter in ("requests_sent", "resent", "fillers_sent", "missed", "restarts"):
        assert joined.totals(counter) == 0, counter
    left = of(ClientLeft, joined.told[Role.RADIO])
    assert [each.reason for each in left] == [CloseReason.PEER_DISCONNECT]


def test_jitter_alone_is_soon_taken_for_what_it_is() -> None:
    """No loss: each request is one too many. The guard learns in a second or two."""
    joined = Joined(Delay(10), Jitter(20), seed=5)
    joined.until(SessionReady)
    pair = joined.pair
    for step in range(3000):
        pair.call_at(pair.now + step * BLOCK_S, lambda now: send_audio(joined, now))
    pair.run_until(pair.now + 5.0)
    early = joined.totals("requests_sent")
    pair.run_until(pair.now + 55.0)
    late = joined.totals("requests_sent") - early
    assert late < 0.01 * joined.totals("received")
    assert joined.close()


def send_audio(joined: Joined, now: float) -> None:
    joined.pair.radio.send_audio(BLOCK, now)


def test_audio_is_healed_on_a_lossy_network_and_accounted_for() -> None:
    """5 % loss and 20 ms jitter each way: nearly all of it comes in time."""
    joined = Joined(Loss(5), Delay(5), Jitter(20), seed=2)
    joined.until(SessionReady)
    pair = joined.pair
    for step in range(1000):
        pair.call_at(pair.now + step * BLOCK_S, lambda now: send_audio(joined, now))
    pair.run_until(pair.now + 25.0)
    joined.close()
    told = joined.told[Role.CLIENT]
    played = len(of(AudioReceived, told))
    lost = sum(each.count for each in of(AudioLost, told))
    assert played + lost in (999, 1000), "the very last one may be missing"
    assert played >= 990
    audio = pair.client.statistics()["audio"]
    assert audio["healed"] > 20
    assert audio["lost"] == lost


def test_transmitted_audio_arrives_in_order() -> None:
    joined = Joined(Loss(5), Delay(5), Jitter(20), seed=4)
    joined.until(SessionReady)
    pair = joined.pair
    for step in range(200):
        at = pair.now + step * BLOCK_S
        pair.call_at(at, lambda now: pair.client.send_audio(BLOCK, now))
    pair.run_until(pair.now + 10.0)
    joined.close()
    seqs = [each.send_seq for each in of(AudioReceived, joined.told[Role.RADIO])]
    assert seqs == sorted(set(seqs))
    assert len(seqs) > 190


def test_a_quiet_session_lives_through_the_wrap_of_its_numbers() -> None:
    """Idles pass 65536 after 109 minutes, where others crashed (4.3); here sooner."""
    config = ClientConfig(username="icom", password="icom1234", audio=False)
    joined = Joined(Delay(2), client=config, first_seq=0xFC00)
    joined.until(SessionReady)
    pair = joined.pair
    pair.run_until(300.0)
    pair.call_at(pair.now, lambda now: void(pair.client.send_civ(READ, now)))
    joined.until(CivAnswered)
    assert joined.totals("requests_sent") == 0
    assert len(of(LeaseRenewed, joined.told[Role.CLIENT])) == 5
    assert joined.close() == [SessionClosed(CloseReason.LOCAL)]


def void(_: object) -> None:
    """What a command returns is of no interest."""


def test_a_network_that_dies_ends_both_sides() -> None:
    dead_from = 5.0

    def cable(*arguments: object) -> tuple[()] | None:
        now = arguments[4]
        assert isinstance(now, float)
        return () if now > dead_from else None

    joined = Joined(cable)
    joined.until(SessionReady)
    closed_at = joined.until(SessionClosed)
    assert closed_at == pytest.approx(dead_from + 15.0, abs=1.5)
    (closed,) = of(SessionClosed, joined.told[Role.CLIENT])
    assert closed.reason is CloseReason.SILENCE
    joined.pair.run_until(60.0)
    assert joined.pair.is_quiet
    left = of(ClientLeft, joined.told[Role.RADIO])
    assert [each.reason for each in left] == [CloseReason.SILENCE]


@pytest.mark.parametrize("stream", [Stream.CIV, Stream.AUDIO])
def test_a_blocked_data_port_is_named(stream: Stream) -> None:
    """A firewall that lets only some ports through."""
    joined = Joined(Only(Loss(100), Direction.TO_RADIO, (stream,)))
    joined.until(SessionClosed)
    (closed,) = of(SessionClosed, joined.told[Role.CLIENT])
    assert closed.reason is CloseReason.DATA_PORTS_DEAD
    assert stream.name in closed.detail
    joined.pair.run_until(60.0)
    assert joined.pair.is_quiet


@pytest.mark.parametrize("direction", Direction)
def test_a_network_of_one_way_ends_as_no_answer(direction: Direction) -> None:
    joined = Joined(Only(Loss(100), direction))
    joined.until(SessionClosed)
    (closed,) = of(SessionClosed, joined.told[Role.CLIENT])
    assert closed.reason is CloseReason.NO_ANSWER
    joined.pair.run_until(60.0)
    assert joined.pair.is_quiet


def test_a_forced_disconnect_is_followed_by_the_same_streams_again() -> None:
    joined = Joined(Delay(5))
    joined.until(SessionReady)
    pair = joined.pair
    for _ in range(3):
        pair.call_at(pair.now + 1.0, pair.radio.force_disconnect)
        joined.until(StreamsClosed)
        pair.call_at(pair.now, pair.client.request_streams)
        joined.until(SessionReady)
        pair.call_at(pair.now, lambda now: void(pair.client.send_civ(READ, now)))
        joined.until(CivAnswered)
    assert joined.close() == [SessionClosed(CloseReason.LOCAL)]


def test_a_radio_that_closes_says_so() -> None:
    joined = Joined(Delay(5))
    joined.until(SessionReady)
    joined.pair.call_at(1.0, joined.pair.radio.close)
    joined.until(SessionClosed)
    (closed,) = of(SessionClosed, joined.told[Role.CLIENT])
    assert closed.reason is CloseReason.PEER_DISCONNECT
    joined.pair.run_until(60.0)
    assert joined.pair.is_quiet


def test_a_wrong_password_is_told_on_both_sides() -> None:
    config = ClientConfig(username="icom", password="wrong")
    joined = Joined(Loss(10), Delay(5), client=config, seed=1)
    joined.until(SessionClosed)
    (closed,) = of(SessionClosed, joined.told[Role.CLIENT])
    assert closed.reason is CloseReason.BAD_CREDENTIALS
    joined.pair.run_until(60.0)
    assert joined.pair.is_quiet
    assert joined.pair.radio.clients == ()
    assert RECORD.name == b"IC-7610"


@pytest.mark.parametrize("when", [0.0, 0.003, 0.006, 0.012, 0.02, 0.03, 0.2, 3.0])
def test_a_client_may_leave_at_any_moment(when: float) -> None:
    joined = Joined(Delay(2))
    joined.pair.run_until(when)
    assert joined.close() == [SessionClosed(CloseReason.LOCAL)]
    assert joined.pair.radio.clients == ()
    assert not joined.pair.radio.owners
