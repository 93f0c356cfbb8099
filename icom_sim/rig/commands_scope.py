"""The spectrum scope: 27 10 to 27 1F (spec CIV.md 2.9, 3.13).

Subs from 14 on name a scope first, 00 or 01, even where there is only one; 1B, 1C and
1E do not. Waveforms themselves, 27 00, are made by `scope`.
"""

from collections.abc import Callable

from icom_proto.civ_values import (
    decode_bcd,
    decode_frequency,
    encode_bcd,
    encode_frequency,
)
from icom_proto.errors import DecodeError
from icom_sim.rig import scope_settings as scope
from icom_sim.rig.answers import (
    Ack,
    Answer,
    Handler,
    Request,
    acknowledge,
    decode_bcd_byte,
    decode_switch,
)
from icom_sim.rig.models import Band, RigModel
from icom_sim.rig.scope_settings import ScopeKnobs
from icom_sim.rig.state import RigState

_SPAN_SIZE = 5
_HALF_DB = 5  # in tenths
_EDGE_SELECTOR_SIZE = 2
_TWO, _THREE = (0, 1), (0, 1, 2)


def _output(state: RigState, request: Request) -> Answer:
    """27 11: waveforms go to the port and the controller that ask for them (7.5)."""
    outputs = state.scope.outputs
    if not request.data:
        return bytes((request.port in outputs,))
    if decode_switch(request.data):
        outputs[request.port] = request.controller
    else:
        outputs.pop(request.port, None)
    return Ack.OK


def _shared(sub: int, allowed: Callable[[RigModel], tuple[int, ...]]) -> Handler:
    """A register that all scopes share."""

    def handle(state: RigState, request: Request) -> Answer:
        registers = state.scope.registers
        if not request.data:
            return bytes((registers[sub],))
        if len(request.data) != 1 or request.data[0] not in allowed(state.model):
            return Ack.NG
        registers[sub] = request.data[0]
        return Ack.OK

    return handle


def _has_two(model: RigModel) -> tuple[int, ...]:
    """MAIN and SUB. Radios with one receiver answer 00 and take nothing else."""
    return _TWO if model.has_sub_receiver else (0,)


def _shows_two(model: RigModel) -> tuple[int, ...]:
    return _TWO if model.scope.two_scopes else (0,)


Read = Callable[[ScopeKnobs], bytes]
Write = Callable[[RigModel, ScopeKnobs, bytes], bool]


def _of_one(read: Read, write: Write) -> Handler:
    """A knob of one scope, which the first byte names.

    guess: MAIN and SUB of an IC-9700 have their own, though only one is displayed.
    """

    def handle(state: RigState, request: Request) -> Answer:
        which, value = request.data[:1], request.data[1:]
        if not which or which[0] >= len(state.scope.knobs):
            return Ack.NG
        knobs = state.scope.knobs[which[0]]
        if not value:
            return which + read(knobs)
        return acknowledge(write(state.model, knobs, value))

    return handle


def _register(sub: int, allowed: Callable[[RigModel], tuple[int, ...]]) -> Handler:
    """A knob of one scope that is one byte."""

    def write(model: RigModel, knobs: ScopeKnobs, value: bytes) -> bool:
        code = decode_bcd_byte(value)
        possible = code in allowed(model)
        if possible:
            knobs.registers[sub] = code
        return possible

    return _of_one(lambda knobs: encode_bcd(knobs.registers[sub], 1), write)


def _span(knobs: ScopeKnobs) -> bytes:
    return encode_frequency(knobs.span_hz)


def _set_span(model: RigModel, knobs: ScopeKnobs, value: bytes) -> bool:
    possible = len(value) == _SPAN_SIZE and decode_frequency(value) in (
        model.scope.spans_hz
    )
    if possible:
        knobs.span_hz = decode_frequency(value)
    return possible


def _reference(knobs: ScopeKnobs) -> bytes:
    """Whole dB, tenths in the high digit, and the sign: -10.5 is 10 50 01."""
    whole, tenths = divmod(abs(knobs.reference_tenths_db), 10)
    sign = bytes((knobs.reference_tenths_db < 0,))
    return encode_bcd(whole, 1) + encode_bcd(10 * tenths, 1) + sign


def _set_reference(model: RigModel, knobs: ScopeKnobs, value: bytes) -> bool:
    size = decode_bcd(value[:2])
    tenths = -(size // 10) if decode_switch(value[2:]) else size // 10
    low, high = model.scope.reference_db
    possible = size % (10 * _HALF_DB) == 0 and 10 * low <= tenths <= 10 * high
    if possible:
        knobs.reference_tenths_db = tenths
    return possible


def _edges(state: RigState, request: Request) -> Answer:
    """27 1E: range, edge, and the two frequencies between which fixed mode shows."""
    selector = request.data[:_EDGE_SELECTOR_SIZE]
    value = request.data[_EDGE_SELECTOR_SIZE:]
    if len(selector) < _EDGE_SELECTOR_SIZE:
        return Ack.NG
    number, edge = (decode_bcd_byte(bytes((each,))) for each in selector)
    if value:
        return acknowledge(state.scope.set_edges(number, edge, _two_frequencies(value)))
    edges = state.scope.edges(number, edge)
    if edges is None:
        return Ack.NG
    return selector + encode_frequency(edges.low_hz) + encode_frequency(edges.high_hz)


def _two_frequencies(value: bytes) -> Band:
    """Of five bytes each, or on the 10 GHz band of the IC-905 of six."""
    half = len(value) // 2
    if len(value) != 2 * half:
        raise DecodeError("two frequencies have an even number of bytes")
    return Band(decode_frequency(value[:half]), decode_frequency(value[half:]))


# 27 18 of the IC-785x, as Hamlib 4.5.4 lists them.
_ATTENUATORS_DB = (0, 10, 20, 30)
_EDGE_NUMBERS = tuple(range(1, scope.EDGES_PER_RANGE + 1))

HANDLERS: dict[bytes, Handler] = {
    b"\x27\x10": _shared(scope.DISPLAY, lambda _: _TWO),
    b"\x27\x11": _output,
    b"\x27\x12": _shared(scope.SELECTED, _has_two),
    b"\x27\x13": _shared(scope.DUAL, _shows_two),
    b"\x27\x14": _register(scope.MODE, lambda model: model.scope.modes),
    b"\x27\x15": _of_one(_span, _set_span),
    b"\x27\x16": _register(scope.EDGE, lambda _: _EDGE_NUMBERS),
    b"\x27\x17": _register(scope.HOLD, lambda _: _TWO),
    b"\x27\x18": _register(scope.ATTENUATOR, lambda _: _ATTENUATORS_DB),
    b"\x27\x19": _of_one(_reference, _set_reference),
    b"\x27\x1a": _register(scope.SPEED, lambda _: _THREE),
    b"\x27\x1b": _shared(scope.DURING_TX, lambda _: _TWO),
    b"\x27\x1c": _shared(scope.CENTER_TYPE, lambda _: _THREE),
    b"\x27\x1d": _register(scope.VIDEO_BANDWIDTH, lambda _: _TWO),
    b"\x27\x1e": _edges,
    b"\x27\x1f": _register(scope.RESOLUTION, lambda _: _THREE),
}
