"""Holds the codec against recorded sessions: decode each datagram and encode it again.

    python -m icom_sim.captures.roundtrip fixtures/captures/*.pcap
    python -m icom_sim.captures.roundtrip --each fixtures/captures/*.pcap

The first prints a line per file and the reasons why datagrams were not understood; the
second one line for each such datagram, which is what
`fixtures/captures/not_packets.txt` holds. A datagram that decodes and encodes to other
bytes is an error of the codec.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from icom_proto.codec import Body
from icom_proto.codes import Stream
from icom_proto.datagrams import decode_datagram, encode_datagram
from icom_proto.errors import DecodeError
from icom_proto.packets import Header
from icom_sim.captures.declarations import PORTS
from icom_sim.captures.reader import CapturedDatagram, CaptureReader


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recorded datagram. `reason` is empty if it was understood."""

    datagram: CapturedDatagram
    stream: Stream
    packet: tuple[Header, Body] | None
    reason: str


def outcomes(path: Path) -> Iterator[Outcome]:
    """One outcome for each datagram from or to a radio's port."""
    for datagram in CaptureReader(path):
        stream = stream_of(datagram)
        if stream is not None:
            yield _outcome(datagram, stream)


def stream_of(datagram: CapturedDatagram) -> Stream | None:
    """The stream it belongs to; None for other traffic in the same recording.

    The client's port decides only if the radio's does not: kappanhang uses the same
    numbers on both sides.
    """
    ports = (datagram.source.port, datagram.destination.port)
    return next((PORTS[port] for port in ports if port in PORTS), None)


def not_packets(name: str, found: Sequence[Outcome]) -> list[str]:
    """A line for each datagram that was not understood."""
    return [
        f"{name} {each.datagram.number} {each.stream.name} {each.reason}"
        for each in found
        if each.reason
    ]


def summary(name: str, found: Sequence[Outcome]) -> str:
    """The line of one file."""
    kinds = {type(each.packet[1]) for each in found if each.packet}
    wrong = sum(1 for each in found if each.reason)
    return f"{name:62} {len(found):6} {len(kinds):5} {wrong:14}"


def main(arguments: Sequence[str]) -> int:
    paths = [Path(argument) for argument in arguments if argument != "--each"]
    each_line = "--each" in arguments
    reasons: Counter[str] = Counter()
    lines = (
        [] if each_line else [f"{'file':62} {'data':>6} {'kinds':>5} not understood"]
    )
    for path in paths:
        found = list(outcomes(path))
        reasons.update(outcome.reason for outcome in found if outcome.reason)
        if each_line:
            lines += not_packets(path.name, found)
        else:
            lines.append(summary(path.name, found))
    if not each_line:
        lines += [f"{count:6} {reason}" for reason, count in sorted(reasons.items())]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _outcome(datagram: CapturedDatagram, stream: Stream) -> Outcome:
    try:
        header, body = decode_datagram(stream, datagram.data)
    except DecodeError as error:
        return Outcome(datagram, stream, None, str(error))
    rebuilt = encode_datagram(header, body)
    reason = "" if rebuilt == datagram.data else "encodes to other bytes"
    return Outcome(datagram, stream, (header, body), reason)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
