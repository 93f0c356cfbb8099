"""Knobs that turn something inside the rig: its scope on the network, standby."""

from icom_sim.dialects.dialect import Dialect
from icom_sim.rig.ports import Port
from icom_sim.rig.rig import Rig


def set_up_rig(rig: Rig, dialect: Dialect, now: float) -> None:
    """Make the rig what the dialect says: when it is made, and when knobs are turned.

    A rig that was woken stays awake until the knob is turned once more.
    """
    rig.scope.divided[Port.LAN] = dialect.links.scope_split
    if dialect.radio.standby:
        rig.standby(now)
