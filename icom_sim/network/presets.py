"""Networks with names, for `--network`. All figures are guesses at a typical one."""

from typing import Final

from icom_sim.network.only import Only
from icom_sim.network.rule_text import parse_rule
from icom_sim.network.verdicts import ConditionError

PRESETS: Final = {
    "lan": "delay:0.3 jitter:0.4",
    "wifi": "delay:2 jitter:8 loss:0.2",
    "wifi-lossy": "burst-loss:3,4 delay:3 jitter:30",
    "lte": "burst-loss:0.5,3 rate:5000,300 delay:30 jitter:20",
    # Between PPPoE (1492) with a tunnel in it and what IPsec leaves of 1500.
    "vpn-mtu": "mtu:1400 loss:0.1 delay:20 jitter:4",
    # One audio stream at 48 kHz takes 830 kbit/s: there is no room for two.
    "congested": "burst-loss:1,6 rate:900,150 delay:15 jitter:10",
}


def preset_rules(name: str) -> list[Only]:
    """New ones each time: rules with a memory belong to one network.

    Raises ConditionError.
    """
    if name not in PRESETS:
        raise ConditionError(
            f"unknown network {name!r}: there are {', '.join(PRESETS)}"
        )
    return [parse_rule(text) for text in PRESETS[name].split()]
