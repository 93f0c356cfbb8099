"""Settings for the whole suite: how hypothesis draws, and that it says what it drew.

In CI and in tox the examples are the same in every run. Elsewhere each run draws new
ones, and a failure prints the line that repeats it (`tests/README.md`).
"""

import os

from hypothesis import settings

settings.register_profile("explore", deadline=None, print_blob=True)
settings.register_profile(
    "repeat", parent=settings.get_profile("explore"), derandomize=True
)
settings.load_profile("repeat" if os.environ.get("CI") else "explore")
