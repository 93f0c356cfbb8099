"""A client with CI-V open, and what a test of CI-V asks of it."""

from foreign_radio import (
    CIV,
    ForeignRadio,
    frames,
)
from forge import bodies, of
from icom_proto.events import (
    CivAnswered,
    CivExpired,
    CivFrameReceived,
    CivRefused,
    Output,
)
from icom_proto.packets import CivOpenClose

FREQUENCY = bytes.fromhex("fefe98e003fd")
FREQUENCY_ANSWER = bytes.fromhex("fefee098030050810300fd")
MODE, MODE_ANSWER = bytes.fromhex("fefe98e004fd"), bytes.fromhex("fefee098040101fd")
SET_MODE = bytes.fromhex("fefe98e00601fd")
KEY, UNKEY = bytes.fromhex("fefe98e01c0001fd"), bytes.fromhex("fefe98e01c0000fd")
OK, NG = bytes.fromhex("fefee098fbfd"), bytes.fromhex("fefee098fafd")
IDENTITY_READ = bytes.fromhex("fefe98e01900fd")


def ready_radio() -> ForeignRadio:
    radio = ForeignRadio()
    radio.make_ready()
    radio.wait(0.2)
    return radio


def send(
    radio: ForeignRadio, frame: bytes, *, timeout_s: float = 1.0, urgent: bool = False
) -> tuple[int, list[bytes]]:
    """Give the client a request; its number, and the frames that left."""
    number = radio.client.send_civ(frame, radio.now, timeout_s=timeout_s, urgent=urgent)
    return number, frames(radio.wait(0.0))


def told(outputs: list[Output]) -> list[Output]:
    """Events about requests and frames."""
    wanted = (CivAnswered, CivRefused, CivExpired, CivFrameReceived)
    return [output for output in outputs if isinstance(output, wanted)]


def opens(outputs: list[Output]) -> list[int]:
    """The actions of the opens and closes that left."""
    return [b.action for b in of(CivOpenClose, bodies(outputs, CIV))]
