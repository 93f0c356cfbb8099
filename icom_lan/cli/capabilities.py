"""`icom-lan audio caps`: what the library can do, and with --stats how it goes."""

import argparse
import json

from icom_lan.cli.formats import pcm_format
from icom_lan.cli.reception import Reception
from icom_lan.cli.reports import Statistics, statistics_lines, statistics_of
from icom_lan.radio import IcomRadio
from icom_lan.types import AudioCapabilities

LISTEN_S = 1.0


async def tell_capabilities(
    radio: IcomRadio | None, arguments: argparse.Namespace
) -> None:
    """Without a radio nothing is sent."""
    statistics: Statistics = {}
    if radio is not None:
        async with radio:
            statistics = await _listen(radio, arguments.timeout)
    capabilities = IcomRadio.audio_capabilities()
    if arguments.json:
        report = {"command": "audio caps"} | capabilities.to_dict()
        print(json.dumps({**report, **statistics}))
        return
    print(_table(capabilities))
    for line in statistics_lines(statistics):
        print(line)


async def _listen(radio: IcomRadio, timeout_s: float) -> Statistics:
    """As others hear it: in the format of an untold session."""
    audio_format = pcm_format(radio.audio_sample_rate, 1)
    reception = Reception(
        audio_format, lambda _: None, seconds=LISTEN_S, stall_s=timeout_s
    )
    async with reception.receiving(radio):
        await reception.enough(radio)
        return statistics_of(radio)  # while there is a stream


def _table(capabilities: AudioCapabilities) -> str:
    default = capabilities.default_codec
    codecs = [
        f"{'codecs' if not at else '':14}{each.name:15} {each.value:#04x}"
        + (" (default)" if each is default else "")
        for at, each in enumerate(capabilities.supported_codecs)
    ]
    rates = _choices(
        capabilities.supported_sample_rates_hz, capabilities.default_sample_rate_hz
    )
    channels = _choices(capabilities.supported_channels, capabilities.default_channels)
    lines = (*codecs, f"{'sample rates':14}{rates} Hz", f"{'channels':14}{channels}")
    return "\n".join(lines)


def _choices(values: tuple[int, ...], default: int) -> str:
    return ", ".join(
        f"{each} (default)" if each == default else str(each) for each in values
    )
