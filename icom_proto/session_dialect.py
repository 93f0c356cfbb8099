"""What radios do differently in the session: the knobs of PROTOCOL.md 10, as data.

Each field is one named behaviour; the defaults are those of an IC-7610.
`RadioConfig.session` holds one. Numbers behind `#` are rows of section 10.
"""

from enum import Enum

from icom_proto.codes import CONNECTION_RADIO, STATUS_BUSY
from icom_proto.quick_dataclass import dataclass


class Token02Reply(Enum):
    """What answers the confirmation of a token (#14)."""

    CAPS_CONN = "caps+conn"
    CAPS_CONN_TOKEN = "caps+conn+0x40"
    CAPS = "caps"


class TokenCheck(Enum):
    """What becomes of a token that is not the session's (7.3)."""

    REJECT = "reject"
    SILENT = "silent"
    NONE = "none"


class RenewPolicy(Enum):
    """What a renewal in good order is answered with (#24)."""

    OK = "ok"
    REJECT_SAME = "reject_same"
    REISSUE = "reissue"
    SILENT = "silent"


class PortsZero(Enum):
    """When a Status without an error names no ports (#22)."""

    IDENTITY = "identity"  # the radio asked for does not exist
    REPEAT = "repeat"  # the streams are open already
    RECONNECT = "reconnect"  # the last session has only just ended
    SOMETIMES = "sometimes"  # granted all the same: each second time, by chance


class StaleMode(Enum):
    """What a radio does while it holds the session of a client that vanished (#51)."""

    BUSY_STATUS = "busy_status"
    SILENT_CONTROL = "silent_control"
    DEAD_DATA_PORTS = "dead_data_ports"
    CONTINUE_SEQ = "continue_seq"


class FreeSlotOn(Enum):
    """Which goodbye frees the radio (#54); silence does in the end."""

    EITHER = "either"
    TOKEN = "token"
    DISCONNECT = "disconnect"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDialect:
    """How a radio leads the conversation on the control stream. None: as the model."""

    # calls and login
    ignore_calls_after_session_s: float = 0.0
    require_pong_before_login: bool = False
    login_rr: int = 2
    login_innerseq_echo: bool = True
    login_byte_50: int = 0
    raw_password: bool = False
    connection: bytes = CONNECTION_RADIO
    caps_early: bool = False

    # token and lease
    token_check: TokenCheck = TokenCheck.REJECT
    token02_reply: Token02Reply = Token02Reply.CAPS_CONN
    strict_innerseq: bool = False
    renew_policy: RenewPolicy = RenewPolicy.OK
    reject_token_after_s: float = 0.0
    lease_s: float = 80.0

    # who the radio says it is
    identity: bytes | None = None
    name: bytes | None = None
    name_padded: bool = False
    records: int = 1
    record_civ_address: bytes | None = None
    conn_type: bytes | None = None
    rates: bytes | None = None
    capg: bytes | None = None
    enable_a: int = 1

    # who uses it
    conninfo_pre: bool = True
    conn_computer: bool = False
    conn_ip: bool = False
    rig_available: bool = True

    # the grant
    grant_delay_s: float = 0.0
    dup_grant: int = 1
    status_repeat_s: float = 0.0
    answer_copies: int = 1
    ports_zero_on: frozenset[PortsZero] = frozenset({PortsZero.IDENTITY})
    use_request_ports: bool = False
    reject_stereo_tx: bool = True
    opus_needs_wfview: bool = True
    busy_code: bytes = STATUS_BUSY

    # who holds the radio, and for how long
    slots: int = 1
    stale_hold_s: float = 15.0
    stale_mode: StaleMode = StaleMode.BUSY_STATUS
    refusals_extend_hold: bool = False
    free_slot_on: FreeSlotOn = FreeSlotOn.EITHER
    free_after_s: float = 0.0
