"""What `status` and `freq` do with a radio, and how they show it."""

import argparse
import json
from dataclasses import asdict, dataclass

from icom_lan.cli.audio_commands import run_audio
from icom_lan.cli.printable import printable
from icom_lan.cli.radios import radio_for
from icom_lan.exceptions import CommandError
from icom_lan.radio import IcomRadio
from icom_proto.civ_commands import read_identity, read_ptt

# CIV.md 3.8, the official anchors of every model: raw 0 is S0, 120 S9, 241 S9 + 60 dB.
_S9_RAW, _S9_PLUS_60_RAW = 120, 241


async def run(arguments: argparse.Namespace) -> None:
    """Do what the command line says. Raises UsageError for impossible options."""
    if arguments.command == "audio":
        await run_audio(arguments)
    elif arguments.command == "freq":
        await _freq(radio_for(arguments, audio=False), arguments)
    else:
        await _status(radio_for(arguments, audio=False), arguments)


async def _freq(radio: IcomRadio, arguments: argparse.Namespace) -> None:
    """Print the frequency, after setting it if one was given."""
    async with radio:
        if arguments.hz is not None:
            await radio.set_frequency(arguments.hz)
        hz = await radio.get_frequency()
    print(json.dumps({"command": "freq", "frequency_hz": hz}) if arguments.json else hz)


async def _status(radio: IcomRadio, arguments: argparse.Namespace) -> None:
    async with radio:
        report = await _look_at(radio)
    if arguments.json:
        print(json.dumps({"command": "status"} | asdict(report)))
    else:
        name = printable(report.name)
        print(f"radio      {name} at {arguments.host}:{arguments.port}")
        print(report.text())


@dataclass(frozen=True, slots=True)
class Report:
    """A radio at a glance; the field names are those of --json."""

    name: str
    civ_address: int
    model_id: int
    frequency_hz: int
    mode: str
    s_meter: int
    transmitting: bool | None

    def text(self) -> str:
        """All but the name, for people."""
        transmits = {None: "cannot", False: "no", True: "yes"}[self.transmitting]
        return (
            f"CI-V       address {self.civ_address:#04x}, model {self.model_id:#04x}\n"
            f"frequency  {self.frequency_hz} Hz\n"
            f"mode       {self.mode}\n"
            f"S-meter    {s_units(self.s_meter)}\n"
            f"transmits  {transmits}"
        )


async def _look_at(radio: IcomRadio) -> Report:
    identity = await radio.send_civ(*read_identity())
    try:
        transmitting = any((await radio.send_civ(*read_ptt())).data)
    except CommandError:  # a receiver
        transmitting = None
    return Report(
        name=radio.name,
        civ_address=identity.from_addr,
        model_id=identity.data[0] if identity.data else 0,
        frequency_hz=await radio.get_frequency(),
        mode=(await radio.get_mode()).name.replace("_", "-"),
        s_meter=await radio.get_s_meter(),
        transmitting=transmitting,
    )


def s_units(raw: int) -> str:
    """An S-meter reading as operators write it."""
    if raw <= _S9_RAW:
        return f"S{round(raw * 9 / _S9_RAW)}"
    over_db = (raw - _S9_RAW) * 60 / (_S9_PLUS_60_RAW - _S9_RAW)
    return f"S9+{round(over_db)} dB"
