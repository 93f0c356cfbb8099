"""What passes between the dispatcher and the handlers of commands.

A handler takes the state of the rig and one `Request`, and returns the bytes that
follow the command in a data answer, or an `Ack`. It looks at everything before it
changes anything, so that NG leaves the rig as it was. Data of the wrong form end it
with `DecodeError`, here as in `civ_values`, and the dispatcher answers NG.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from icom_proto import civ_frames
from icom_proto.civ_values import decode_bcd, decode_frequency
from icom_proto.errors import DecodeError
from icom_sim.rig.models import RigModel
from icom_sim.rig.ports import Port
from icom_sim.rig.state import RigState


class Ack(Enum):
    """The answers without data; NONE is none at all."""

    OK = civ_frames.OK
    NG = civ_frames.NG
    NONE = b""


@dataclass(frozen=True, slots=True)
class Request:
    """One command: `data` is what stands behind the bytes that chose the handler.

    `receiver` is what prefix 29 named, None without it. `port` and `controller` say
    where it came from, and where to send what it switches on.
    """

    data: bytes
    receiver: int | None
    port: Port
    controller: int
    now: float


Answer = bytes | Ack
Handler = Callable[[RigState, Request], Answer]


def acknowledge(done: bool) -> Ack:
    return Ack.OK if done else Ack.NG


def unanswered(write: Handler) -> Handler:
    """The same as a transceive frame: who sends one expects no OK."""

    def handle(state: RigState, request: Request) -> Answer:
        answer = write(state, request)
        return Ack.NONE if answer is Ack.OK else answer

    return handle


def reader(value: Callable[[RigState], bytes]) -> Handler:
    """A command that only reads: data behind it are NG."""

    def handle(state: RigState, request: Request) -> Answer:
        return Ack.NG if request.data else value(state)

    return handle


def decode_switch(data: bytes) -> bool:
    if data not in (b"\x00", b"\x01"):
        raise DecodeError("a switch is one byte, 00 or 01")
    return data == b"\x01"


def decode_bcd_byte(data: bytes) -> int:
    if len(data) != 1:
        raise DecodeError(f"expected one byte, got {len(data)}")
    return decode_bcd(data)


def decode_own_frequency(model: RigModel, data: bytes) -> int:
    """Five bytes; on an IC-905 six are taken too, at any frequency (2.2)."""
    if len(data) not in model.frequency_sizes:
        raise DecodeError(f"this radio's frequencies have {model.frequency_sizes}")
    return decode_frequency(data)
