"""Recorded sessions of other programs: every datagram decodes, and encodes to the same.

An opinion that is not the codec's stands beside it: MANIFEST.md counts the datagrams of
every file by channel, direction, length and kind; another program made those counts.
`not_packets.txt` lists each datagram that is no packet, so that a new failure cannot
hide among the old ones.
"""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from icom_proto.codec import Body, size_of
from icom_proto.codes import Stream
from icom_proto.events import Address
from icom_proto.packets import (
    AreYouThere,
    AudioData,
    Capabilities,
    CivData,
    CivOpenClose,
    ConnInfo,
    Disconnect,
    IAmHere,
    Idle,
    Login,
    LoginResponse,
    Ping,
    Ready,
    RetransmitMany,
    RetransmitOne,
    Status,
    StreamRequest,
    Token,
)
from icom_sim.captures.roundtrip import Outcome, not_packets, outcomes
from sources import ROOT

CAPTURES = ROOT / "fixtures" / "captures"
FILES = sorted(CAPTURES.glob("*.pcap"))

CHANNELS = {Stream.CONTROL: "ctl", Stream.CIV: "civ", Stream.AUDIO: "aud"}
NAMES: dict[type[Body], str] = {
    AreYouThere: "AreYouThere(3)",
    IAmHere: "IAmHere(4)",
    Ready: "ready(6)",
    Disconnect: "disconnect(5)",
    RetransmitOne: "retransmit-req single",
    RetransmitMany: "retransmit-req multi",
    Login: "login",
    LoginResponse: "login-response",
    ConnInfo: "conninfo",
    StreamRequest: "stream-request",
    Status: "status",
    CivData: "civ-data",
    AudioData: "audio",
}
COUNT_LINE = re.compile(r"(ctl|civ|aud) (C>S|S>C) +(\d+) (.*?) +(\d+)")


@cache
def found_in(path: Path) -> tuple[Outcome, ...]:
    return tuple(outcomes(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_datagram_decodes_and_encodes_to_the_same_bytes(path: Path) -> None:
    listed = (CAPTURES / "not_packets.txt").read_text("utf-8").splitlines()
    expected = [line for line in listed if line.startswith(f"{path.name} ")]
    assert not_packets(path.name, found_in(path)) == expected


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_kinds_are_those_that_the_manifest_counted(path: Path) -> None:
    radios: dict[Stream, Address] = {}
    for outcome in found_in(path):  # the first datagram of a stream is the client's
        radios.setdefault(outcome.stream, outcome.datagram.destination)
    ours = Counter(_described(outcome, radios) for outcome in found_in(path))
    assert ours == _counted_in_manifest(path.name)


def test_more_than_thirty_thousand_datagrams_were_held_against_the_codec() -> None:
    found = [outcome for path in FILES for outcome in found_in(path)]
    understood = [outcome.packet for outcome in found if outcome.packet]
    assert (len(found), len(understood)) == (32465, 32349)
    assert {type(body) for _, body in understood} == {*NAMES, Idle, Ping} | {
        CivOpenClose,
        Token,
        Capabilities,
    }


def _counted_in_manifest(name: str) -> Counter[tuple[str, str, int, str]]:
    manifest = (CAPTURES / "MANIFEST.md").read_text("utf-8")
    section = manifest.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    lines = section.partition("--- counts:")[2].splitlines()[1:]
    counts: Counter[tuple[str, str, int, str]] = Counter()
    for line in lines:
        if match := COUNT_LINE.fullmatch(line):
            channel, direction, length, kind, count = match.groups()
            counts[channel, direction, int(length), kind] += int(count)
    return counts


def _described(
    outcome: Outcome, radios: dict[Stream, Address]
) -> tuple[str, str, int, str]:
    to_radio = outcome.datagram.destination == radios[outcome.stream]
    direction = "C>S" if to_radio else "S>C"
    size = len(outcome.datagram.data)
    return CHANNELS[outcome.stream], direction, size, _kind(outcome)


def _kind(outcome: Outcome) -> str:
    """The manifest's name for it."""
    match outcome.packet:
        case None:
            # The program that counted went by the size here and did not see the type.
            of_conn_info_size = len(outcome.datagram.data) == size_of(ConnInfo)
            return "conninfo" if of_conn_info_size else "GARBAGE type>7"
        case (header, Idle()):
            return "idle" if header.seq else "idle seq0"
        case (_, Ping(reply=reply)):
            return "ping reply" if reply else "ping request"
        case (_, Token(reply=reply, request=request)):
            return f"token req={reply.value} type={request:#04x}"
        case (_, Capabilities(radio_count=count)):
            return f"capabilities x{count}"
        case (_, CivOpenClose()) if outcome.stream is Stream.AUDIO:
            return "openclose on audio port"
        case (_, CivOpenClose(action=action)):
            return f"openclose magic={action:#04x}"
        case (_, body):
            return NAMES[type(body)]
