"""How many examples hypothesis draws: few in `make test`, more where time is no matter.

`DEPTH=50 make test` draws fifty times as many.
"""

import os

from hypothesis import settings

DEPTH = int(os.environ.get("DEPTH", "1"))


def examples(number: int) -> settings:
    """Settings for this many, times the depth asked for."""
    return settings(max_examples=number * DEPTH)
