"""A fake radio on a bad network, and a client that uses it: what `make demo` runs.

The radio is `icom-sim serve` in a process of its own; the client is `icom_lan`. The
report holds what the client got against what the radio says it sent.
"""

import argparse
import asyncio
import json
import random
import sys
import time
import wave
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from icom_lan import IcomLanError, IcomRadio
from icom_sim.audio_quality import tone_share

LOSS_PERCENT, JITTER_MS = 5, 20
TONE_HZ, RATE_HZ, FRAME_MS = 1000, 48000, 20
FRAME_SIZE = 2 * RATE_HZ * FRAME_MS // 1000
NEW_FREQUENCY_HZ = 14_200_000
# Below this share of the energy it is not the tone that was sent.
SHARE_MIN = 0.9
START_S = END_S = AUDIO_LATE_S = 10.0


class DemoError(Exception):
    """The demonstration failed: one line that says where."""


class FakeRadio:
    """`icom-sim serve` as a process; its events, once it has ended."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.events: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "icom_sim", "serve", "--port", "0"),
            *("--loss", str(LOSS_PERCENT), "--jitter", str(JITTER_MS)),
            *("--audio", f"tone:{TONE_HZ}", "--events", "jsonl"),
            *("--seed", str(self._seed)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(START_S):
                line = await self._process.stdout.readline()
        except TimeoutError:
            line = b""
        if not line:
            await self._end()
            raise DemoError("the fake radio did not start")
        self.events.append(json.loads(line))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        output = await self._end()
        self.events += map(json.loads, output.splitlines())
        if kind is None and self._process.returncode != 0:
            raise DemoError(f"the fake radio ended with {self._process.returncode}")

    async def _end(self) -> bytes:
        if self._process.returncode is None:
            self._process.terminate()
        try:
            async with asyncio.timeout(END_S):
                output, _ = await self._process.communicate()
        except TimeoutError:
            self._process.kill()
            raise DemoError("the fake radio did not end") from None
        return output

    @property
    def port(self) -> int:
        port = self.events[0]["control_port"]
        assert isinstance(port, int)
        return port

    def told(self, event: str) -> list[dict[str, Any]]:
        """Its events of this name."""
        return [each for each in self.events if each["event"] == event]


class Steps:
    """Says what was done, when, and how long it took."""

    def __init__(self) -> None:
        self._started_at = time.monotonic()

    @contextmanager
    def step(self) -> Iterator[list[str]]:
        """Put the words into the list before the end of the block."""
        words: list[str] = []
        began_at = time.monotonic()
        yield words
        now = time.monotonic()
        took = f"{1000 * (now - began_at):.0f} ms"
        print(f"  {now - self._started_at:6.2f} s  {' '.join(words):<52} {took:>8}")
        sys.stdout.flush()


async def record(radio: IcomRadio, seconds: float) -> list[bytes | None]:
    """Frames of 20 ms; None is one with a hole in it."""
    wanted = round(1000 * seconds / FRAME_MS)
    frames: list[bytes | None] = []
    complete = asyncio.Event()

    def on_frame(frame: bytes | None) -> None:
        frames.append(frame)
        if len(frames) >= wanted:
            complete.set()

    await radio.start_audio_rx_pcm(on_frame, sample_rate=RATE_HZ, frame_ms=FRAME_MS)
    try:
        async with asyncio.timeout(seconds + AUDIO_LATE_S):
            await complete.wait()
    except TimeoutError:
        raise DemoError(f"{len(frames)} of {wanted} frames of audio came") from None
    finally:
        await radio.stop_audio_rx_pcm()
    return frames[:wanted]


def write_wav(path: Path, pcm: bytes) -> None:
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE_HZ)
        wav.writeframes(pcm)


async def use_radio(
    port: int, steps: Steps, seconds: float, path: Path
) -> tuple[list[bytes | None], dict[str, dict[str, int]]]:
    """What was heard, and the client's counters."""
    radio = IcomRadio("127.0.0.1", port=port, username="icom", password="icom")
    with steps.step() as words:
        await radio.connect()
        words += ["connected to", radio.name]
    try:
        with steps.step() as words:
            words += ["frequency is", megahertz(await radio.get_frequency())]
        with steps.step() as words:
            await radio.set_frequency(NEW_FREQUENCY_HZ)
            read = await radio.get_frequency()
            words += ["frequency set, read back as", megahertz(read)]
        if read != NEW_FREQUENCY_HZ:
            raise DemoError(f"the frequency reads {megahertz(read)}")
        with steps.step() as words:
            await radio.set_ptt(True)
            words.append("transmitting")
        with steps.step() as words:
            await radio.set_ptt(False)
            words.append("receiving again")
        with steps.step() as words:
            frames = await record(radio, seconds)
            write_wav(path, b"".join(frame or bytes(FRAME_SIZE) for frame in frames))
            words += ["recorded", f"{seconds:g} s to", str(path)]
        statistics = radio.statistics()
    finally:
        with steps.step() as words:
            await radio.disconnect()
            words.append("released the radio")
    return frames, statistics


