"""One session of our client library: connect, tune, listen, talk, leave.

    python -m interop.our_session '{"host": …}'

Orders, report and listening are those of `peers/python_session.py`.
"""

import asyncio
import time
from typing import Any

from icom_lan import IcomRadio
from interop.peers.python_session import listen, run
from interop.tone import BLOCK_S, tone_block


async def session(orders: dict[str, Any], report: dict[str, Any]) -> None:
    """What was reached is in the report, also when this raises."""
    async with IcomRadio(
        orders["host"],
        port=orders["port"],
        username=orders["username"],
        password=orders["password"],
        audio=orders["rx_s"] > 0,
    ) as radio:
        report["connected"] = True
        if orders["hold_s"]:
            print("holding", flush=True)
            await asyncio.sleep(orders["hold_s"])
        if orders["tunes"]:
            await radio.set_frequency(orders["frequency_hz"])
            report["frequency_hz"] = await radio.get_frequency()
        if orders["rx_s"]:
            await listen(radio, orders, report)
            await radio.stop_audio_rx_opus()
        if orders["tx_s"]:
            await talk(radio, orders, report)


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


if __name__ == "__main__":
    run(session)
