"""The 17 figures, and the meter of received packets with times written by hand."""

import json
import random
from dataclasses import FrozenInstanceError, fields
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icom_lan.audio import AudioState, AudioStats
from icom_lan.rx_meter import JUMP_MAX, RESTART_RUN, WAITED_FOR, LossRuns, RxMeter
from icom_proto.codes import Codec

KEYS = """
    active state rx_packets_received rx_packets_delivered tx_packets_sent packets_lost
    packet_loss_percent jitter_ms jitter_max_ms underrun_count overrun_count
    estimated_latency_ms jitter_buffer_depth_packets jitter_buffer_pending_packets
    duplicates_dropped stale_packets_dropped out_of_order_packets
    """.split()  # noqa: SIM905  as in the document, easier to compare
FULL, REST = bytes(1364), bytes(556)


def meter(codec: Codec = Codec.PCM16_MONO, rate_hz: int = 48_000) -> RxMeter:
    return RxMeter(codec, rate_hz)


def after(*seqs: int, payload: bytes = b"\0" * 960) -> RxMeter:
    """A meter that saw these numbers, 10 ms apart."""
    it = meter()
    for count, seq in enumerate(seqs):
        it.note(seq & 0xFFFF, payload, count * 0.01)
    return it


# ---- states and snapshot -------------------------------------------------------------


@pytest.mark.check("5.1", "5.2", "5.3")
def test_the_states_are_strings() -> None:
    assert issubclass(AudioState, StrEnum)
    states = [AudioState.IDLE, AudioState.RECEIVING, AudioState.TRANSMITTING]
    assert [*AudioState] == states == ["idle", "receiving", "transmitting"]


@pytest.mark.check("3.22")
def test_a_snapshot_has_exactly_the_documented_keys() -> None:
    assert [each.name for each in fields(AudioStats)] == KEYS
    assert [*AudioStats.inactive().to_dict()] == KEYS


@pytest.mark.check("3.3", "3.23")
def test_a_snapshot_of_nothing_is_zeros_and_passes_through_json() -> None:
    figures = AudioStats.inactive().to_dict()
    assert json.loads(json.dumps(figures)) == figures
    assert figures.pop("active") is False
    assert figures.pop("state") == "idle"
    assert set(figures.values()) == {0}
    floats = {key for key, value in figures.items() if type(value) is float}
    assert floats == {
        "packet_loss_percent",
        "jitter_ms",
        "jitter_max_ms",
        "estimated_latency_ms",
    }


def test_a_snapshot_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        AudioStats.inactive().packets_lost = 1  # type: ignore[misc]


# ---- numbers -------------------------------------------------------------------------


@pytest.mark.check("3.21")
def test_mistake_36_a_loss_alone_is_not_out_of_order() -> None:
    it = after(0, 1, 3, 4, 7)
    assert (it.received, it.lost, it.out_of_order, it.duplicates) == (5, 3, 0, 0)


@pytest.mark.check("3.10", "3.21")
def test_mistake_36_a_packet_that_comes_late_is_not_lost() -> None:
    it = after(0, 1, 3, 2, 2, 4)
    assert (it.received, it.lost, it.out_of_order, it.duplicates) == (6, 0, 1, 1)


def test_numbers_wrap() -> None:
    it = after(0xFFFE, 0, 0xFFFF, 0xFFFF, 2)
    assert (it.lost, it.out_of_order, it.duplicates) == (1, 1, 1)
    long = after(*range(0x20000))
    assert (long.lost, long.out_of_order, long.duplicates) == (0, 0, 0)


def test_a_packet_before_the_first_is_late_and_no_duplicate() -> None:
    it = after(5, 4, 6)
    assert (it.out_of_order, it.duplicates, it.lost) == (1, 0, 0)


@pytest.mark.parametrize("to", [JUMP_MAX + 50, 40_000])
def test_a_jump_or_restart_is_not_thousands_of_losses(to: int) -> None:
    it = after(*range(40), *range(to, to + 50))
    network = it.network()
    assert network["network_restarts"] == 1
    assert network["network_lost"] == 0


def test_a_restart_at_lower_numbers_is_noticed() -> None:
    it = after(*range(1000), *range(200))
    assert it.restarts == 1
    assert it.lost == 0
    assert it.out_of_order == RESTART_RUN - 1


def test_old_repetitions_one_by_one_are_no_restart() -> None:
    it = after(*range(500), 10, 500, 11, 501, 12, 502, 13, 503, 14, 504)
    assert it.restarts == 0
    assert it.lost == 0


def test_burst_and_gap_lengths_are_counted() -> None:
    # 10 packets, 1 lost, 3 packets, 2 lost, 1 packet, 20 lost, the rest
    seqs = [*range(10), 11, 12, 13, 16, *range(37, 37 + WAITED_FOR + 1)]
    network = after(*seqs).network()
    assert network["loss_burst_lengths"] == [1, 1, *[0] * 13, 1]
    assert network["loss_gap_lengths"] == [1, 1, 0, 1, *[0] * 12]
    assert network["network_lost"] == 23
    percent = 100 * 23 / (23 + len(seqs))
    assert network["network_loss_percent"] == pytest.approx(percent)


