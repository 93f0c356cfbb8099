"""What the meters read, in the units of people: the calibration is the rig's."""

from typing import Final

from icom_sim.rig import meters
from icom_sim.rig.catalogue import MODELS
from icom_sim.rig.curves import s9_dbm, value_of
from icom_sim.rig.models import RigModel
from icom_sim.status import ReceiverStatus, RigStatus, Status

DB_EACH_S: Final = 6
_DB_S0, _DB_MAX = -54.0, 60.0
# Half of an S-meter is S9, as on the radios.
_S9_AT: Final = 0.5


def model_of(status: Status) -> RigModel:
    return MODELS[status["model"]]


def selected_of(rig: RigStatus) -> ReceiverStatus:
    return rig["receivers"][rig["selected"]]


def transmit_hz(rig: RigStatus) -> int:
    return selected_of(rig)["frequency_hz"]


def db_over_s9(model: RigModel, receiver: ReceiverStatus) -> float:
    return value_of(model.meters.s_meter_db, receiver["s_meter_raw"])


def signal_dbm(model: RigModel, receiver: ReceiverStatus) -> float:
    return s9_dbm(receiver["frequency_hz"]) + db_over_s9(model, receiver)


def s_units(db: float) -> str:
    """S0 to S9, and then decibels over S9."""
    if db >= DB_EACH_S / 2:
        return f"S9+{round(db)} dB"
    return f"S{max(0, min(9, round(9 + db / DB_EACH_S)))}"


def s_fraction(db: float) -> float:
    """How far the meter goes: S9 in the middle."""
    if db <= 0:
        return _S9_AT * (1 - db / _DB_S0)
    return _S9_AT + (1 - _S9_AT) * db / _DB_MAX


def power_part(rig: RigStatus) -> float:
    """Of the power that the band allows, 0 to 1 and a little more."""
    return value_of(meters.PO_PERCENT, rig["po_raw"]) / 100


def power_w(model: RigModel, rig: RigStatus) -> float:
    return power_part(rig) * model.full_power_w(transmit_hz(rig))


def swr(rig: RigStatus) -> float:
    return value_of(meters.SWR, rig["swr_raw"])


def swr_fraction(rig: RigStatus) -> float:
    return rig["swr_raw"] / meters.SWR[-1][0]


def alc_fraction(rig: RigStatus) -> float:
    return rig["alc_raw"] / meters.ALC_RAW_MAX
