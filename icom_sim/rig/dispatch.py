"""From the body of a question to the body of its answer (spec CIV.md 7.1, 1.9).

The tables of `HANDLERS` in the `commands_*` modules are joined here, and the model says
which of them it has. What it has not is NG.
"""

from dataclasses import replace

from icom_proto.civ_commands import RECEIVER_PREFIX
from icom_proto.civ_frames import NG
from icom_proto.errors import DecodeError
from icom_sim.rig import (
    commands_bands,
    commands_frequency,
    commands_functions,
    commands_memory,
    commands_meters,
    commands_mode,
    commands_receive,
    commands_scan,
    commands_scope,
    commands_system,
    commands_tones,
    commands_transmit,
    commands_vfo,
)
from icom_sim.rig.answers import Ack, Answer, Handler, Request
from icom_sim.rig.state import RigState

HANDLERS: dict[bytes, Handler] = {
    **commands_frequency.HANDLERS,
    **commands_mode.HANDLERS,
    **commands_vfo.HANDLERS,
    **commands_memory.HANDLERS,
    **commands_scan.HANDLERS,
    **commands_bands.HANDLERS,
    **commands_receive.HANDLERS,
    **commands_functions.HANDLERS,
    **commands_meters.HANDLERS,
    **commands_transmit.HANDLERS,
    **commands_tones.HANDLERS,
    **commands_system.HANDLERS,
    **commands_scope.HANDLERS,
}


def answer_of(state: RigState, request: Request) -> bytes:
    """The body of the answer; `data` of the request is the whole body of the question.

    An answer repeats command and selector, and a prefix that was in front of them.
    """
    body, prefix, receiver = request.data, b"", None
    if body[0] == RECEIVER_PREFIX:
        prefix, body = body[:2], body[2:]
        receiver = _prefixed_receiver(state, prefix, body)
        if receiver is None:
            return NG
    for key in (body[:2], body[:1]):
        if state.model.has(key):
            inner = replace(request, data=body[len(key) :], receiver=receiver)
            answer = _handle(HANDLERS[key], state, inner)
            return prefix + key + answer if isinstance(answer, bytes) else answer.value
    return NG


def _prefixed_receiver(state: RigState, prefix: bytes, body: bytes) -> int | None:
    """Which receiver 29 means, or None if this radio does not take it here."""
    allowed = state.model.prefixed
    possible = body[:1] in allowed or body[:2] in allowed
    index = prefix[1] if possible else len(state.receivers)
    return index if index < len(state.receivers) else None


def _handle(handler: Handler, state: RigState, request: Request) -> Answer:
    try:
        return handler(state, request)
    except DecodeError:
        return Ack.NG
