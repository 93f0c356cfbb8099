"""What is measured. Each module runs inside a worker process, in one environment.

A contender is a function that prepares (untimed) and returns a `Sample`: a function
that does the work once and returns figures. Peers are used through their documented API
only.
"""

from collections.abc import Callable

Figures = dict[str, float]
Sample = Callable[[], Figures]
