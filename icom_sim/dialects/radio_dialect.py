"""What radios do differently above session and links: CI-V, audio, power.

Each field is one named behaviour; the defaults are those of an IC-7610. The knobs are
in `radio_knobs`, the behaviours in `civ_quirks`, `tx_quirks` and `ulaw`.
"""

from dataclasses import dataclass
from enum import Enum


class Ack(Enum):
    """How often a command is acknowledged."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"


class CivRevival(Enum):
    """What brings CI-V back that died alone."""

    REOPEN = "reopen"
    SESSION = "session"


class Ulaw(Enum):
    """Whose µ-law is sent (8.2)."""

    G711 = "g711"
    WFVIEW = "wfview"


class ModSource(Enum):
    """What the transmitter is modulated by."""

    LAN = "lan"
    MIC = "mic"


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioDialect:
    """How a radio behaves behind its ports."""

    standby: bool = False
    set_mode_ack: Ack = Ack.ALWAYS
    civ_quiet_after_open_s: float = 0.0
    civ_dies_after_s: float = 0.0
    civ_revival: CivRevival = CivRevival.REOPEN
    scope_pixels: int = 0
    tx_mute_above_ms: int = 300
    mod_source: ModSource = ModSource.LAN
    ulaw: Ulaw = Ulaw.G711
