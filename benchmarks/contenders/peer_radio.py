"""Rows 7d and 7e, peers: `IcomRadio.connect()`, and reading the frequency."""

import asyncio
import importlib
import inspect
from time import perf_counter
from types import ModuleType
from typing import Any

from benchmarks.contenders import Figures, Sample
from benchmarks.latency import timed

_MODEL = "IC-7610"
_CIV_ADDRESS = 0x98


def connect(package: str, port: int, username: str, password: str) -> Sample:
    """From the constructor's return to `connect()`'s; the disconnect is not timed."""
    library = importlib.import_module(package)
    runner = asyncio.Runner()

    async def once() -> Figures:
        radio = _radio(library, port, username, password)
        start = perf_counter()
        await radio.connect()
        elapsed = perf_counter() - start
        await radio.disconnect()
        return {"ms": elapsed * 1e3}

    return lambda: runner.run(once())


def civ_read(
    package: str, port: int, username: str, password: str, count: int
) -> Sample:
    """The frequency, `count` times, on one connection that stays open."""
    library = importlib.import_module(package)
    runner = asyncio.Runner()
    radio = _radio(library, port, username, password)
    runner.run(radio.connect())
    # 1.1.0 renamed get_frequency.
    read = radio.get_freq if "get_freq" in dir(radio) else radio.get_frequency
    return lambda: runner.run(timed(read, count))


def _radio(library: ModuleType, port: int, username: str, password: str) -> Any:  # noqa: ANN401 - a foreign class
    options: dict[str, object] = {"username": username, "password": password}
    options |= {"radio_addr": _CIV_ADDRESS}
    # 0.7.0 knows only the IC-7610 and has no such parameter.
    if "model" in inspect.signature(library.IcomRadio).parameters:
        options["model"] = _MODEL
    return library.IcomRadio("127.0.0.1", port, **options)
