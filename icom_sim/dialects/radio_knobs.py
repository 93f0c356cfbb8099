"""The knobs of `RadioDialect`, one for each field (PROTOCOL.md sections 10 and 11)."""

from icom_sim.dialects.knobs import (
    SWITCH,
    Choices,
    Fidelity,
    Knob,
    Number,
    Values,
    Whole,
    members,
)
from icom_sim.dialects.radio_dialect import (
    Ack,
    CivRevival,
    ModSource,
    RadioDialect,
    Ulaw,
)

_OBSERVED = Fidelity.OBSERVED
_USUAL = RadioDialect()


def _knob(
    name: str, values: Values, fidelity: Fidelity, source: str, text: str
) -> Knob:
    return Knob(name, values, getattr(_USUAL, name), source, fidelity, text)


RADIO_KNOBS: tuple[Knob, ...] = (
    _knob(
        "standby",
        SWITCH,
        _OBSERVED,
        "7.3, 11.1 AetherSDR 5055, 5349, IC-705",
        "off with the network on: granted, CI-V silent until 18 01",
    ),
    _knob(
        "set_mode_ack",
        members(Ack),
        _OBSERVED,
        "11.4 rigplane 48, IC-7610: sometimes",
        "setting the mode is acknowledged",
    ),
    _knob(
        "civ_quiet_after_open_s",
        Number(0, 600),
        _OBSERVED,
        "11.4 rigplane 797",
        "CI-V says nothing for so long after the open",
    ),
    _knob(
        "civ_dies_after_s",
        Number(0, 86400),
        _OBSERVED,
        "11.4 AetherSDR PR 5145, IC-9700",
        "CI-V dies alone so long after the open; 0: never",
    ),
    _knob(
        "civ_revival",
        members(CivRevival),
        _OBSERVED,
        "11.4 AetherSDR PR 5145",
        "what brings it back: open, or a new session",
    ),
    _knob(
        "scope_pixels",
        Choices({"model": 0, "475": 475, "689": 689}),
        _OBSERVED,
        "#31 9.1",
        "pixels of a scope sweep",
    ),
    _knob(
        "tx_mute_above_ms",
        Whole(0, 10000, "ms"),
        _OBSERVED,
        "#46 RADE issue 10, IC-7300MK2",
        "a longer TX buffer mutes the transmitter; 0: none does",
    ),
    _knob(
        "mod_source",
        members(ModSource),
        _OBSERVED,
        "8.6, 11.3 several",
        "mic: keyed without the client's audio",
    ),
    _knob(
        "ulaw",
        members(Ulaw),
        _OBSERVED,
        "#45 8.2",
        "whose µ-law is sent",
    ),
)
