"""A radio that was told to transmit is told to stop, whatever else breaks."""

import pytest

from foreign_radio import AUDIO, CIV, CONTROL, ForeignRadio, frames
from forge import of
from icom_proto.codes import Stream
from icom_proto.events import CloseReason, Output, SessionClosed

KEY, UNKEY = bytes.fromhex("fefe98e01c0001fd"), bytes.fromhex("fefe98e01c0000fd")
OK = bytes.fromhex("fefee098fbfd")


def transmitting() -> ForeignRadio:
    radio = ForeignRadio()
    radio.make_ready()
    radio.client.send_civ(KEY, radio.now)
    radio.wait(0.0)
    radio.say_civ(OK)
    return radio


def how_it_ended(outputs: list[Output]) -> tuple[CloseReason, str]:
    [closed] = of(SessionClosed, outputs)
    return closed.reason, closed.detail


@pytest.mark.parametrize("stream", [AUDIO, CONTROL])
def test_when_another_stream_dies_the_stop_goes_out_on_civ(stream: Stream) -> None:
    radio = transmitting()
    radio.fall_silent(stream)
    outputs = radio.wait(20.0)
    assert frames(outputs) == [UNKEY]
    assert how_it_ended(outputs) == (CloseReason.SILENCE, f"{stream.name} stream")


def test_when_civ_dies_nothing_is_waited_for() -> None:
    radio = transmitting()
    radio.fall_silent(CIV)
    outputs = radio.wait(20.0)
    assert frames(outputs) == []
    assert how_it_ended(outputs) == (CloseReason.SILENCE, "CIV stream")
