"""How a fake radio stands, ready for JSON: for terminal views, scripts, scenarios."""

from typing import TypedDict

from icom_proto.radio_connection import RadioConnection
from icom_sim.dialects.dialect import Dialect
from icom_sim.network import Network
from icom_sim.rig import meters
from icom_sim.rig.models import VfoLayout
from icom_sim.rig.rig import Rig


class ReceiverStatus(TypedDict):
    """One receiver as its display shows it."""

    frequency_hz: int
    mode: str
    data: int
    filter: int
    s_meter_raw: int
    squelch_open: bool


class RigStatus(TypedDict):
    """The front panel."""

    power: str
    receivers: list[ReceiverStatus]
    selected: int
    split: bool
    transmitting: bool
    po_raw: int
    swr_raw: int
    alc_raw: int


class ClientStatus(TypedDict):
    """One client on the control stream."""

    client: str
    computer: str
    state: str
    owner: bool


class Status(TypedDict):
    """All of it."""

    model: str
    rig: RigStatus
    clients: list[ClientStatus]
    links: dict[str, dict[str, int]]
    rules: list[dict[str, object]]
    to_client: dict[str, dict[str, int]]
    to_radio: dict[str, dict[str, int]]
    knobs: dict[str, str]


def status_of(
    rig: Rig, radio: RadioConnection, network: Network, dialect: Dialect, now: float
) -> Status:
    """As of now."""
    summary = network.summary()
    return {
        "model": rig.state.model.name,
        "rig": _rig_status(rig, now),
        "clients": _client_statuses(radio),
        "links": radio.statistics(),
        "rules": network.rules(),
        "to_client": summary["to_client"],
        "to_radio": summary["to_radio"],
        "knobs": dialect.settings(),
    }


def _rig_status(rig: Rig, now: float) -> RigStatus:
    state = rig.state
    sends = bool(state.model.transmit)
    return {
        "power": rig.power_state.value,
        "receivers": [
            {
                "frequency_hz": receiver.vfo.frequency_hz,
                "mode": receiver.vfo.mode.name,
                "data": receiver.vfo.data,
                "filter": receiver.vfo.filter_number,
                "s_meter_raw": receiver.s_meter_raw,
                "squelch_open": receiver.squelch_open,
            }
            for receiver in state.receivers
        ],
        "selected": state.selected_receiver,
        "split": state.model.layout is not VfoLayout.SINGLE and state.offsets.split,
        "transmitting": rig.transmitting,
        "po_raw": meters.po_raw(state, now) if sends else 0,
        "swr_raw": meters.swr_raw(state, now) if sends else 0,
        "alc_raw": meters.alc_raw(state, now) if sends else 0,
    }


def _client_statuses(radio: RadioConnection) -> list[ClientStatus]:
    owners = radio.owners
    return [
        {
            "client": f"{session.address.host}:{session.address.port}",
            "computer": session.computer,
            "state": session.state.name.lower(),
            "owner": session in owners,
        }
        for session in radio.sessions
    ]
