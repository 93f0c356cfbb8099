"""What kind of fake radio: model, dialect, credentials, what it hears, and its seed."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from icom_proto.audio_formats import format_of
from icom_proto.codes import Codec
from icom_proto.credentials import obscure
from icom_proto.packets import RadioRecord
from icom_proto.radio_config import (
    RADIO_CODECS,
    RadioConfig,
    any_codec,
    mac_identity,
)
from icom_proto.session_dialect import SessionDialect
from icom_sim.audio_coder import OPUS_CODECS
from icom_sim.dialects.dialect import Dialect
from icom_sim.rig.catalogue import IC_7610
from icom_sim.rig.models import RigModel

# The first half of Icom's MAC addresses; the radio's own half comes from the seed.
_MAC_OF_ICOM = bytes.fromhex("0090C7")


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioSetup:
    """What kind of radio, who may use it, and what it hears."""

    model: RigModel = IC_7610
    # None: as most radios of this model behave.
    dialect: Dialect | None = None
    username: str = "icom"
    password: str = field(default="icom", repr=False)
    audio: str = "tone:1000"
    refuse_stereo: bool = False
    # How much faster the radio's sample clock runs than the time.
    clock_ppm: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises LocalProtocolError for credentials that no login could carry."""
        obscure(self.username)
        obscure(self.password)

    @property
    def behaviour(self) -> Dialect:
        """The dialect that was chosen, or the plain one of the model."""
        facts = self.model.network
        return self.dialect or Dialect(
            session=SessionDialect(
                login_byte_50=facts.login_reserved_50[0],
                conn_computer=facts.tells_who_is_connected,
                conn_ip=facts.tells_who_is_connected,
            )
        )

    def turned(self, name: str, text: str) -> "RadioSetup":
        """The same with one knob of its dialect turned. Raises DialectError."""
        return replace(self, dialect=self.behaviour.with_knob(name, text))


def radio_config(
    setup: RadioSetup,
    civ_port: int,
    audio_port: int,
    can_code: Callable[[Codec], bool] = any_codec,
) -> RadioConfig:
    """The session's side of a model."""
    facts, behaviour = setup.model.network, setup.behaviour
    codecs = (*RADIO_CODECS, *OPUS_CODECS)
    mono_only = setup.refuse_stereo
    mac = random.Random(f"{setup.seed}/mac").randbytes(3)
    return RadioConfig(
        username=setup.username,
        password=setup.password,
        record=RadioRecord(
            identity=mac_identity(_MAC_OF_ICOM + mac),
            name=setup.model.name.encode("ascii"),
            connection_type=facts.connection_type,
            civ_address=setup.model.civ_address,
            rx_rates=facts.rx_rates,
            tx_rates=facts.tx_rates,
            unknown_61=facts.unknown_61,
        ),
        civ_port=civ_port,
        audio_port=audio_port,
        rx_codecs=_kept(codecs, mono_only or not facts.stereo_rx),
        tx_codecs=_kept(codecs, mono_only),
        can_code=can_code,
        session=behaviour.session,
        links=behaviour.links,
    )


def _kept(codecs: tuple[Codec, ...], mono_only: bool) -> tuple[Codec, ...]:
    return tuple(
        codec for codec in codecs if not mono_only or format_of(codec).channels == 1
    )
