"""Knobs that turn something inside the rig: its scope on the network, standby."""

from icom_sim.dialects.dialect import Dialect
from icom_sim.rig.ports import Port
from icom_sim.rig.power import PowerState
from icom_sim.rig.rig import Rig


def set_up_rig(
    rig: Rig, dialect: Dialect, now: float, before: Dialect | None = None
) -> None:
    """Make the rig what the dialect says: when it is made, and when knobs are turned.

    A rig that was woken stays awake until the knob is turned once more; one that is
    off the network is not brought back by a knob.
    """
    rig.scope.divided[Port.LAN] = dialect.links.scope_split
    rig.scope.pixels = dialect.radio.scope_pixels or rig.state.model.scope.pixels
    stands_by = dialect.radio.standby
    if stands_by is (before is not None and before.radio.standby):
        return
    if stands_by and rig.power_state is not PowerState.OFF:
        rig.standby(now)
    elif rig.power_state is PowerState.STANDBY:
        rig.wake(now)
