"""Is it the right password, token, format? Questions to what a client asks (7.3)."""

from enum import Enum, auto
from typing import Final

from icom_proto.audio_formats import rates_of
from icom_proto.codes import CONNECTION_WFVIEW, Codec, Request
from icom_proto.credentials import obscure
from icom_proto.packets import Login, StreamRequest, Token
from icom_proto.radio_config import RadioConfig, records_of
from icom_proto.session_dialect import SessionDialect, TokenCheck

# Refused from the client by radios (8.1; IC-7610).
_STEREO: Final = (Codec.PCM8_STEREO, Codec.PCM16_STEREO, Codec.ULAW_STEREO)

_TOKEN_REQUESTS: Final = (
    Request.CONFIRM_TOKEN,
    Request.RENEW_TOKEN,
    Request.CLOSE_STREAMS,
    Request.REMOVE_TOKEN,
)


class Judgement(Enum):
    """What becomes of a token packet."""

    OBEY = auto()
    ACCEPT = auto()  # answered well, and nothing more: wfview's server
    REJECT = auto()
    IGNORE = auto()


class InnerNumbers:
    """The numbers of a client's control packets, modulo 0x10000 (2.9)."""

    __slots__ = ("_highest",)

    def __init__(self, first: int = 0) -> None:
        self._highest = first

    def grew(self, number: int) -> bool:
        """Is it greater than all before? Programs that misplace the high byte begin
        again at 0 after 255."""
        is_next = 0 < (number - self._highest) & 0xFFFF < 0x8000
        if is_next:
            self._highest = number
        return is_next


def knows(config: RadioConfig, login: Login) -> bool:
    """Is it the right user with the right password?"""
    passwords = [obscure(config.password)]
    if config.session.raw_password:
        passwords.append(config.password.encode("ascii", "replace"))
    return login.username == obscure(config.username) and login.password in passwords


def judge_token(
    dialect: SessionDialect, token: Token, *, is_good: bool, is_next: bool
) -> Judgement:
    """A token packet; `is_good`: of a session that lives, and with its token."""
    is_known = token.request in _TOKEN_REQUESTS
    if dialect.token_check is TokenCheck.NONE:
        return Judgement.OBEY if is_known else Judgement.ACCEPT
    if not is_known or not is_good:
        is_silent = dialect.token_check is TokenCheck.SILENT
        return Judgement.IGNORE if is_silent else Judgement.REJECT
    # An IC-7300MK2 lets the lease run out if the number did not grow (2.9).
    is_renewal = token.request == Request.RENEW_TOKEN
    if is_renewal and dialect.strict_innerseq and not is_next:
        return Judgement.IGNORE
    return Judgement.OBEY


def lists(config: RadioConfig, identity: bytes) -> bool:
    """Is there a radio of this identity?"""
    return any(record.identity == identity for record in records_of(config))


def formats_fit(config: RadioConfig, request: StreamRequest) -> bool:
    """Can the radio receive and send audio as it is asked to?"""
    [record, *_] = records_of(config)
    if request.rx_enable and not (
        request.rx_codec in config.rx_codecs
        and request.rx_rate_hz in rates_of(record.rx_rates)
        and _takes(config, request.rx_codec)
    ):
        return False
    return not request.tx_enable or (
        request.tx_codec in config.tx_codecs
        and request.tx_rate_hz in rates_of(record.tx_rates)
        and not (config.session.reject_stereo_tx and request.tx_codec in _STEREO)
        and _takes(config, request.tx_codec)
    )


def _takes(config: RadioConfig, codec: Codec) -> bool:
    dialect = config.session
    is_new = codec >= Codec.OPUS_MONO and dialect.opus_needs_wfview
    if is_new and dialect.connection != CONNECTION_WFVIEW:
        return False
    return config.can_code(codec)
