"""How long lost audio is waited for, changed while it runs; and figures of the rest."""

from collections import deque
from dataclasses import replace

import pytest

from foreign_radio import AUDIO, CONFIG, ForeignRadio
from forge import of
from icom_proto.audio_stream import (
    CLOCK_RUN,
    CLOCK_SAMPLE,
    HELD_MAX,
    AudioReceiver,
    PlayoutClock,
)
from icom_proto.client_audio import PLAYOUT_DELAY_S_MAX, UNORDERED_RECOVERY_S
from icom_proto.codes import Codec
from icom_proto.errors import LocalProtocolError
from icom_proto.events import AudioLost, AudioReceived, GapGivenUp, Output
from icom_proto.packets import AudioData
from link_bench import from_peer

BLOCK_S = 0.02


class Listening:
    """A client that is ready and hears mono µ-law: one datagram a block."""

    def __init__(self) -> None:
        config = replace(CONFIG, rx_codec=Codec.ULAW_MONO, rx_rate_hz=8000)
        self.radio = ForeignRadio(config)
        self.radio.make_ready()
        self.client = self.radio.client
        self.start = self.radio.now

    def set_delay(self, delay_s: float) -> list[Output]:
        self.client.set_playout_delay(delay_s, self.radio.now)
        return self.radio.wait(0.0)

    def hear(self, *seqs: int) -> list[int | str]:
        """Each at its time; what was handed on, and losses as `-first*n`."""
        outputs: list[Output] = []
        for seq in seqs:
            wait_s = self.start + seq * BLOCK_S - self.radio.now
            outputs += self.radio.wait(max(wait_s, 0.0))
            body = AudioData(
                ident=0x8006, send_seq=seq, data_length=160, data=bytes(160)
            )
            raw = self.radio.seal(AUDIO, body, seq=seq + 1)
            outputs += self.radio.give(AUDIO, raw)
        return told(outputs)

    def wait(self, seconds: float) -> list[int | str]:
        return told(self.radio.wait(seconds))


def told(outputs: list[Output]) -> list[int | str]:
    found: list[int | str] = []
    for output in outputs:
        if isinstance(output, AudioReceived):
            found.append(output.send_seq)
        elif isinstance(output, AudioLost):
            found.append(f"-{output.first_seq}*{output.count}")
    return found


@pytest.mark.parametrize("delay_s", [0.06, 0.1, 0.5, 1.0])
def test_a_hole_is_waited_for_as_long_as_was_set_last(delay_s: float) -> None:
    listening = Listening()
    listening.set_delay(0.04)
    listening.set_delay(delay_s)
    assert listening.hear(0, 1, 3) == [0, 1]
    listening.wait(2 * BLOCK_S + delay_s + listening.start - listening.radio.now - 1e-6)
    assert listening.wait(2e-6) == ["-2*1", 3]


def test_a_shorter_delay_gives_up_at_once_what_is_overdue_by_it() -> None:
    listening = Listening()
    listening.set_delay(1.0)
    assert listening.hear(0, 2, 3, 4, 5, 6, 7, 8, 9) == [0]
    assert told(listening.set_delay(0.02)) == ["-1*1", *range(2, 10)]


def test_what_is_lost_is_asked_for_as_long_as_it_is_waited_for() -> None:
    listening = Listening()
    listening.set_delay(0.5)
    listening.hear(0, 1, 3)
    assert not of(GapGivenUp, listening.radio.wait(0.2))
    listening = Listening()
    listening.set_delay(0.06)
    listening.hear(0, 1, 3)
    assert of(GapGivenUp, listening.radio.wait(0.2))


@pytest.mark.parametrize("delay_s", [-0.1, PLAYOUT_DELAY_S_MAX + 0.001, float("nan")])
def test_a_delay_that_cannot_be_is_refused(delay_s: float) -> None:
    listening = Listening()
    with pytest.raises(LocalProtocolError, match="allowed is 0 to 1 s"):
        listening.set_delay(delay_s)
    quality = listening.client.audio_quality
    assert quality is not None
    assert quality.delay_s == CONFIG.playout_delay_s


@pytest.mark.parametrize("seconds", [-0.1, float("nan"), float("inf")])
def test_a_session_with_a_delay_that_cannot_be_is_refused(seconds: float) -> None:
    with pytest.raises(LocalProtocolError, match="allowed is 0 s or more"):
        replace(CONFIG, playout_delay_s=seconds)


@pytest.mark.parametrize("seconds", [-1.0, 0.0, float("nan")])
def test_a_session_cannot_be_lost_before_it_is_silent(seconds: float) -> None:
    with pytest.raises(LocalProtocolError, match="allowed is more than 0 s"):
        replace(CONFIG, silence_s=seconds)


def test_without_a_session_there_is_no_delay_to_set() -> None:
    radio = ForeignRadio()
    with pytest.raises(LocalProtocolError, match="cannot set the playout delay"):
        radio.client.set_playout_delay(0.1, 0.0)
    assert radio.client.audio_quality is None
    assert radio.client.audio_queued_s == 0


def test_a_session_without_audio_has_no_delay_either() -> None:
    radio = ForeignRadio(replace(CONFIG, audio=False))
    radio.make_ready()
    with pytest.raises(LocalProtocolError, match="without audio"):
        radio.client.set_playout_delay(0.1, radio.now)


# ---- no order ------------------------------------------------------------------------


