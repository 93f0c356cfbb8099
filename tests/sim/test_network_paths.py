"""Bursts, bottlenecks and tunnels: what they drop, delay and refuse."""

import random
from itertools import groupby

import pytest

from icom_proto.codes import Stream
from icom_sim.network.paths import BurstLoss, Mtu, RateLimit
from icom_sim.network.verdicts import ConditionError, Direction, Rule, Verdict

NAN = float("nan")


def judge(
    rule: Rule,
    *,
    now: float = 0.0,
    size: int = 100,
    direction: Direction = Direction.TO_CLIENT,
    stream: Stream = Stream.AUDIO,
    rng: random.Random | None = None,
) -> Verdict:
    return rule(rng or random.Random(1), direction, stream, bytes(size), now)


def delay_of(verdict: Verdict) -> float:
    assert isinstance(verdict, float)
    return verdict


def burst_losses(rule: BurstLoss, seed: int, count: int) -> list[bool]:
    rng = random.Random(seed)
    return [judge(rule, rng=rng) is not None for _ in range(count)]


@pytest.mark.parametrize(("percent", "length"), [(3, 4), (20, 2), (1, 10)])
def test_bursts_have_the_share_and_the_length_asked_for(
    percent: float, length: float
) -> None:
    lost = burst_losses(BurstLoss(percent, length), seed=3, count=200_000)
    runs = [sum(1 for _ in run) for is_lost, run in groupby(lost) if is_lost]
    # Some 400 bursts at least: a tenth is two standard deviations of their mean.
    assert sum(lost) / len(lost) == pytest.approx(percent / 100, rel=0.15)
    assert sum(runs) / len(runs) == pytest.approx(length, rel=0.15)


def test_no_burst_loss_is_none_at_all() -> None:
    assert not any(burst_losses(BurstLoss(0, 4), seed=1, count=1000))


def test_a_burst_on_one_stream_leaves_the_others_alone() -> None:
    # 99 % in long bursts: the audio stream is in one almost at once, and stays there.
    rule, rng = BurstLoss(99, 1000), random.Random(1)
    for _ in range(2000):
        judge(rule, rng=rng)
    # Whether a good path goes bad is one draw, and 0.95 is above P(begin) of 0.099.
    high = HighDraw()
    assert judge(rule, rng=high) == ()
    assert judge(rule, rng=high, stream=Stream.CIV) is None


class HighDraw(random.Random):
    """Every draw is 0.95."""

    def random(self) -> float:
        return 0.95


def test_datagrams_queue_in_front_of_a_bottleneck() -> None:
    # 972 bytes and 28 of headers at 800 kbit/s take 10 ms each.
    rule = RateLimit(800, queue_ms=25)
    delays = [delay_of(judge(rule, size=972)) for _ in range(3)]
    assert delays == pytest.approx([0.01, 0.02, 0.03])
    assert judge(rule, size=972) == ()  # it would have waited 30 ms


def test_a_queue_drains_with_time() -> None:
    rule = RateLimit(800, queue_ms=5)
    judge(rule, size=972)
    assert judge(rule, size=972, now=0.004) == ()
    assert delay_of(judge(rule, size=972, now=0.006)) == pytest.approx(0.014)
    assert delay_of(judge(rule, size=972, now=1.0)) == pytest.approx(0.01)


def test_streams_share_a_bottleneck_and_directions_do_not() -> None:
    rule = RateLimit(800, queue_ms=5)
    judge(rule, size=972)
    assert judge(rule, size=972, stream=Stream.CIV) == ()
    assert judge(rule, size=972, direction=Direction.TO_RADIO)


def test_a_tunnel_drops_what_is_longer_than_its_mtu() -> None:
    rule = Mtu(1400)
    assert judge(rule, size=1400 - 28) is None
    assert judge(rule, size=1400 - 27) == ()


@pytest.mark.parametrize(
    ("kind", "figures"),
    [
        *((BurstLoss, figures) for figures in ((-1, 4), (100, 4), (NAN, 4))),
        *((BurstLoss, figures) for figures in ((5, 0), (5, NAN), (60, 1))),
        *(
            (RateLimit, figures)
            for figures in ((0, 10), (NAN, 10), (9, -1), (9, 60001))
        ),
        *((Mtu, (size,)) for size in (67, 65536)),
    ],
)
def test_impossible_figures_are_refused_with_one_line(
    kind: type, figures: tuple[float, ...]
) -> None:
    with pytest.raises(ConditionError) as refused:
        kind(*figures)
    assert "\n" not in str(refused.value)