def megahertz(hz: int) -> str:
    return f"{hz / 1e6:.6f} MHz"


def report_audio(frames: Sequence[bytes | None]) -> float:
    """The share of the energy of what was heard that is the tone's."""
    pcm = b"".join(frame or bytes(FRAME_SIZE) for frame in frames)
    share = tone_share(pcm, RATE_HZ, TONE_HZ)
    holes = sum(frame is None for frame in frames)
    print(f"\nAudio      {share:.2%} of the energy is at {TONE_HZ} Hz")
    print(f"           {holes} of {len(frames)} frames of {FRAME_MS} ms have a hole")
    return share


def report_network(
    summary: dict[str, Any], statistics: dict[str, dict[str, int]]
) -> None:
    """What the network did, and what the client made good."""
    for title, way in (("Network", "to_client"), ("", "to_radio")):
        streams = summary["datagrams"][way].values()
        sent, lost = (
            sum(each[name] for each in streams) for name in ("sent", "dropped")
        )
        print(f"{title:<11}lost {lost} of {sent} datagrams {way.replace('_', ' the ')}")
    told = []
    for name, stream in (("audio", "audio"), ("CI-V", "civ"), ("control", "control")):
        counts = statistics[stream]
        healed = counts["healed"] + counts["filled"]
        told.append(f"{healed} of {healed + counts['given_up']} {name}")
    print(f"Healed     {', '.join(told)} datagrams that the client missed")
    print("           (what else was lost needs no repair: pings, repetitions)")


async def demonstrate(seed: int, seconds: float, path: Path) -> None:
    print(
        f"A fake IC-7610 on a network that loses {LOSS_PERCENT} % and delays by"
        f" 0 to {JITTER_MS} ms, each way (seed {seed})\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    steps = Steps()
    async with AsyncExitStack() as running:
        with steps.step() as words:
            fake = await running.enter_async_context(FakeRadio(seed))
            words.append(f"fake radio listens on 127.0.0.1:{fake.port}")
        frames, statistics = await use_radio(fake.port, steps, seconds, path)
    share = report_audio(frames)
    report_network(fake.told("summary")[0], statistics)
    keyed = [each["on"] for each in fake.told("ptt")]
    if keyed != [True, False]:
        raise DemoError(f"the radio was keyed and unkeyed, but it says {keyed}")
    if share < SHARE_MIN:
        raise DemoError(f"the recording {path} is not the tone that was sent")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, help="repeats a run; default: any")
    parser.add_argument("--seconds", type=float, default=5.0, help="of recording")
    parser.add_argument("--out", type=Path, default=Path("out/demo.wav"))
    options = parser.parse_args()
    if not options.seconds > 0:
        parser.error(f"--seconds must be more than 0, not {options.seconds:g}")
    seed = random.randrange(1 << 16) if options.seed is None else options.seed
    try:
        asyncio.run(demonstrate(seed, options.seconds, options.out))
    except (DemoError, IcomLanError, OSError) as error:
        print(f"demo: {error} (seed {seed})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
