"""How bad the network is: rules that drop, repeat, delay, shuffle and damage datagrams.

A rule judges one datagram; a `Network` stacks rules and gives each its own chance, so
that the same seed and the same traffic always meet the same fate.
"""

from icom_sim.network.network import Network
from icom_sim.network.only import Only
from icom_sim.network.rule_text import parse_rule
from icom_sim.network.verdicts import ConditionError, Direction

__all__ = ["ConditionError", "Direction", "Network", "Only", "parse_rule"]
