"""What radios do differently on their links: the knobs of PROTOCOL.md 10, as data.

Each field is one named behaviour of a radio's links or of the streams over them; the
defaults are those of an IC-7610 as we imitate it. `RadioConfig.links` holds one. Where
each comes from and how sure it is stands in `icom_sim/dialects/link_knobs.py`.
"""

from enum import Enum
from typing import Final

from icom_proto.quick_dataclass import dataclass


class PingLength(Enum):
    """The length field of pings (2.6)."""

    ZERO = "zero"  # 0 in requests and answers: real radios
    WS = "ws"  # 0 in requests, 21 in answers
    FULL = "full"  # 21 in both, as clients have it


class PingStep(Enum):
    """What moves the ping counter on (2.6)."""

    SENT = "sent"
    CONFIRMED = "confirmed"  # a lost ping is sent again with its number


class IahSeq(Enum):
    """The number of "I am here" (2.3)."""

    ZERO = "zero"
    TRACKED = "tracked"  # takes the next number of the tracked packets


class Iar(Enum):
    """How "are you ready" is answered (2.4)."""

    ECHO = "echo"
    ONE = "one"
    NEVER = "never"


class RtxForm(Enum):
    """How missing packets are asked for (2.7)."""

    RANGE2 = "range2"  # two inclusive ranges to a datagram
    DUP2 = "dup2"  # two numbers, each twice, to a datagram
    SINGLE = "single"


class RtxGone(Enum):
    """What is answered for a packet that is kept no more (5.2)."""

    IDLE = "idle"
    SILENT = "silent"
    WS = "ws"  # asked for in a list: an idle with a new number instead


class RtxAnswers(Enum):
    """On which streams requests for repetition are answered (5.3)."""

    ALL = "all"
    NOT_AUDIO = "not-audio"
    NONE = "none"


class AudioStart(Enum):
    """What starts received audio (8.5)."""

    IAH = "iah"
    IAR = "iar"


class Ident(Enum):
    """The ident of received audio (8.4)."""

    REAL = "real"  # 81 06, and 80 06 for the rest of a block
    PER_CODEC = "per-codec"  # the same, and 81 07 and 81 97 by the size of the block
    WS = "ws"  # 80 00


class CivInner(Enum):
    """The inner number of CI-V datagrams (4.4)."""

    BE_COUNTER = "be_counter"
    ZERO = "zero"


class CivPacking(Enum):
    """How frames are put into datagrams (9)."""

    SINGLE = "single"
    JOINED = "joined"  # those that leave within 2 ms share one
    SPLIT = "split"  # each takes two


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDialect:
    """How a radio's links behave. None: as the radio's own counters begin."""

    # pings
    ping_len: PingLength = PingLength.ZERO
    ping_ms: int = 100  # on the control stream
    civ_ping_ms: int = 100
    audio_ping_ms: int = 500
    ping_start: int | None = None  # else a random number
    ping_step: PingStep = PingStep.SENT
    pong: bool = True  # pings of the client are answered
    foreign_ping: bool = False  # a ping for somebody else beside each own one
    # handshake and goodbye
    data_calls_ignored: int = 0  # the first so many "are you there" on CI-V and audio
    iah_seq: IahSeq = IahSeq.ZERO
    iar: Iar = Iar.ECHO
    duplicates: bool = False  # packets of handshake and goodbye leave twice
    check_rcvdid: bool = True
    disc_data_ports: bool = True  # a goodbye on CI-V and audio is honoured
    disc_reply: bool = False  # a goodbye is answered with an idle
    disc_send: bool = True  # the radio says goodbye itself
    # numbers, idles
    first_seq: int | None = None
    seq_jump: int = 0  # so far the numbers jump once a second
    continue_seq: bool = False
    early_idle: bool = False
    idle_ms: int = 100
    audio_idle: bool = False
    clock_stop_ms: int = 0  # nothing leaves for so long
    clock_stop_after_ms: int = 5000  # and this long after the link came up
    # repetition
    rtx_form: RtxForm = RtxForm.DUP2
    rtx_wrap_split: bool = True
    rtx_gone: RtxGone = RtxGone.IDLE
    rtx_answers: RtxAnswers = RtxAnswers.ALL
    rtx_garbage: bool = False
    rtx_audio: bool = True  # lost TX audio is asked for
    rtx_spurious_ms: int = 0  # so often for something that is not missing
    # CI-V
    civ_echo: bool = True
    civ_inner: CivInner = CivInner.BE_COUNTER
    civ_inner_start: int = 0
    civ_packing: CivPacking = CivPacking.SINGLE
    civ_warmup_ms: int = 0  # after the open: acknowledgements, and no data
    civ_broadcast_stall_s: int = 0  # after the open: no frame to everybody any more
    civ_lost_fe: int = 0  # every n-th frame comes without its second FE
    flush_stale: bool = False
    scope_split: bool = False
    # audio
    audio_seq_restart: bool = True
    audio_seq_start: int = 0
    audio_start: AudioStart = AudioStart.IAH
    ident: Ident = Ident.REAL
    max_tx_payload: int = 0  # larger datagrams of TX audio are dropped; 0: none is


PLAIN: Final = LinkDialect()
