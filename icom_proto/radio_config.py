"""What a radio is and how it behaves: the configuration of the radio role."""

from collections.abc import Callable
from dataclasses import field, replace
from typing import Final

from icom_proto.codes import Codec
from icom_proto.link_dialect import LinkDialect
from icom_proto.packets import RadioRecord
from icom_proto.quick_dataclass import dataclass
from icom_proto.session_dialect import SessionDialect

# Identity of a radio with a MAC address: 7 zero bytes, 10 80, zero, MAC (2.10.1).
_MAC_IDENTITY = bytes(7) + bytes.fromhex("108000")
NAME_SIZE: Final = 32

# What radios code; for what the client sends, see `SessionDialect.reject_stereo_tx`.
RADIO_CODECS = (
    Codec.ULAW_MONO,
    Codec.PCM8_MONO,
    Codec.PCM16_MONO,
    Codec.PCM8_STEREO,
    Codec.PCM16_STEREO,
    Codec.ULAW_STEREO,
)


def any_codec(_: Codec) -> bool:
    """Of a radio that can code whatever it lists."""
    return True


def mac_identity(mac: bytes) -> bytes:
    """The identity block of a radio known by its MAC address of 6 bytes."""
    return _MAC_IDENTITY + mac


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioConfig:
    """One radio; defaults are those of an IC-7610."""

    username: str
    password: str = field(repr=False)
    record: RadioRecord
    civ_port: int = 50002
    audio_port: int = 50003
    rx_codecs: tuple[Codec, ...] = RADIO_CODECS
    tx_codecs: tuple[Codec, ...] = RADIO_CODECS
    # Asked for each listed codec that a client wants: can it be coded here and now?
    can_code: Callable[[Codec], bool] = any_codec
    # How long a hole in TX audio is waited for; the client names its own, txbuffer.
    playout_delay_s: float = 0.1
    # Do the datagrams of a block of RX audio leave as one `TransmitBlock`?
    joins_audio: bool = False
    session: SessionDialect = field(default=SessionDialect())
    links: LinkDialect = field(default=LinkDialect())


def records_of(config: RadioConfig) -> tuple[RadioRecord, ...]:
    """What the capabilities list: the radio, as the dialect presents it, and others.

    A PC server lists several radios (2.13). guess: here all of them are the one rig.
    """
    dialect, own = config.session, config.record
    name = own.name if dialect.name is None else dialect.name
    rates, address = dialect.rates, dialect.record_civ_address
    record = replace(
        own,
        identity=own.identity if dialect.identity is None else dialect.identity,
        # guess: the last byte stays zero. Without it wfview reads on into the audio
        # name, and nobody complains of that about real radios.
        name=name.ljust(NAME_SIZE - 1) if dialect.name_padded else name,
        connection_type=dialect.conn_type or own.connection_type,
        civ_address=own.civ_address if address is None else address[0],
        rx_rates=own.rx_rates if rates is None else rates[0] | rates[1] << 8,
        tx_rates=own.tx_rates if rates is None else rates[0] | rates[1] << 8,
        enable_a=dialect.enable_a,
        unknown_61=dialect.capg or own.unknown_61,
    )
    others = [
        replace(
            record,
            identity=bytes((number, *record.identity[1:])),
            name=name[: NAME_SIZE - 4] + b" %d" % number,
        )
        for number in range(2, dialect.records + 1)
    ]
    return (record, *others)
