"""`icom-lan audio rx`: received audio to a WAV file.

The file is tried before the radio is bothered, and it is a whole WAV whenever the
command ends, by Ctrl-C too. A frame that was lost is silence of the same length, so the
recording keeps its time.
"""

import argparse
import asyncio
import json
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from icom_lan.cli.arguments import UsageError
from icom_lan.exceptions import AudioError, IcomLanError
from icom_lan.radio import IcomRadio

SAMPLE_RATE_HZ = 48000
CHANNELS = 1
FRAME_MS = 20
FRAME_BYTES = SAMPLE_RATE_HZ * FRAME_MS // 1000 * 2
PROGRESS_S = 0.5


async def record(radio: IcomRadio, arguments: argparse.Namespace) -> None:
    """Record for the time asked for. Raises UsageError if the file cannot be."""
    path = Path(arguments.out)
    is_new = _try_to_write(path)
    try:
        async with radio:
            is_new = False  # from here on it is a recording, however short
            with _wav_file(path) as wav:
                wav.setparams((CHANNELS, 2, SAMPLE_RATE_HZ, 0, "NONE", "NONE"))
                recording = Recording(wav, arguments.seconds, arguments.timeout)
                await recording.run(radio)
            counters = radio.statistics()
    finally:
        if is_new:
            _remove(path)
    report = {"command": "audio rx", "output_file": str(path)} | recording.report()
    if arguments.json:
        print(json.dumps(report | ({"stats": counters} if arguments.stats else {})))
        return
    print(
        f"{path}: {recording.frames * FRAME_MS / 1000:.2f} s,"
        f" {recording.gaps} of {recording.frames} frames lost"
    )
    if arguments.stats:
        for stream, values in counters.items():
            line = ", ".join(f"{name} {value}" for name, value in values.items())
            print(f"{stream}: {line}")


@contextmanager
def _wav_file(path: Path) -> Iterator[wave.Wave_write]:
    """A whole file at the end of the block; an error of the disk names it."""
    try:
        with wave.open(str(path), "wb") as wav:
            yield wav
    except IcomLanError:  # some of them are OSErrors too, but not the disk's
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _try_to_write(path: Path) -> bool:
    """Whether the file is new. What is there already is not touched yet."""
    is_new = not path.exists()
    try:
        path.open("ab").close()
    except OSError as error:
        raise UsageError(f"--out: cannot write {path}: {error.strerror}") from None
    return is_new


def _remove(path: Path) -> None:
    path.unlink()


class Recording:
    """Writes frames as they come, until there are enough."""

    def __init__(self, wav: wave.Wave_write, seconds: float, stall_s: float) -> None:
        self._wav, self._seconds, self._stall_s = wav, seconds, stall_s
        self._loop = asyncio.get_running_loop()
        self._frames_wanted = max(1, round(seconds * 1000 / FRAME_MS))
        self._finished: asyncio.Future[None] = self._loop.create_future()
        self._began = self._heard_at = self._loop.time()
        self.frames = self.gaps = 0

    async def run(self, radio: IcomRadio) -> None:
        """Returns when there is enough; raises when the radio or the disk fails."""
        await radio.start_audio_rx_pcm(self._write, frame_ms=FRAME_MS)
        lost = asyncio.ensure_future(radio.wait_closed())
        try:
            while not self._finished.done():
                await asyncio.wait(
                    [self._finished, lost],
                    timeout=PROGRESS_S,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                self._show_progress()
                if lost.done():
                    lost.result()
                self._check_stall()
            self._finished.result()
        finally:
            lost.cancel()
            await radio.stop_audio_rx_pcm()
            self._show_progress(end="\n")

    def report(self) -> dict[str, object]:
        """For --json; the names are those of the reference's command."""
        return {
            "seconds_requested": self._seconds,
            "seconds_elapsed": round(self._loop.time() - self._began, 3),
            "sample_rate": SAMPLE_RATE_HZ,
            "channels": CHANNELS,
            "rx_frames": self.frames - self.gaps,
            "gap_frames": self.gaps,
            "bytes_written": self.frames * FRAME_BYTES,
        }

    # inside

    def _write(self, frame: bytes | None) -> None:
        if self._finished.done():
            return
        self._heard_at = self._loop.time()
        try:
            self._wav.writeframesraw(bytes(FRAME_BYTES) if frame is None else frame)
        except OSError as error:  # raised here it would only reach the log
            self._finished.set_exception(error)
            return
        self.frames += 1
        self.gaps += frame is None
        if self.frames == self._frames_wanted:
            self._finished.set_result(None)

    def _check_stall(self) -> None:
        """A radio sends 50 frames a second, silence too: none is a failure."""
        stalled = self._loop.time() > self._heard_at + self._stall_s
        if stalled and not self._finished.done():
            raise AudioError(
                f"no audio for {self._stall_s:g} s: check the network, and that the"
                " radio sends audio to the LAN"
            )

    def _show_progress(self, end: str = "") -> None:
        if sys.stderr.isatty():
            done = self.frames * FRAME_MS / 1000
            text = f"\r{done:.1f} of {self._seconds:g} s, {self.gaps} frames lost "
            print(text, end=end, file=sys.stderr, flush=True)
