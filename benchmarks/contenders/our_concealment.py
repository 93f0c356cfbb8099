"""Row 3.7: lost packets of a voice, made up by the playout buffer, or by simpler ways.

The buffer is the product as it is, `VoicePlayout`, with its delay held fixed so that
its output can be laid beside the original sample by sample.
"""

import random
from collections.abc import Callable, Sequence

from benchmarks.contenders import Figures, Sample
from benchmarks.voiced_signal import (
    RATE_HZ,
    SEGMENT,
    WINDOW,
    segment_snr_db,
    spectral_distance_db,
    voiced,
)
from icom_proto.audio_formats import pcm_of, samples_of
from icom_proto.codes import Codec
from icom_proto.voice_playout import VoicePlayout

PACKET_S, DELAY_MS = SEGMENT / RATE_HZ, 60.0
LOSS, MEAN_BURST = 0.05, 2.0
SECONDS = 30.0
_FIRST = 10  # packets without loss at both ends


def concealed(way: str, seed: int) -> Sample:
    """Means over the segments that were lost and those right behind them."""

    def sample() -> Figures:
        original = voiced(SECONDS, seed)
        lost = bursty_losses(len(original) // SEGMENT, seed)
        heard = _WAYS[way](original, lost)
        touched = sorted({at + more for at in lost for more in (0, 1)})
        places = [at * SEGMENT for at in touched]
        snr = [segment_snr_db(original, heard, at) for at in places]
        far = [spectral_distance_db(original, heard, at) for at in places]
        return {
            "snr_db": sum(snr) / len(snr),
            "distance_db": sum(far) / len(far),
            "lost_percent": 100 * len(lost) * SEGMENT / len(original),
        }

    return sample


def bursty_losses(packets: int, seed: int) -> list[int]:
    """Gilbert and Elliott: in the bad state each packet is lost, in the good none."""
    rng = random.Random(f"losses {seed}")
    leave = 1 / MEAN_BURST
    enter = leave * LOSS / (1 - LOSS)
    lost, bad = [], False
    for at in range(_FIRST, packets - _FIRST):
        bad = rng.random() >= leave if bad else rng.random() < enter
        if bad:
            lost.append(at)
    return lost


def _by_playout(original: Sequence[int], lost: list[int]) -> list[int]:
    playout = VoicePlayout(
        Codec.PCM16_MONO, RATE_HZ, floor_ms=DELAY_MS, ceiling_ms=DELAY_MS
    )
    heard = [0] * (len(original) + WINDOW)
    packets, missing = len(original) // SEGMENT, set(lost)
    for at in range(packets + int(DELAY_MS / 1000 / PACKET_S)):
        now = at * PACKET_S
        if at < packets and at not in missing:
            payload = pcm_of(original[at * SEGMENT : (at + 1) * SEGMENT])
            playout.put(at, payload, now)
        samples = samples_of(playout.pull(now).pcm)
        place = playout.position
        assert place is not None
        if place >= SEGMENT:
            heard[place - SEGMENT : place] = samples
    statistics = playout.statistics()
    assert not statistics.inserted_ms
    assert not statistics.removed_ms
    return heard[: len(original)]


def _by_silence(original: Sequence[int], lost: list[int]) -> list[int]:
    heard = list(original)
    for at in lost:
        heard[at * SEGMENT : (at + 1) * SEGMENT] = [0] * SEGMENT
    return heard


def _by_repeating(original: Sequence[int], lost: list[int]) -> list[int]:
    heard = list(original)
    for at in lost:
        heard[at * SEGMENT : (at + 1) * SEGMENT] = heard[
            (at - 1) * SEGMENT : at * SEGMENT
        ]
    return heard


_WAYS: dict[str, Callable[[Sequence[int], list[int]], list[int]]] = {
    "playout": _by_playout,
    "silence": _by_silence,
    "repeating": _by_repeating,
}
