"""Dialects with a name: what is known of each radio and server (PROTOCOL.md 10).

What a preset does not say is as on an IC-7610, or as the radio's model has it.
"""

from collections.abc import Mapping
from typing import Final

from icom_proto.codes import CONNECTION_WFVIEW
from icom_proto.link_dialect import (
    AudioStart,
    CivInner,
    CivPacking,
    IahSeq,
    Ident,
    LinkDialect,
    PingLength,
    PingStep,
    RtxForm,
    RtxGone,
)
from icom_proto.session_dialect import (
    PortsZero,
    SessionDialect,
    StaleMode,
    TokenCheck,
)
from icom_sim.dialects.dialect import Dialect, suggestion
from icom_sim.dialects.knobs import DialectError
from icom_sim.dialects.radio_dialect import RadioDialect

# The identity that a PC with Icom's server was seen to have (2.10.1).
_GUID = bytes.fromhex("938A01241764BC4BA3A013584104582D")

DIALECTS: Final[Mapping[str, Dialect]] = {
    "ic7610": Dialect(
        session=SessionDialect(
            conn_type=bytes.fromhex("3F07"),
            rates=bytes.fromhex("018B"),
            capg=bytes.fromhex("9001"),
        ),
        radio=RadioDialect(scope_pixels=689),
    ),
    "ic705": Dialect(
        session=SessionDialect(
            conn_type=bytes.fromhex("0707"),
            login_byte_50=1,
            conn_computer=True,
            conn_ip=True,
        ),
        # Above 500 to 600 ms kappanhang's users heard nothing (8.6).
        radio=RadioDialect(scope_pixels=475, tx_mute_above_ms=500),
    ),
    "ic7300mk2": Dialect(
        session=SessionDialect(
            conn_computer=True, conn_ip=True, strict_innerseq=True, dup_grant=2
        ),
        radio=RadioDialect(scope_pixels=475),
    ),
    "ic9700": Dialect(
        session=SessionDialect(
            conn_computer=True,
            conn_ip=True,
            name_padded=True,
            ports_zero_on=frozenset({PortsZero.IDENTITY, PortsZero.SOMETIMES}),
        ),
        links=LinkDialect(rtx_audio=True),
        radio=RadioDialect(scope_pixels=475),
    ),
    "ic7760": Dialect(
        session=SessionDialect(
            conn_computer=True, conn_ip=True, stale_mode=StaleMode.CONTINUE_SEQ
        ),
        links=LinkDialect(rtx_form=RtxForm.RANGE2),
        radio=RadioDialect(scope_pixels=689),
    ),
    # It went on granting with dead data ports until a goodbye came (11.1, sdroxide 96).
    "ic-r8600": Dialect(
        session=SessionDialect(
            conn_computer=True, conn_ip=True, stale_mode=StaleMode.DEAD_DATA_PORTS
        ),
    ),
    "wfserver": Dialect(
        session=SessionDialect(
            connection=CONNECTION_WFVIEW,
            login_rr=1,
            raw_password=True,
            token_check=TokenCheck.NONE,
            conn_computer=True,
            conn_ip=True,
            ports_zero_on=frozenset(),
            reject_stereo_tx=False,
            slots=16,
        ),
        links=LinkDialect(
            ping_len=PingLength.WS,
            ping_step=PingStep.CONFIRMED,
            iah_seq=IahSeq.TRACKED,
            early_idle=True,
            disc_reply=True,
            disc_data_ports=False,
            rtx_gone=RtxGone.WS,
            rtx_garbage=True,
            civ_packing=CivPacking.JOINED,
            civ_inner=CivInner.ZERO,
            ident=Ident.WS,
            audio_start=AudioStart.IAR,
            audio_seq_restart=False,
        ),
    ),
    "pc_rsba1": Dialect(
        session=SessionDialect(
            identity=_GUID,
            records=2,
            conn_type=bytes.fromhex("3F3F"),
            rates=bytes.fromhex("01FF"),
            capg=bytes.fromhex("B80B"),
            conn_computer=True,
            conn_ip=True,
        ),
    ),
}

# What each is, in a line, and the model of radio that goes with it; "": any.
PRESETS: Final[Mapping[str, tuple[str, str]]] = {
    "ic7610": ("IC-7610", "the usual one: hides who uses it"),
    "ic705": ("IC-705", "Wi-Fi, marks its login response, tells who uses it"),
    "ic7300mk2": ("IC-7300MK2", "grants told twice; minds inner numbers past 255"),
    "ic9700": ("IC-9700", "padded name, ports sometimes missing, asks for TX audio"),
    "ic7760": ("IC-7760", "goes on with old numbers and asks for them in ranges"),
    "ic-r8600": ("IC-R8600", "after an unclean exit it grants dead data ports"),
    "wfserver": ("", "wfview's server: many clients, no checks, Opus"),
    "pc_rsba1": ("", "Icom's server on a PC: several radios behind GUIDs"),
}


def dialect_named(name: str) -> Dialect:
    """The preset of this name. Raises DialectError, one line."""
    dialect = DIALECTS.get(name)
    if dialect is None:
        raise DialectError(f"unknown dialect {name!r}: {suggestion(name, DIALECTS)}")
    return dialect


def dialect_of_model(model: str) -> Dialect:
    """The preset that goes with a model of radio; for others as most have it."""
    for name, (own, _) in PRESETS.items():
        if own == model:
            return DIALECTS[name]
    return Dialect(session=SessionDialect(conn_computer=True, conn_ip=True))
