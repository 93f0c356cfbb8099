"""Frequencies: 00, 03, 05, 25 (spec CIV.md 3.1)."""

from icom_proto.civ_values import encode_frequency
from icom_sim.rig.answers import (
    Ack,
    Answer,
    Handler,
    Request,
    acknowledge,
    decode_own_frequency,
    reader,
    unanswered,
)
from icom_sim.rig.receiver import VfoRecord
from icom_sim.rig.state import RigState


def _frequency(state: RigState) -> bytes:
    return encode_frequency(state.vfo.frequency_hz)


def _write(state: RigState, request: Request) -> Answer:
    return _tune(state, state.vfo, request.data)


def _selected_or_not(state: RigState, request: Request) -> Answer:
    which, data = request.data[:1], request.data[1:]
    vfo = state.vfo_at(which[0]) if which else None
    if vfo is None:
        return Ack.NG
    return (
        _tune(state, vfo, data) if data else which + encode_frequency(vfo.frequency_hz)
    )


def _tune(state: RigState, vfo: VfoRecord, data: bytes) -> Answer:
    return acknowledge(state.tune(vfo, decode_own_frequency(state.model, data)))


HANDLERS: dict[bytes, Handler] = {
    # wfview 1.60 tunes with it (docs/interop.md). guess: taken and not answered, as
    # between two radios on one CI-V bus.
    b"\x00": unanswered(_write),
    b"\x03": reader(_frequency),
    b"\x05": _write,
    b"\x25": _selected_or_not,
}
