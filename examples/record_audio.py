"""Received audio to a WAV file: `record_audio.py [FILE.wav [SECONDS]]`.

Start `icom-sim serve` in another terminal, then run this. For a radio of your own set
ICOM_HOST, ICOM_USER and ICOM_PASS. `icom-lan audio rx` does the same and more.
"""

import asyncio
import os
import sys
import wave

from icom_lan import IcomLanError, IcomRadio

RATE_HZ, FRAME_MS = 48000, 20
SILENCE = bytes(2 * RATE_HZ * FRAME_MS // 1000)


async def main(path: str, seconds: float) -> None:
    frames: list[bytes | None] = []
    complete = asyncio.Event()

    def on_frame(frame: bytes | None) -> None:
        frames.append(frame)  # None: a frame with a hole in it, 20 ms all the same
        if len(frames) * FRAME_MS >= seconds * 1000:
            complete.set()

    async with IcomRadio(
        os.environ.get("ICOM_HOST", "127.0.0.1"),
        port=int(os.environ.get("ICOM_PORT", "50001")),
        username=os.environ.get("ICOM_USER", "icom"),
        password=os.environ.get("ICOM_PASS", "icom"),
    ) as radio:
        await radio.start_audio_rx_pcm(on_frame, frame_ms=FRAME_MS)
        async with asyncio.timeout(seconds + 5):
            await complete.wait()
        await radio.stop_audio_rx_pcm()
    with wave.open(path, "wb") as wav:
        wav.setparams((1, 2, RATE_HZ, 0, "NONE", "NONE"))
        wav.writeframes(b"".join(frame or SILENCE for frame in frames))
    print(f"{path}: {len(frames)} frames, {frames.count(None)} with a hole")


if __name__ == "__main__":
    wanted = dict(enumerate(sys.argv))
    try:
        asyncio.run(main(wanted.get(1, "recording.wav"), float(wanted.get(2, 5))))
    except IcomLanError as error:  # the text says what to check
        sys.exit(str(error))
