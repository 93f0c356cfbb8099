"""Networks with names, for `--network`. All figures are guesses at a typical one."""

from collections.abc import Callable

from icom_sim.network.paths import BurstLoss, Mtu, RateLimit
from icom_sim.network.rules import Delay, Jitter, Loss
from icom_sim.network.verdicts import Rule

# Functions, because rules with a memory belong to one network.
PRESETS: dict[str, Callable[[], list[Rule]]] = {
    "lan": lambda: [Delay(0.3), Jitter(0.4)],
    "wifi": lambda: [Delay(2), Jitter(8), Loss(0.2)],
    "wifi-lossy": lambda: [BurstLoss(3, 4), Delay(3), Jitter(30)],
    "lte": lambda: [BurstLoss(0.5, 3), RateLimit(5000, 300), Delay(30), Jitter(20)],
    # Between PPPoE (1492) with a tunnel in it and what IPsec leaves of 1500.
    "vpn-mtu": lambda: [Mtu(1400), Loss(0.1), Delay(20), Jitter(4)],
    # One audio stream at 48 kHz takes 830 kbit/s: there is no room for two.
    "congested": lambda: [BurstLoss(1, 6), RateLimit(900, 150), Delay(15), Jitter(10)],
}
