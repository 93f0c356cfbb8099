"""Row 3.6: a trace through the voice profile, and what any fixed delay had done."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from benchmarks.contenders import Figures, Sample
from benchmarks.playout_traces import FAMILIES, PACKET_S, Trace, spike
from icom_proto.audio_formats import pcm_of
from icom_proto.codes import Codec
from icom_proto.voice_playout import VoicePlayout

# 8 kHz: the same decisions as at 48 kHz, six times sooner.
RATE_HZ, PACKET = 8000, 160
# The first packets are no part of the comparison: nothing is known yet.
WARM_UP_S = 2.0
# A spike is over when its last pause is; three seconds later all is as without it.
AFTER_S, LOOK_S = 3.0, 0.5


def against_fixed(family: str, seed: int) -> Sample:
    """Adaptive, and the fixed delay of the same mean, on one trace."""

    def sample() -> Figures:
        trace = FAMILIES[family](seed)
        played = Played(trace)
        curve = fixed_curve(trace, played.times[0], played.times[-1] + PACKET_S)
        mean_s = sum(played.delays) / len(played.delays)
        statistics = played.playout.statistics()
        drift_ppm = statistics.drift_ppm
        return {
            "mean_delay_ms": 1000 * mean_s,
            "concealed_ms": played.concealed_ms,
            "inserted_ms": played.inserted_ms,
            "fixed_ms": interpolated(curve, mean_s),
            "never_came_ms": curve[-1][1],
            "wrong_frames": played.wrong_frames,
            "drift_error_ppm": abs(trace.ppm - (drift_ppm or 0.0)),
        }

    return sample


def after_spike(seed: int) -> Sample:
    """How far the delay is off, in ms, 3 s after a spike, from a run without one."""

    def sample() -> Figures:
        trace = spike(seed)
        begin = trace.spikes[-1] + AFTER_S
        after, calm = (
            [
                delay
                for at, delay in zip(played.times, played.delays, strict=True)
                if begin <= at < begin + LOOK_S
            ]
            for played in (Played(trace), Played(spike(seed, calm=True)))
        )
        return {"off_ms": 1000 * abs(median(after) - median(calm))}

    return sample


def timeline(family: str, seed: int) -> Sample:
    """Delay by time, for the plot: names are seconds."""

    def sample() -> Figures:
        played = Played(FAMILIES[family](seed))
        pairs = zip(played.times, played.delays, strict=True)
        return {f"{at:.2f}": 1000 * delay for at, delay in pairs}

    return sample


class Played:
    """One trace played: by tick the delay in seconds, and what was made up in all."""

    def __init__(self, trace: Trace) -> None:
        self.times: list[float] = []
        self.delays: list[float] = []
        self.playout = VoicePlayout(Codec.PCM16_MONO, RATE_HZ)
        self.wrong_frames = 0
        payload = pcm_of([(at * 7919) % 4001 - 2000 for at in range(PACKET)])
        order = sorted(
            (at, number) for number, at in enumerate(trace.arrived) if at is not None
        )
        coming, concealed, inserted = 0, 0.0, 0.0
        for now in ticks(trace):
            if not self.times:
                figures = self.playout.statistics()
                concealed, inserted = figures.concealed_ms, figures.inserted_ms
            while coming < len(order) and order[coming][0] <= now:
                arrived, number = order[coming]
                self.playout.put(number % 0x10000, payload, arrived)
                coming += 1
            frame = self.playout.pull(now)
            self.wrong_frames += len(frame.pcm) != len(payload)
            place = self.playout.position
            if now >= WARM_UP_S and place is not None:
                sent = place / RATE_HZ / (1 + trace.ppm * 1e-6)
                self.times.append(now)
                self.delays.append(now + PACKET_S - sent)
        figures = self.playout.statistics()
        self.concealed_ms = figures.concealed_ms - concealed
        self.inserted_ms = figures.inserted_ms - inserted


def interpolated(curve: list[tuple[float, float]], mean_s: float) -> float:
    """Concealed ms of a fixed delay of this mean."""
    for (low, more), (high, less) in pairwise(curve):
        if low <= mean_s < high:
            return more + (less - more) * (mean_s - low) / (high - low)
    return curve[0][1] if mean_s < curve[0][0] else curve[-1][1]


def ticks(trace: Trace) -> Iterator[float]:
    """The host's sound card: a tick each 20 ms, not in step with the packets."""
    phase = PACKET_S * ((trace.seed * 0.618) % 1.0)
    for at in range(int(trace.sent[-1] / PACKET_S)):
        yield phase + at * PACKET_S


def fixed_curve(trace: Trace, begin: float, end: float) -> list[tuple[float, float]]:
    """Mean delay in s and concealed ms of each fixed delay, a millisecond apart.

    A sample of place p is played at p plus the delay; a packet that misses the tick in
    which it begins may still make the next one, as the `data` profile does it.
    """
    phase = next(ticks(trace))
    numbers = range(int(begin / PACKET_S), int(end / PACKET_S))
    behind = sorted(
        arrived - number * PACKET_S
        for number in numbers
        if (arrived := trace.arrived[number]) is not None
    )
    lost = len(numbers) - len(behind)
    # Time on the sender's line runs ahead of when it was sent, if its clock is fast.
    ahead = (begin + end) / 2 * trace.ppm * 1e-6
    curve = []
    for offset_ms in range(-50, 600):
        offset = offset_ms / 1000
        into = (offset - phase) % PACKET_S
        first_tick = bisect_right(behind, offset - into)
        second_tick = bisect_right(behind, offset - into + PACKET_S)
        late = len(behind) - second_tick
        concealed_s = (lost + late) * PACKET_S
        concealed_s += (second_tick - first_tick) * (PACKET_S - into)
        curve.append((offset + ahead, 1000 * concealed_s))
    return curve
