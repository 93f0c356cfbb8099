"""Shorter or longer by one pitch period, so that nobody hears the joint.

The period is where the audio resembles itself best; there it is cross-faded into
itself, one period later or earlier. In noise or between words any place will do, and
the best is still the one with the least to be heard. Numbers as in `concealment.py`.
"""

from typing import Final

from icom_proto.concealment import Samples, Shape, best_lag, cross_fade

# Long enough to hide a joint, short enough for the shortest delay.
JOINT_S: Final = 0.004


def joint_of(shape: Shape) -> int:
    """The length of a joint."""
    return shape.length(JOINT_S)


def shortened(samples: Samples, most: int, shape: Shape) -> tuple[list[int], int]:
    """A joint after which the rest goes on; how many numbers of the input it covers.

    The difference, at least the shortest period and at most `most`, is what was left
    out. `samples` is as long as `most` and a joint.
    """
    width = joint_of(shape)
    lags = shape.lag_min, max(shape.lag_min, min(most, shape.lag_max))
    # The lag back from a place that itself depends on the lag: try from the far end.
    lag = _lag_forward(samples, width, lags, shape)
    return cross_fade(samples[:width], samples[lag : lag + width]), lag + width


def lengthened(
    history: Samples, samples: Samples, least: int, shape: Shape
) -> list[int]:
    """What to play before `samples`, which then go on unchanged.

    It is a repetition of the end of the history, `least` or a little more. `samples` is
    as long as a joint.
    """
    width = joint_of(shape)
    row = [*history[-shape.lag_max :], *samples[:width]]
    at = len(row) - width
    low = min(at, max(width, least))
    lag, _ = best_lag(row, at, width, (low, min(at, low + width)), shape)
    earlier = row[at - lag : at]
    return [*cross_fade(samples[:width], earlier[:width]), *earlier[width:]]


def _lag_forward(
    samples: Samples, width: int, lags: tuple[int, int], shape: Shape
) -> int:
    """`best_lag` looks back; turned around in time it looks ahead."""
    channels = shape.channels
    turned = samples[: lags[1] + width][::-1]
    # Turned, the first joint stands last, and each candidate so many numbers earlier.
    at = len(turned) - width
    lag, _ = best_lag(turned, at, width, lags, shape)
    return lag - lag % channels
