"""The connectors a rig has for CI-V: what one of them switches on, only that one gets.

The answers are the same on both. Waveforms of the scope are one frame for a sweep on
the network and many on a serial port (spec CIV.md 5.3, 5.4).
"""

from enum import Enum


class Port(Enum):
    """Where a frame came from, and where what was asked for goes."""

    LAN = "network"
    USB = "serial port"