@pytest.mark.check("2.24")
def test_at_a_delay_of_0_audio_is_handed_on_as_it_comes_and_losses_are_not_told() -> (
    None
):
    listening = Listening()
    listening.set_delay(0.0)
    assert listening.hear(0, 1, 3, 4, 2, 6) == [0, 1, 3, 4, 2, 6]
    assert listening.wait(2.0) == []
    counters = listening.client.statistics()["audio"]
    assert (counters["delivered"], counters["lost"]) == (6, 1)
    assert (counters["out_of_order"], counters["late"], counters["holes"]) == (1, 0, 0)


def test_what_is_held_is_handed_on_when_nothing_is_waited_for_any_more() -> None:
    listening = Listening()
    listening.hear(0, 2, 3, 5)
    assert told(listening.set_delay(0.0)) == ["-1*1", 2, 3, "-4*1", 5]
    assert listening.hear(6) == [6]


def test_order_can_be_asked_for_again() -> None:
    listening = Listening()
    listening.set_delay(0.0)
    listening.hear(0, 3)
    listening.set_delay(0.1)
    assert listening.hear(5) == []
    assert listening.hear(4) == [4, 5]


def test_without_order_what_is_lost_is_asked_for_all_the_same() -> None:
    listening = Listening()
    listening.set_delay(0.0)
    listening.hear(0, 1, 3)
    asked = listening.client.statistics()["audio"]["requests_sent"]
    listening.wait(UNORDERED_RECOVERY_S)
    assert listening.client.statistics()["audio"]["requests_sent"] > asked


@pytest.mark.parametrize("jump", [HELD_MAX + 1, -HELD_MAX - 1, 30000])
def test_without_order_a_jump_is_a_new_start_and_no_loss(jump: int) -> None:
    outputs: deque[Output] = deque()
    receiver = AudioReceiver(
        codec=Codec.ULAW_MONO, rate_hz=8000, delay_s=0.0, outputs=outputs
    )
    for step, seq in enumerate((1000, 1001 + jump, 1002 + jump)):
        body = AudioData(ident=0, send_seq=seq & 0xFFFF, data_length=1, data=b"\0")
        receiver.handle_datagram(from_peer(body, step), step * BLOCK_S)
    assert len(outputs) == 3
    assert (receiver.counters.restarts, receiver.counters.lost) == (1, 0)


# ---- figures -------------------------------------------------------------------------


def test_losses_in_a_row_are_one_hole() -> None:
    listening = Listening()
    listening.hear(0, 1, 4, 5, 7)
    listening.wait(1.0)
    counters = listening.client.statistics()["audio"]
    assert (counters["lost"], counters["holes"]) == (3, 2)
    quality = listening.client.audio_quality
    assert quality is not None
    assert (quality.longest_hole, quality.pending) == (2, 0)


def test_jitter_is_of_arrival_times_and_not_of_numbers() -> None:
    """API.md 17, 4: perfect numbers with terrible timing had a jitter of 0."""
    even, uneven = PlayoutClock(160, 0.1), PlayoutClock(160, 0.1)
    for clock, late_s in ((even, 0.0), (uneven, 0.01)):
        clock.begin(0, 0.0)
        for step in range(200):
            seq = step * CLOCK_SAMPLE
            clock.observe(seq, 160, seq * BLOCK_S + late_s * (step % 2))
    assert even.jitter_s == pytest.approx(0.0, abs=1e-9)
    assert uneven.jitter_s == pytest.approx(0.01, rel=0.01)
    assert uneven.jitter_max_s == pytest.approx(0.01, rel=0.01)


@pytest.mark.parametrize("ppm", [-100, -20, 0, 20, 100])
def test_the_drift_of_the_senders_clock_is_told(ppm: int) -> None:
    clock = PlayoutClock(160, 0.1)
    clock.begin(0, 0.0)
    block_s = BLOCK_S / (1 + ppm / 1e6)
    for step in range(0, 20 * CLOCK_RUN * CLOCK_SAMPLE, CLOCK_SAMPLE):
        jitter_s = 0.005 * (step // CLOCK_SAMPLE * 7919 % 100) / 100
        clock.observe(step & 0xFFFF, 160, step * block_s + jitter_s)
    assert clock.drift_ppm() == pytest.approx(ppm, abs=3)


def test_no_drift_is_told_before_it_can_be_known() -> None:
    clock = PlayoutClock(160, 0.1)
    clock.begin(0, 0.0)
    for seq in range(0, 3 * CLOCK_RUN * CLOCK_SAMPLE, CLOCK_SAMPLE):
        clock.observe(seq, 160, seq * BLOCK_S)
    assert clock.drift_ppm() is None


class Receiving:
    """A receiver of mono µ-law alone, fed by number and time."""

    def __init__(self) -> None:
        self.part = AudioReceiver(
            codec=Codec.ULAW_MONO, rate_hz=8000, delay_s=0.1, outputs=deque()
        )

    def take(self, seq: int, now: float) -> None:
        body = AudioData(ident=0x8006, send_seq=seq, data_length=160, data=bytes(160))
        self.part.handle_datagram(from_peer(body, seq), now)


def test_a_number_sent_over_and_over_breaks_no_figure() -> None:
    """Slopes between places that are one were a division by zero."""
    receiving = Receiving()
    for step in range(20 * CLOCK_RUN):
        receiving.take(0, step * BLOCK_S)
    assert receiving.part.quality().drift_ppm is None


def test_a_sender_that_begins_again_is_no_jitter() -> None:
    receiving = Receiving()
    for step in range(1000):
        receiving.take(30000 + step, step * BLOCK_S)
    for step in range(200):
        receiving.take(CLOCK_SAMPLE + step, (1000 + step) * BLOCK_S)
    assert receiving.part.counters.restarts == 1
    assert receiving.part.quality().jitter_max_s == pytest.approx(0.0, abs=1e-9)
