"""Scanning: 0E (spec CIV.md 3.2)."""

from icom_sim.rig import scan
from icom_sim.rig.answers import Ack, Answer, Handler, Request
from icom_sim.rig.state import RigState


def _scan(state: RigState, request: Request) -> Answer:
    """guess: while transmitting nothing starts; stopping always works."""
    match list(request.data):
        case [code] if code in state.model.scans:
            if state.transmitting and code != scan.STOP:
                return Ack.NG
            state.scan.obey(code)
            return Ack.OK
        case _:
            return Ack.NG


HANDLERS: dict[bytes, Handler] = {b"\x0e": _scan}
