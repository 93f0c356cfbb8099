"""Frequency, mode and S-meter of a radio.

Start `icom-sim serve` in another terminal, then run this. For a radio of your own set
ICOM_HOST, ICOM_USER and ICOM_PASS.
"""

import asyncio
import os
import sys

from icom_lan import IcomLanError, IcomRadio


async def main() -> None:
    async with IcomRadio(
        os.environ.get("ICOM_HOST", "127.0.0.1"),
        port=int(os.environ.get("ICOM_PORT", "50001")),
        username=os.environ.get("ICOM_USER", "icom"),
        password=os.environ.get("ICOM_PASS", "icom"),
        audio=False,
    ) as radio:
        hz, mode = await radio.get_frequency(), await radio.get_mode()
        print(f"{radio.name}: {hz} Hz, {mode.name}")
        print(f"S-meter: {await radio.get_s_meter()} of 255")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except IcomLanError as error:  # the text says what to check
        sys.exit(str(error))
