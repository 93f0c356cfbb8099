"""Write the tone into a pipe, one 20 ms block every 20 ms, until it is ended.

Usage: python -m interop.tone_feeder FIFO
"""

import contextlib
import fcntl
import os
import sys
import time
from itertools import count

from interop.tone import BLOCK_S, tone_block

# Two blocks: what waits in the pipe is delay, and PulseAudio reads ahead.
PIPE_BYTES = 4096
LATE_S = 0.1


def feed(fifo: str) -> None:
    """Keep the pace of the clock; after a long pause go on from there, no burst."""
    pipe = os.open(fifo, os.O_WRONLY)
    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    due = time.monotonic()
    for number in count():
        # The tone repeats after 20 ms, so its number need not grow.
        os.write(pipe, tone_block(number % 50))
        due = max(due + BLOCK_S, time.monotonic() - LATE_S)
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        feed(sys.argv[1])
