"""One session of our client library: connect, tune, listen, talk, leave.

    python -m interop.our_session '{"host": …}'

The orders and the report are those of `peers/python_session.py`.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from icom_lan import AudioPacket, IcomRadio
from interop.tone import BLOCK_S, tone_block

TIMEOUT_S = 5.0


async def session(orders: dict[str, Any], report: dict[str, Any]) -> None:
    """What was reached is in the report, also when this raises."""
    async with IcomRadio(
        orders["host"],
        port=orders["port"],
        username=orders["username"],
        password=orders["password"],
        audio=orders["audio"],
    ) as radio:
        report["connected"] = True
        await radio.set_frequency(orders["frequency_hz"])
        report["frequency_hz"] = await radio.get_frequency()
        if orders["audio"]:
            await listen(radio, orders, report)
            await talk(radio, orders, report)


async def listen(
    radio: IcomRadio, orders: dict[str, Any], report: dict[str, Any]
) -> None:
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
    await radio.stop_audio_rx_opus()
    report["payloads"] = payloads


async def talk(
    radio: IcomRadio, orders: dict[str, Any], report: dict[str, Any]
) -> None:
    """Key the radio and send the tone, 20 ms at a time."""
    await radio.start_audio_tx_opus()
    await radio.set_ptt(True)
    started = time.monotonic()
    for number in range(int(orders["tx_s"] / BLOCK_S)):
        await radio.push_audio_tx_opus(tone_block(number))
        due = started + (number + 1) * BLOCK_S
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        report["tx_s"] = (number + 1) * BLOCK_S
    await radio.set_ptt(False)
    await radio.stop_audio_tx_opus()


def main() -> None:
    """Run the session of the first argument and write its report."""
    orders = json.loads(sys.argv[1])
    report: dict[str, Any] = {
        "connected": False,
        "frequency_hz": None,
        "rx_s": 0.0,
        "rx_datagrams": 0,
        "tx_s": 0.0,
        "payloads": [],
    }
    try:
        asyncio.run(session(orders, report))
    finally:
        Path(orders["rx_file"]).write_bytes(b"".join(report.pop("payloads")))
        Path(orders["report"]).write_text(json.dumps(report))


if __name__ == "__main__":
    main()
