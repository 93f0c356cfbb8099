"""VFOs, split and duplex: 07, 0C, 0D, 0F (spec CIV.md 3.2)."""

from collections.abc import Callable

from icom_proto.civ_values import decode_bcd, encode_bcd
from icom_sim.rig import state as states
from icom_sim.rig.answers import (
    Ack,
    Answer,
    Handler,
    Request,
    acknowledge,
    decode_switch,
    reader,
)
from icom_sim.rig.models import VfoLayout
from icom_sim.rig.state import RigState

_DUPLEX_UNIT_HZ = 100
_AB = (VfoLayout.AB, VfoLayout.AB_IN_MAIN_AND_SUB)
_TWO_BANDS = (VfoLayout.MAIN_SUB, VfoLayout.AB_IN_MAIN_AND_SUB)
_DUAL = (VfoLayout.MAIN_SUB,)
_ALL_BUT_SINGLE = (*_AB, *_DUAL)


def _vfo(state: RigState, request: Request) -> Answer:
    """07 and a sub-command; bare it leaves memory mode."""
    sub, data = request.data[:1], request.data[1:]
    if not sub:
        return _key(RigState.leave_memory)(state, b"")
    layouts, handle = _SUBS.get(sub, ((), None))
    if handle is None or state.model.layout not in layouts:
        return Ack.NG
    answer = handle(state, data)
    return sub + answer if isinstance(answer, bytes) else answer


_SubHandler = Callable[[RigState, bytes], Answer]


def _key(press: Callable[[RigState], bool]) -> _SubHandler:
    """What acts and has no data; none of it while transmitting (7.4)."""

    def handle(state: RigState, data: bytes) -> Answer:
        return acknowledge(not data and not state.transmitting and press(state))

    return handle


def _select(
    is_selected: Callable[[RigState], bool], press: Callable[[RigState], bool]
) -> _SubHandler:
    """What is selected already is no change: Hamlib opens every radio with that,
    a transmitting one too."""
    key = _key(press)

    def handle(state: RigState, data: bytes) -> Answer:
        return Ack.OK if not data and is_selected(state) else key(state, data)

    return handle


def _select_vfo(index: int) -> _SubHandler:
    def is_selected(state: RigState) -> bool:
        receiver = state.receiver(None)
        return receiver.selected == index and receiver.recalled is None

    return _select(is_selected, lambda state: state.select_vfo(index))


def _equalise_ab(state: RigState) -> bool:
    """guess: nothing in memory mode."""
    receiver = state.receiver(None)
    if receiver.recalled is not None:
        return False
    receiver.vfos[receiver.selected ^ 1] = receiver.vfo.copy()
    return True


def _equalise_main_sub(state: RigState) -> bool:
    main, sub = state.receivers
    sub.recalled = None
    sub.set_vfo(main.vfo.copy())
    return True


def _switch_dual_watch(on: bool) -> _SubHandler:
    def press(state: RigState) -> bool:
        state.switches.dual_watch = on
        return True

    return _key(press)


def _select_receiver(index: int) -> _SubHandler:
    return _select(
        lambda state: state.selected_receiver == index,
        lambda state: state.select_receiver(index),
    )


def _dual_watch(state: RigState, data: bytes) -> Answer:
    if not data:
        return bytes((state.switches.dual_watch,))
    return _switch_dual_watch(decode_switch(data))(state, b"")


def _selected_receiver(state: RigState, data: bytes) -> Answer:
    if not data:
        return bytes((state.selected_receiver,))
    return _select_receiver(int(decode_switch(data)))(state, b"")


_SUBS: dict[bytes, tuple[tuple[VfoLayout, ...], _SubHandler]] = {
    b"\x00": (_AB, _select_vfo(0)),
    b"\x01": (_AB, _select_vfo(1)),
    b"\xa0": (_AB, _key(_equalise_ab)),
    b"\xb0": (_ALL_BUT_SINGLE, _key(RigState.exchange)),
    b"\xb1": (_DUAL, _key(_equalise_main_sub)),
    b"\xc0": (_DUAL, _switch_dual_watch(False)),
    b"\xc1": (_DUAL, _switch_dual_watch(True)),
    b"\xc2": (_DUAL, _dual_watch),
    b"\xd0": (_TWO_BANDS, _select_receiver(0)),
    b"\xd1": (_TWO_BANDS, _select_receiver(1)),
    b"\xd2": (_TWO_BANDS, _selected_receiver),
}


def vfo_keys(layout: VfoLayout) -> list[bytes]:
    """The sub-commands of 07 that a radio with this layout has."""
    return [sub for sub, (layouts, _) in _SUBS.items() if layout in layouts]


def _split(state: RigState, request: Request) -> Answer:
    """One byte for two things: split off and on, and which way a repeater listens."""
    offsets = state.offsets
    if not request.data:
        duplex = 0 if offsets.duplex == states.SIMPLEX else offsets.duplex
        return bytes((1 if offsets.split else duplex,))
    if state.transmitting:
        return Ack.NG
    match list(request.data):
        case [0 | 1 as on] if not (on and state.model.layout is VfoLayout.SINGLE):
            # Satellite mode takes its place (3.2). Hamlib 4.5.4 switches that on and
            # then split, and takes NG for a failure.
            offsets.split = bool(on) and not state.in_satellite_mode
        case [code] if code in state.model.duplex_codes:
            offsets.split, offsets.duplex = False, code
        case _:
            return Ack.NG
    return Ack.OK


def _duplex_offset(state: RigState) -> bytes:
    units = state.offsets.duplex_hz // _DUPLEX_UNIT_HZ
    return encode_bcd(units, state.model.duplex_offset_size)[::-1]


def _set_duplex_offset(state: RigState, request: Request) -> Answer:
    if len(request.data) != state.model.duplex_offset_size or state.transmitting:
        return Ack.NG
    state.offsets.duplex_hz = decode_bcd(request.data[::-1]) * _DUPLEX_UNIT_HZ
    return Ack.OK


HANDLERS: dict[bytes, Handler] = {
    b"\x07": _vfo,
    b"\x0c": reader(_duplex_offset),
    b"\x0d": _set_duplex_offset,
    b"\x0f": _split,
}
