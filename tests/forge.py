"""Datagrams as a foreign program would write them, and what our side says to them.

Tests that play a peer by hand build its datagrams here, field by field, so that a
mistake of the link or session under test cannot hide in the other end.
"""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from icom_proto.codec import HEADER_SIZE, Body
from icom_proto.codes import Stream
from icom_proto.datagrams import decode_datagram, encode_datagram
from icom_proto.events import Output, Transmit
from icom_proto.packets import Header

T = TypeVar("T")


class Core(Protocol):
    """What a driver needs of a link or a connection, either role."""

    def handle_timeout(self, now: float) -> None: ...
    def next_timeout(self) -> float | None: ...
    def poll_output(self) -> Output | None: ...


def seal(
    body: Body, *, sender: int, receiver: int, seq: int = 0, length: int | None = None
) -> bytes:
    """A datagram with this body; `length` overrides the true one."""
    size = HEADER_SIZE + len(body.encode())
    header = Header(
        length=size if length is None else length,
        type=body.TYPE,
        seq=seq,
        sender_id=sender,
        receiver_id=receiver,
    )
    return encode_datagram(header, body)


def drain(core: Core) -> list[Output]:
    """Everything that waits to be polled."""
    outputs = []
    while (output := core.poll_output()) is not None:
        outputs.append(output)
    return outputs


def events(outputs: Iterable[Output]) -> list[Output]:
    """What is told, without what is sent."""
    return [output for output in outputs if not isinstance(output, Transmit)]


def of(kind: type[T], things: Iterable[object]) -> list[T]:
    """Those of one class."""
    return [thing for thing in things if isinstance(thing, kind)]


def packets(
    outputs: Iterable[Output], stream: Stream | None = None
) -> list[tuple[Header, Body]]:
    """What is sent, decoded; on one stream or on all."""
    return [
        decode_datagram(output.stream, output.data)
        for output in of(Transmit, outputs)
        if stream in (None, output.stream)
    ]


def bodies(outputs: Iterable[Output], stream: Stream | None = None) -> list[Body]:
    """The bodies of what is sent."""
    return [body for _, body in packets(outputs, stream)]


def fire(core: Core, now: float) -> list[Output]:
    """Let it do what is due, and check that it does not ask to be called at once."""
    core.handle_timeout(now)
    deadline = core.next_timeout()
    assert deadline is None or deadline > now, f"wants {deadline} at {now}"
    return drain(core)


def run_until(core: Core, end: float) -> list[tuple[float, Output]]:
    """Let time pass to `end` with nothing received; what came of it, with the times."""
    trace: list[tuple[float, Output]] = []
    while (at := core.next_timeout()) is not None and at <= end:
        trace += [(at, output) for output in fire(core, at)]
    return trace
