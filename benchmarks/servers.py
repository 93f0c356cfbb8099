"""Servers that rows start beside the contenders, pinned to the other core."""

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any

from benchmarks import environments


@contextmanager
def running(arguments: Sequence[str], *, core: int) -> Iterator[dict[str, Any]]:
    """Run `python ARGUMENTS` on a core; gives its first line, which names ports."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=environments.ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    # Nobody wants what comes after the first line, but a full pipe stops a server.
    rest = Thread(target=deque, args=(process.stdout, 0))
    try:
        if core >= 0:
            os.sched_setaffinity(process.pid, {core})
        ports = json.loads(process.stdout.readline())
        rest.start()
        yield ports
    finally:
        process.terminate()
        process.wait()
        if rest.is_alive():
            rest.join()
        process.stdout.close()


@contextmanager
def lean_radio(core: int) -> Iterator[dict[str, Any]]:
    """The radio of `benchmarks.lean_radio`; gives its ports."""
    with running(["-m", "benchmarks.lean_radio"], core=core) as ports:
        yield ports


@contextmanager
def fake_radio(core: int) -> Iterator[dict[str, Any]]:
    """`icom-sim serve` on free ports; gives its `listening` event."""
    ports = ["--port", "0", "--civ-port", "0", "--audio-port", "0"]
    serve = ["-m", "icom_sim", "serve", "--model", "IC-7610", *ports]
    with running([*serve, "--events", "jsonl"], core=core) as listening:
        yield listening
