"""One session with icom-lan or rigplane, run by the interpreter that has it.

    python -I python_session.py '{"module": …}'

Orders are one JSON object, the report another, written also when the session fails;
then the traceback is on standard error and the exit status is 1. A step that fails is
reported, and the next one is tried. Standard library only.
"""

import asyncio
import importlib
import json
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

PCM16_MONO, BLOCK_S = 4, 0.02
TIMEOUT_S, LEAVE_S = 5.0, 8.0
SWEEPS = 10

Orders = dict[str, Any]


class AudioPacket(Protocol):
    """One received datagram; `data` is its payload."""

    @property
    def data(self) -> bytes: ...


class Sweep(Protocol):
    """One sweep of the scope, a byte for each pixel."""

    @property
    def pixels(self) -> bytes: ...


class Receiver(Protocol):
    """The part of the documented API that our library has, too."""

    async def start_audio_rx_opus(
        self, callback: Callable[[AudioPacket | None], None]
    ) -> None: ...


class Radio(Receiver, Protocol):
    """The part of the documented API that all releases name alike."""

    async def connect(self) -> None: ...
    async def disconnect(self) -> None: ...
    async def set_mode(self, mode: str) -> None: ...
    async def get_mode(self) -> object: ...
    async def set_ptt(self, on: bool) -> None: ...
    async def capture_scope_frames(self, count: int) -> list[Sweep]: ...
    async def disable_scope(self) -> None: ...
    async def stop_audio_rx_opus(self) -> None: ...
    async def start_audio_tx_opus(self) -> None: ...
    async def push_audio_tx_opus(self, data: bytes) -> None: ...
    async def stop_audio_tx_opus(self) -> None: ...


def make_radio(orders: Orders) -> Radio:
    """The library's radio object, audio as 16-bit mono."""
    options = {
        "username": orders["username"],
        "password": orders["password"],
        "radio_addr": orders["model"]["civ_address"],
        "timeout": TIMEOUT_S,
        "audio_codec": PCM16_MONO,
        "audio_sample_rate": orders["rate_hz"],
    }
    if orders["takes_model"]:
        options["model"] = orders["model"]["name"]
    module = importlib.import_module(orders["module"])
    radio: Radio = module.IcomRadio(orders["host"], orders["port"], **options)
    return radio


async def session(orders: Orders, report: dict[str, Any]) -> None:
    """Connect, do what was ordered, leave; what was reached is in the report."""
    radio = make_radio(orders)
    try:
        await radio.connect()
        report["connected"] = True
        if orders["hold_s"]:
            print("holding", flush=True)
            await asyncio.sleep(orders["hold_s"])
        if orders["tunes"]:
            await attempt("tune", tune(radio, orders, report), report)
            await attempt("mode", change_mode(radio, orders, report), report)
        if orders["watches_scope"]:
            await attempt("scope", watch_scope(radio, report), report)
        if orders["rx_s"]:
            await attempt("audio in", listen(radio, orders, report), report)
        if orders["tx_s"]:
            await attempt("key", talk(radio, orders, report), report)
        if orders["rx_s"]:
            await attempt("audio end", radio.stop_audio_rx_opus(), report)
    finally:
        await leave(radio, report)


async def leave(radio: Radio, report: dict[str, Any]) -> None:
    """Once in eight times rigplane 2.11.1 does not come back from `disconnect()`.

    One of its tasks misses that it was cancelled; the next time it does not.
    """
    try:
        async with asyncio.timeout(LEAVE_S):
            await radio.disconnect()
    except TimeoutError:
        missed = f"disconnect() did not come back within {LEAVE_S:g} s: called again"
        report["notes"].append(missed)
        await radio.disconnect()


async def attempt(
    name: str, step: Coroutine[Any, Any, None], report: dict[str, Any]
) -> None:
    """Whatever a step raises is a finding, and no reason to leave out the others."""
    try:
        await step
    except Exception as error:  # noqa: BLE001  whatever a stranger raises
        report["faults"][name] = f"{type(error).__name__}: {error}"


async def tune(radio: Radio, orders: Orders, report: dict[str, Any]) -> None:
    """Set the frequency and read it back."""
    write: Callable[[int], Awaitable[None]] = getattr(radio, orders["write_frequency"])
    read: Callable[[], Awaitable[int]] = getattr(radio, orders["read_frequency"])
    await write(orders["frequency_hz"])
    report["frequency_hz"] = await read()


async def change_mode(radio: Radio, orders: Orders, report: dict[str, Any]) -> None:
    """Set the mode and read it back: an enum, or a tuple of name and filter."""
    await radio.set_mode(orders["mode"])
    mode = await radio.get_mode()
    report["mode"] = mode.name if isinstance(mode, Enum) else str(mode)


async def watch_scope(radio: Radio, report: dict[str, Any]) -> None:
    """Switch the scope on, take some sweeps, switch it off."""
    sweeps = await radio.capture_scope_frames(SWEEPS)
    report["scope_pixels"] = [len(sweep.pixels) for sweep in sweeps]
    await radio.disable_scope()


async def listen(radio: Receiver, orders: Orders, report: dict[str, Any]) -> None:
    """Count the datagrams of a span of time that starts with the first of them."""
    payloads: list[bytes] = []
    flowing = asyncio.Event()

    def on_packet(packet: AudioPacket | None) -> None:
        if packet is not None:
            payloads.append(packet.data)
            flowing.set()

    await radio.start_audio_rx_opus(on_packet)
    await asyncio.wait_for(flowing.wait(), TIMEOUT_S)
    first, started = len(payloads), time.monotonic()
    await asyncio.sleep(orders["rx_s"])
    report["rx_s"] = time.monotonic() - started
    report["rx_datagrams"] = len(payloads) - first
    report["payloads"] = payloads


async def talk(radio: Radio, orders: Orders, report: dict[str, Any]) -> None:
    """Key the radio and send the tone, 20 ms at a time."""
    block = bytes.fromhex(orders["tx_block"])
    await radio.start_audio_tx_opus()
    await radio.set_ptt(True)
    started = time.monotonic()
    for number in range(1, int(orders["tx_s"] / BLOCK_S) + 1):
        await radio.push_audio_tx_opus(block)
        await asyncio.sleep(max(0.0, started + number * BLOCK_S - time.monotonic()))
        report["tx_s"] = number * BLOCK_S
    await radio.set_ptt(False)
    await radio.stop_audio_tx_opus()


def run(session: Callable[[Orders, dict[str, Any]], Awaitable[None]]) -> None:
    """Run a session with the orders of the first argument and write its report."""
    orders: Orders = json.loads(sys.argv[1])
    report: dict[str, Any] = {
        "connected": False,
        "frequency_hz": None,
        "mode": "",
        "scope_pixels": [],
        "rx_s": 0.0,
        "rx_datagrams": 0,
        "tx_s": 0.0,
        "faults": {},
        "notes": [],
        "payloads": [],
    }

    async def reported() -> None:
        await session(orders, report)

    try:
        asyncio.run(reported())
    finally:
        Path(orders["rx_file"]).write_bytes(b"".join(report.pop("payloads")))
        Path(orders["report"]).write_text(json.dumps(report))


if __name__ == "__main__":
    run(session)
