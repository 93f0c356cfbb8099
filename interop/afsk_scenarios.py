"""The AFSK 1200 decoder of the TX verdict beside other people's modems, both ways.

direwolf's `gen_packets` makes packets in rising noise, and its `atest` counts what it
decodes; multimon-ng is the third opinion. The last column goes over the air of two fake
radios in FM, and both programs decode what the second one hears.
"""

import random
import re
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from icom_proto.civ_values import Mode
from icom_sim.afsk.demodulator import Demodulator
from icom_sim.afsk.frames import Ax25Frame
from icom_sim.afsk.modulator import modulate
from icom_sim.air.airwaves import Airwaves
from icom_sim.air.receiver import AirReceiver
from icom_sim.air.tuning import Tuning
from interop.install import install_debian_packages
from interop.lab import Lab, LabError
from interop.report import Row

T = TypeVar("T")
COLUMNS = ("decodes theirs", "atest decodes ours", "multimon-ng decodes ours", "by air")
RATES_HZ = (48_000, 44_100, 16_000, 8_000)
NOISY, OURS = 100, 20
# Of what direwolf decodes in the same noise.
SHARE_MIN = 0.9
MULTIMON_RATE_HZ = 22_050
TIMEOUT_S = 60.0


def install() -> str | None:
    """None, or why the programs cannot be had."""
    return install_debian_packages(
        {"gen_packets": "direwolf", "atest": "direwolf", "multimon-ng": "multimon-ng"}
    )


def afsk_scenarios(make: Callable[..., T]) -> list[T]:
    """One row."""
    return [
        make(
            name="afsk-direwolf-1.6",
            title="AFSK 1200 decoder ↔ direwolf, multimon-ng",
            condition="rising noise",
            columns=COLUMNS,
            install=install,
            fill=run_afsk,
            timeout_s=600.0,
        )
    ]


def run_afsk(lab: Lab, row: Row) -> None:
    """Fill the row."""
    figures, holds = [], True
    for rate_hz in RATES_HZ:
        path = lab.directory / f"noisy-{rate_hz}.wav"
        _run("gen_packets", "-n", str(NOISY), "-r", str(rate_hz), "-o", str(path))
        ours, theirs = len(_decode(path)), _atest(path)
        holds = holds and ours >= SHARE_MIN * theirs
        figures.append(f"{ours} and {theirs} at {rate_hz} Hz")
    of = f"of {NOISY}, ours and atest: {', '.join(figures)}"
    row.judge("decodes theirs", holds, of)

    packets = [Ax25Frame("N0CALL-1", "TEST", f"packet {at}") for at in range(OURS)]
    counts = []
    for rate_hz in RATES_HZ:
        path = lab.directory / f"ours-{rate_hz}.wav"
        _write(path, modulate(packets, rate_hz) + bytes(rate_hz // 5 * 2), rate_hz)
        counts.append(_atest(path))
    row.judge("atest decodes ours", min(counts) == OURS, f"{min(counts)} of {OURS}")

    path = lab.directory / "ours.raw"
    path.write_bytes(modulate(packets, MULTIMON_RATE_HZ) + bytes(20_000))
    told = _run("multimon-ng", "-q", "-A", "-a", "AFSK1200", "-t", "raw", str(path))
    count = told.count("N0CALL-1>TEST")
    row.judge("multimon-ng decodes ours", count == OURS, f"{count} of {OURS}")

    path = lab.directory / "by-air.wav"
    _write(path, _over_the_air(modulate(packets, 48_000), 48_000), 48_000)
    ours, theirs = len(_decode(path)), _atest(path)
    both = f"ours {ours}, atest {theirs} of {OURS}"
    row.judge("by air", ours == theirs == OURS, both)


def _over_the_air(pcm: bytes, rate_hz: int) -> bytes:
    """What a second radio hears of it on the same frequency, in FM."""
    tuning = Tuning(
        144_800_000, Mode.FM, -7500, 7500, 144_800_000, Mode.FM, power_w=10.0
    )
    air = Airwaves()
    sender = air.connect(lambda: tuning)
    receiver = AirReceiver(air.connect(lambda: tuning), rate_hz, random.Random(1))
    frames, heard = rate_hz // 50, []
    for at in range(0, len(pcm) + rate_hz // 5, 2 * frames):
        block = pcm[at : at + 2 * frames].ljust(2 * frames, b"\0")
        sender.transmit(block, rate_hz, at / 2 / rate_hz)
        heard.append(receiver.block(frames))
    return b"".join(heard)


def _decode(path: Path) -> list[str]:
    with wave.open(str(path)) as wav:
        demodulator = Demodulator(wav.getframerate())
        frames = demodulator.feed(wav.readframes(wav.getnframes()))
    return [str(Ax25Frame.decode(frame)) for frame in frames]


def _atest(path: Path) -> int:
    told = _run("atest", str(path))
    found = re.search(r"([0-9]+) packets decoded", told)
    if found is None:
        raise LabError(f"atest told no count: {told[-200:]}")
    return int(found[1])


def _write(path: Path, pcm: bytes, rate_hz: int) -> None:
    with wave.open(str(path), "wb") as wav:
        wav.setparams((1, 2, rate_hz, 0, "NONE", ""))
        wav.writeframes(pcm)


def _run(*command: str) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, errors="replace"
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{command[0]} did not end within {TIMEOUT_S:g} s") from error
    if done.returncode:
        raise LabError(f"{command[0]} failed: {done.stderr[-200:]}")
    return done.stdout
