"""The named networks: what comes through, and that no two share a memory."""

import pytest

from icom_proto.codes import Stream
from icom_sim.network import Direction, Network
from icom_sim.network.presets import PRESETS, preset_rules

# One second of what an audio stream at 48 kHz sends, for ten seconds.
SIZES = (1388, 580)


def carry_audio(name: str, seconds: int = 10) -> tuple[float, float]:
    """The share that arrives, and the longest delay in seconds."""
    network = Network.from_percent(before=preset_rules(name), seed=4)
    delays = [
        [
            delay
            for delay, _ in network.carry(Direction.TO_CLIENT, Stream.AUDIO, data, at)
        ]
        for at in (block * 0.02 for block in range(seconds * 50))
        for data in (bytes(size) for size in SIZES)
    ]
    arrived = [delay for copies in delays for delay in copies]
    return len(arrived) / len(delays), max(arrived)


@pytest.mark.parametrize(
    ("name", "share_min", "share_max", "delay_max_s"),
    [
        ("lan", 1.0, 1.0, 0.001),
        ("wifi", 0.99, 1.0, 0.011),
        ("wifi-lossy", 0.9, 0.99, 0.034),
        ("lte", 0.97, 1.0, 0.06),
        ("vpn-mtu", 0.49, 0.5, 0.025),
        ("congested", 0.9, 0.999, 0.2),
    ],
)
def test_a_named_network_does_to_audio_what_its_name_says(
    name: str, share_min: float, share_max: float, delay_max_s: float
) -> None:
    share, delay_s = carry_audio(name)
    assert share_min <= share <= share_max
    assert delay_s <= delay_max_s


@pytest.mark.parametrize("name", PRESETS)
def test_each_network_gets_rules_of_its_own(name: str) -> None:
    assert carry_audio(name) == carry_audio(name)
