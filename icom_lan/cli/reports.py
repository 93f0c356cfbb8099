"""How the audio commands tell what they did."""

import argparse
import json
import sys
from collections.abc import Mapping

from icom_lan.cli.options import is_terminal, say
from icom_lan.radio import IcomRadio

Statistics = Mapping[str, object]


def statistics_of(radio: IcomRadio) -> Statistics:
    """All that is counted, by the keys of --json. Ask while there is a stream."""
    granted = radio.granted_audio
    return {
        "granted_audio": granted.to_dict() if granted is not None else None,
        "runtime_stats": radio.get_audio_stats(),
        "network_stats": radio.get_audio_network_stats(),
        "stats": radio.statistics(),
    }


def print_report(
    report: Mapping[str, object],
    text: str,
    statistics: Statistics,
    arguments: argparse.Namespace,
    *,
    beside_audio: bool = False,
) -> None:
    """To standard output; to standard error where that carries audio."""
    shown = statistics if arguments.stats else {}
    if arguments.json:
        told = json.dumps({**report, **shown})
    else:
        told = "\n".join([text, *statistics_lines(shown)])
    if not beside_audio:
        print(told)
    # In a pipe nothing is said that nobody asked for.
    elif arguments.json or arguments.stats or is_terminal(sys.stderr):
        say(told)


def statistics_lines(statistics: Statistics) -> list[str]:
    """For people: a line for each group of figures."""
    lines = []
    for name, values in statistics.items():
        if not isinstance(values, Mapping):
            continue
        told = {key: _told(value) for key, value in values.items()}
        figures = [f"{key} {text}" for key, text in told.items() if text is not None]
        if figures:
            lines.append(f"{name}: {', '.join(figures)}")
        lines += statistics_lines(
            {key: values[key] for key in told if told[key] is None}
        )
    return lines


def _told(value: object) -> str | None:
    """One figure; None for a group of them. A codec is told by its name."""
    if isinstance(value, Mapping):
        return str(value["name"]) if "name" in value else None
    return f"{value:.4g}" if isinstance(value, float) else str(value)
