"""Rows 5 and 8: a whole client and a whole radio in virtual time, with received audio.

A datagram is on time if the core handed it out, in order, no later than `ON_TIME_S`
after the radio sent it for the first time.
"""

from collections.abc import Sequence
from time import process_time

from benchmarks.contenders import Figures, Sample
from benchmarks.radio_record import RECORD
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import PacketType, Role, Stream
from icom_proto.events import (
    AudioReceived,
    CivFrameReceived,
    ClientAudioStarted,
    Output,
)
from icom_proto.radio_config import RadioConfig
from icom_sim.network import Network
from icom_sim.network.rules import Delay, Jitter, Loss
from icom_sim.network.verdicts import Copy, Direction, Rule
from icom_sim.virtual.pair import Carrier, Pair

BASE_DELAY_MS, PLAYOUT_S = 5.0, 0.1
# Times are sums of floats.
ROUNDING_S = 1e-9
ON_TIME_S = BASE_DELAY_MS / 1000 + PLAYOUT_S
BLOCK_S = 0.02
# Let handshakes end and guards be learnt before anything is counted.
WARM_UP_S = 2.0
# Audio numbers wrap at 0x10000; a run stays below, so that a number names a datagram.
SECONDS_MAX = 600.0
_BLOCK = bytes(1920)
_PER_BLOCK = 2
_BLOCK_ON_WIRE = len(_BLOCK) + _PER_BLOCK * 0x18
_NG = bytes.fromhex("fefee098fafd")
_IDLE_SIZE = 0x10
_TYPE_AT = 4


class CountedNetwork:
    """Adds up what the audio stream sends, each way, and lets a network carry it."""

    def __init__(self, rules: Sequence[Rule], *, seed: int) -> None:
        self._network = Network(rules, seed=seed)
        self._audio: list[int] = []
        self._requests: list[int] = []

    def carry(
        self, direction: Direction, stream: Stream, data: bytes, now: float
    ) -> Sequence[Copy]:
        """Counts, then does as any network does."""
        if stream is Stream.AUDIO:
            kind = data[_TYPE_AT]
            if direction is Direction.TO_RADIO and kind == PacketType.RETRANSMIT:
                self._requests.append(len(data))
            elif kind == PacketType.DATA and len(data) > _IDLE_SIZE:
                self._audio.append(len(data))
        return self._network.carry(direction, stream, data, now)

    def tally(self) -> tuple[int, int, int, int]:
        """Audio datagrams and their bytes, requests and their bytes, so far."""
        audio, requests = self._audio, self._requests
        return len(audio), sum(audio), len(requests), sum(requests)


class AudioRun:
    """One session; blocks of audio from the moment that the client's stream is up."""

    def __init__(self, network: Carrier, seed: int) -> None:
        self.sent_at: list[float] = []  # by block
        self.arrived: list[tuple[float, int]] = []  # when, audio number
        self.pair = Pair(
            ClientConfig(username="b", password="b", playout_delay_s=PLAYOUT_S),
            RadioConfig(username="b", password="b", record=RECORD),
            seed=seed,
            network=network,
            listener=self._listen,
        )
        self.pair.client.open(0.0)
        started = self.pair.run_while(lambda: not self.sent_at, limit=60.0)
        assert started, "no audio within a minute"

    def _listen(self, role: Role, event: Output, now: float) -> None:
        if type(event) is AudioReceived:
            self.arrived.append((now, event.send_seq))
        elif type(event) is CivFrameReceived and role is Role.RADIO:
            self.pair.radio.send_civ(_NG, now)
        elif type(event) is ClientAudioStarted and not self.sent_at:
            self._send_block(now)

    def _send_block(self, now: float) -> None:
        self.sent_at.append(now)
        self.pair.radio.send_audio(_BLOCK, now)
        self.pair.call_at(
            self.sent_at[0] + BLOCK_S * len(self.sent_at), self._send_block
        )


def speed(seconds: float, loss: float, jitter_ms: float) -> Sample:
    """Row 8: simulated seconds per second of this core."""

    def sample() -> Figures:
        run = AudioRun(Network(_rules(loss, jitter_ms), seed=1), 1)
        end = run.pair.now + seconds
        start = process_time()
        run.pair.run_until(end)
        return {"simulated_per_s": seconds / (process_time() - start)}

    return sample


def recovery(seconds: float, loss: float, jitter_ms: float, seed: int) -> Sample:
    """Row 5: what was on time, and what recovery cost. The same in every run."""
    assert seconds + WARM_UP_S < SECONDS_MAX

    def sample() -> Figures:
        network = CountedNetwork(_rules(loss, jitter_ms), seed=seed)
        run = AudioRun(network, seed)
        begin = run.sent_at[0] + WARM_UP_S
        run.pair.run_until(begin)
        return _count(run, network, begin, seconds)

    return sample


def _count(
    run: AudioRun, network: CountedNetwork, begin: float, seconds: float
) -> Figures:
    """Of the datagrams first sent in the `seconds` after `begin`; that is now."""
    first_block, before = len(run.sent_at), network.tally()
    run.pair.run_until(begin + seconds)
    end_block, after = len(run.sent_at), network.tally()
    run.pair.run_until(begin + seconds + 1.0)  # the last ones are still under way
    patience_s = ON_TIME_S + ROUNDING_S
    due = [at + patience_s for at in run.sent_at for _ in range(_PER_BLOCK)]
    counted = range(first_block * _PER_BLOCK, end_block * _PER_BLOCK)
    on_time = len({seq for at, seq in run.arrived if seq in counted and at <= due[seq]})
    sent, sent_bytes = len(counted), (end_block - first_block) * _BLOCK_ON_WIRE
    datagrams, size, requests, requests_size = (
        b - a for a, b in zip(before, after, strict=True)
    )
    return {
        "on_time_percent": 100 * on_time / sent,
        "missed": sent - on_time,
        "resent_percent": 100 * (datagrams - sent) / sent,
        "requests_percent": 100 * requests / sent,
        "extra_bytes_percent": 100 * (size - sent_bytes + requests_size) / sent_bytes,
    }


def _rules(loss: float, jitter_ms: float) -> list[Rule]:
    rules: list[Rule] = [Delay(BASE_DELAY_MS)]
    if loss:
        rules.insert(0, Loss(loss))
    if jitter_ms:
        rules.append(Jitter(jitter_ms))
    return rules
