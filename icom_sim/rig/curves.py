"""Curves of meters: raw 0 to 255 to a physical value, and back (spec CIV.md 3.8)."""

from icom_sim.rig.models import Curve

# What S9 is at the antenna: on shortwave, and by convention on VHF and above.
S9_DBM, S9_DBM_VHF = -73.0, -93.0
# IARU recommendation R.1 has the second value from the 2 m band on.
VHF_FROM_HZ = 144_000_000


def raw_of(curve: Curve, value: float) -> int:
    """Where on the scale a value stands; beyond the ends, at the end."""
    low_raw, low = curve[0]
    if value <= low:
        return round(low_raw)
    for high_raw, high in curve[1:]:
        if value <= high:
            part = (value - low) / (high - low)
            return round(low_raw + part * (high_raw - low_raw))
        low_raw, low = high_raw, high
    return round(low_raw)


def value_of(curve: Curve, raw: float) -> float:
    """The other way round."""
    low_raw, low = curve[0]
    for high_raw, high in curve[1:]:
        if raw <= high_raw:
            return low + (raw - low_raw) / (high_raw - low_raw) * (high - low)
        low_raw, low = high_raw, high
    return low


def s9_dbm(hz: int) -> float:
    return S9_DBM_VHF if hz >= VHF_FROM_HZ else S9_DBM
