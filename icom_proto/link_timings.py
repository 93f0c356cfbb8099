"""How the links of each stream and role behave in time, as plain data."""

from dataclasses import field
from enum import IntEnum
from typing import Final

from icom_proto.codec import size_of
from icom_proto.packets import Ping
from icom_proto.quick_dataclass import dataclass

PING_SIZE: Final = size_of(Ping)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryLimits:
    """How long and how often a missing number is asked for."""

    give_up_s: float
    requests_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTimings:
    """Seconds; None switches a thing off.

    Defaults are the client's, PROTOCOL.md section 6, last paragraph.
    """

    call_every_s: float = 0.5
    calls_max: int = 10
    ready_every_s: float = 0.5
    ready_max: int = 5
    ping_every_s: float = 0.5
    idle_after_s: float | None = 0.1
    # The same where idles begin later, when the owner of the link says so.
    late_idle_after_s: float = 0.1
    # wfview's server idles as soon as it is called (2.11).
    idles_when_called: bool = False
    silence_s: float = 15.0
    linger_s: float = 0.3
    disconnects: int = 1
    # Real radios write 0 into the length field of pings (PROTOCOL.md 2.6).
    ping_length: int = PING_SIZE
    pong_length: int = PING_SIZE
    # How often each request is sent at once. A lost one costs a round trip.
    request_copies: int = 1
    # A radio's audio numbers begin at 0 again once the client is ready (2.4).
    restarts_when_ready: bool = False
    peer_restarts_when_ready: bool = False
    recovery: RecoveryLimits = field(
        default=RecoveryLimits(give_up_s=3.0, requests_max=16)
    )


class LinkTimer(IntEnum):
    """The deadlines of a link."""

    HANDSHAKE = 0
    PING = 1
    IDLE = 2
    RECOVERY = 3
    SILENCE = 4
    LINGER = 5
