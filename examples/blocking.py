"""A program without an event loop: it tunes, and shows how loud the radio is.

Start `icom-sim serve` in another terminal, then run this. For a radio of your own set
ICOM_HOST, ICOM_USER and ICOM_PASS. Audio goes on between the calls, in the radio's own
thread: what its callback gets is handed over through a queue.
"""

import math
import os
import queue
import sys
from array import array

from icom_lan import IcomLanError
from icom_lan.sync import IcomRadio

FRAMES = 25  # half a second


def main() -> None:
    frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    with IcomRadio(
        os.environ.get("ICOM_HOST", "127.0.0.1"),
        port=int(os.environ.get("ICOM_PORT", "50001")),
        username=os.environ.get("ICOM_USER", "icom"),
        password=os.environ.get("ICOM_PASS", "icom"),
        auto_reconnect=True,
    ) as radio:
        radio.set_frequency(7_100_000)
        print(f"{radio.name}: {radio.get_frequency()} Hz, {radio.get_mode().name}")
        radio.start_audio_rx_pcm(frames.put)
        heard = [frames.get(timeout=10) for _ in range(FRAMES)]
        radio.stop_audio_rx_pcm()
    samples = array("h", b"".join(frame for frame in heard if frame is not None))
    loudness = math.sqrt(sum(each * each for each in samples) / len(samples))
    print(f"{20 * math.log10(max(loudness, 1) / 32768):.0f} dB of full scale")


if __name__ == "__main__":
    try:
        main()
    except IcomLanError as error:  # the text says what to check
        sys.exit(str(error))