def test_a_repaired_hole_is_no_burst() -> None:
    network = after(0, 2, 3, 1, *range(4, 300)).network()
    assert network["loss_burst_lengths"] == [0] * 16


def test_losses_at_the_very_start_have_no_gap_before_them() -> None:
    runs = LossRuns()
    runs.begin(7)
    for place in (7, 8, 10):
        runs.add(place)
    assert runs.burst_lengths() == [1, 1, *[0] * 14]
    assert runs.gap_lengths() == [1, *[0] * 15]


@given(
    steps=st.lists(st.sampled_from([1, 1, 1, 2, -1, -3, 0, 5, 900, 2000]), max_size=80),
    first=st.sampled_from([0, 5, 0x7FFF, 0xFFF0]),
)
def test_figures_stay_within_their_bounds(steps: list[int], first: int) -> None:
    it, seq = meter(), first
    for count, step in enumerate(steps):
        seq = (seq + step) & 0xFFFF
        it.note(seq, FULL, count * 0.01)
    network = it.network()
    assert json.loads(json.dumps(network)) == network
    assert it.received == len(steps)
    assert it.duplicates + it.out_of_order <= it.received
    for value in network.values():
        assert min(value if isinstance(value, list) else [value]) >= 0
    loss = network["network_loss_percent"]
    assert isinstance(loss, float)
    assert loss <= 100.0


# ---- times ---------------------------------------------------------------------------


def blocks(order: tuple[bytes, ...], delays: list[float]) -> RxMeter:
    """One block every 20 ms, all its packets at once, each block so much later."""
    it, seq = meter(), 0xFFF0
    for count, delay in enumerate(delays):
        for payload in order:
            it.note(seq & 0xFFFF, payload, 0.02 * count + delay)
            seq += 1
    return it


@pytest.mark.check("3.12", "3.13")
@pytest.mark.parametrize("order", [(FULL, REST), (REST, FULL)])
def test_mistake_4_a_steady_radio_has_no_jitter(order: tuple[bytes, ...]) -> None:
    it = blocks(order, [0.005] * 50)
    assert it.jitter.mean_s == pytest.approx(0.0, abs=1e-9)
    assert it.jitter.max_s == pytest.approx(0.0, abs=1e-9)


@pytest.mark.check("3.12", "3.13")
def test_mistake_4_bad_timing_shows_although_the_numbers_are_perfect() -> None:
    it = blocks((FULL, REST), [0.0, 0.008] * 200)
    assert 1000 * it.jitter.mean_s == pytest.approx(8.0, rel=0.01)
    assert it.jitter.max_s >= it.jitter.mean_s
    assert it.out_of_order == it.lost == 0


def test_jitter_is_smoothed_as_in_rfc_3550() -> None:
    it = blocks((FULL, REST), [0.0, 0.016])
    first = 0.016 / 16
    assert it.jitter.mean_s == pytest.approx(first + (0.016 - first) / 16)
    assert it.network()["interarrival_jitter_ms"] == pytest.approx(1.9375)


def test_losses_alone_are_no_jitter() -> None:
    rng, it = random.Random(1), meter()
    for place in range(2000):
        if rng.random() > 0.1:
            it.note(place, REST if place % 2 else FULL, place // 2 * 0.02)
    assert it.lost > 150
    assert it.jitter.max_s == pytest.approx(0.0, abs=1e-9)


def test_a_pause_of_the_sender_is_no_jitter() -> None:
    it = blocks((FULL, REST), [0.0] * 20 + [5.0] * 20)
    assert it.jitter.max_s == pytest.approx(0.0, abs=1e-9)
    assert it.lost == 0


@pytest.mark.parametrize(
    ("codec", "rate_hz", "payloads", "packet_ms"),
    [
        (Codec.PCM16_MONO, 48_000, [FULL, REST], 10.0),
        (Codec.PCM16_STEREO, 48_000, [FULL, FULL, bytes(1112)], 20 / 3),
        (Codec.PCM16_MONO, 16_000, [bytes(640)], 20.0),
        (Codec.ULAW_MONO, 8_000, [bytes(160)], 20.0),
        (Codec.PCM16_MONO, 48_000, [bytes(960)], 10.0),  # no split block: as it lasts
        (Codec.PCM16_MONO, 48_000, [bytes(3840)], 40.0),
        (Codec.OPUS_MONO, 48_000, [b"\xfc" + bytes(60)], 20.0),
        (Codec.OPUS_MONO, 48_000, [b"\xf4" + bytes(60)], 10.0),
    ],
)
def test_mistake_5_a_packet_lasts_as_long_as_codec_rate_and_size_say(
    codec: Codec, rate_hz: int, payloads: list[bytes], packet_ms: float
) -> None:
    it = RxMeter(codec, rate_hz)
    for block in range(10):
        for part, payload in enumerate(payloads):
            block_s = len(payloads) * packet_ms / 1000
            it.note(block * len(payloads) + part, payload, block * block_s)
    assert it.packet_ms == pytest.approx(packet_ms)
    assert it.jitter.max_s == pytest.approx(0.0, abs=1e-9)
